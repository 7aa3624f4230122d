"""What an entry may be, and what becomes of one that payback did not live to end or the ledger refused."""

import pytest
from msgspec.structs import replace

from ledger.call import (
    Attribution,
    Entry,
    Outcome,
    Pricing,
    State,
    UsageBasis,
    bare,
    interrupted,
    without_names,
)
from tests.ledger.made_up import SONNET, TEN_AND_TWO, ended, metered, opened, whole_call


@pytest.mark.parametrize(
    "change",
    [
        {"list_cost": None},
        {"price": None},
        {"pricing": Pricing.UNPRICED, "list_cost": None, "price": None},
        {"unpriced_reason": "why"},
        {"state": State.METERED},
    ],
)
def test_an_entry_that_contradicts_itself_cannot_be_made(change: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        replace(whole_call(), **change)


def test_an_open_call_that_was_cut_off_is_unpriced_not_free() -> None:
    entry = interrupted(opened())
    assert (entry.state, entry.call.outcome) == (State.ENDED, Outcome.INTERRUPTED)
    assert (entry.pricing, entry.unpriced_reason, entry.list_cost) == (Pricing.UNPRICED, "interrupted", None)


def test_a_metered_call_that_was_cut_off_keeps_tokens_and_cost() -> None:
    entry = interrupted(metered(opened()))
    assert (entry.state, entry.call.outcome) == (State.ENDED, Outcome.INTERRUPTED)
    assert (entry.call.usage, entry.list_cost) == (TEN_AND_TWO, 60_000)


def test_without_names_a_call_keeps_what_it_cost_and_whose_key_it_was() -> None:
    who = Attribution(workload="w", project="p", user="u", key="k_1", client="c", session="s", tags="t")
    entry = without_names(whole_call(who=who, http_request="GET /x"))
    assert (entry.call.usage, entry.list_cost, entry.price) == (TEN_AND_TWO, 60_000, SONNET)
    assert entry.call.who == Attribution(key="k_1")
    assert (entry.call.request_model, entry.call.http_request) == (None, None)


def test_without_names_a_call_loses_what_upstream_reported_and_keeps_what_was_read_from_it() -> None:
    """Names of members are upstream's text; should the ledger refuse it, the tokens are not lost with it."""
    entry = without_names(whole_call(reported_usage='{"n":10}'))
    assert (entry.call.reported_usage, entry.call.usage) == (None, TEN_AND_TWO)


def test_without_names_a_reason_that_quotes_one_is_gone_too() -> None:
    entry = Entry(
        call=ended(opened()).call,
        state=State.ENDED,
        pricing=Pricing.UNPRICED,
        unpriced_reason="no price for \ud800",
    )
    assert without_names(entry).unpriced_reason == "names refused"


@pytest.mark.parametrize("entry", [opened(), metered(opened()), whole_call()])
def test_a_bare_entry_says_that_something_is_missing(entry: Entry) -> None:
    left = bare(entry)
    assert (left.call.call_id, left.state, left.call.started_us) == (
        entry.call.call_id,
        entry.state,
        entry.call.started_us,
    )
    assert (left.call.usage, left.call.usage_basis) == (None, UsageBasis.NONE)
    assert left.call.problem == "the ledger refused the details of this call"
    assert left.pricing is (None if entry.state is State.OPEN else Pricing.UNPRICED)


def test_a_call_is_reported_under_the_name_that_was_asked_for() -> None:
    call = opened(request_model="gpt-4o", response_model="gpt-4o-2024-08-06").call
    assert call.model == "gpt-4o"
    assert replace(call, request_model=None).model == "gpt-4o-2024-08-06"
    assert replace(call, request_model="").model == "gpt-4o-2024-08-06"


KEY = bytes(range(32))


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_of_a_batchs_result_is_a_sha256(key: bytes) -> None:
    with pytest.raises(AssertionError):
        replace(whole_call(), item_key=key)


@pytest.mark.parametrize("entry", [opened(), metered(opened()), whole_call()])
def test_whatever_becomes_of_an_entry_it_stays_the_same_result(entry: Entry) -> None:
    """Without its key, what the ledger first refused would be counted again at every fetch."""
    keyed = replace(entry, item_key=KEY)
    assert without_names(keyed).item_key == bare(keyed).item_key == KEY
    if entry.state is not State.ENDED:
        assert interrupted(keyed).item_key == KEY
