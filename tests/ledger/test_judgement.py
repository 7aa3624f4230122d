"""The opinion on a call's cost: what is billed, what is not, and why something is not known."""

import pytest
from msgspec.structs import replace

from ledger.call import Outcome, Pricing, State
from ledger.judgement import judged
from ledger.pricebook import PriceBook
from ledger.units import Units
from ledger.usage import TokenUsage
from tests.ledger.made_up import TEN_AND_TWO, ended, metered, opened

BOOK = PriceBook()
WITH_USAGE = ended(metered(opened())).call
WITHOUT = ended(opened()).call


def test_a_call_with_usage_and_a_price_is_charged_at_it() -> None:
    entry = judged(WITH_USAGE, State.ENDED, BOOK)
    assert (entry.pricing, entry.list_cost) == (Pricing.PRICED, 60_000)  # 10 x 3,000 + 2 x 15,000
    assert entry.price is not None
    assert entry.price.model == "claude-sonnet-4-5"


def test_the_answers_model_is_what_is_charged_for() -> None:
    """haiku-4-5 costs 1 and 5 USD a million, a third of what was asked for: 10 x 1,000 + 2 x 5,000."""
    other = replace(WITH_USAGE, response_model="claude-haiku-4-5")
    assert judged(other, State.ENDED, BOOK).list_cost == 20_000


def test_the_day_of_the_price_is_the_day_on_which_the_call_began() -> None:
    priority = replace(WITH_USAGE, provider="openai", request_model="gpt-4o", service_tier="priority")
    assert judged(priority, State.ENDED, BOOK).pricing is Pricing.PRICED
    before = replace(priority, started_us=priority.started_us - 30 * 86_400_000_000)
    assert (
        judged(before, State.ENDED, BOOK).unpriced_reason
        == "no price for service tier priority of openai gpt-4o"
    )


def test_an_open_call_has_no_opinion_yet() -> None:
    entry = judged(opened().call, State.OPEN, BOOK, self_hosted=True)
    assert (entry.pricing, entry.list_cost, entry.unpriced_reason) == (None, None, None)


def test_a_self_hosted_call_has_no_price_per_token_with_usage_or_without() -> None:
    for call in (WITH_USAGE, WITHOUT):
        assert judged(call, State.ENDED, BOOK, self_hosted=True).pricing is Pricing.SELF_HOSTED


def test_what_nobody_bills_is_not_billed_unless_there_are_tokens_after_all() -> None:
    assert judged(WITHOUT, State.ENDED, BOOK, billable=False).pricing is Pricing.NOT_BILLED
    assert judged(WITH_USAGE, State.ENDED, BOOK, billable=False).pricing is Pricing.PRICED


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome.UPSTREAM_ERROR, "upstream answered an error"),
        (Outcome.UPSTREAM_BROKE, "upstream cut its answer"),
        (Outcome.TIMEOUT, "upstream was silent for too long"),
        (Outcome.CLIENT_LEFT, "the client left before usage was known"),
        (Outcome.INTERRUPTED, "interrupted"),
        (Outcome.OK, "usage is not known"),
    ],
)
def test_a_call_whose_usage_is_not_known_says_why_and_costs_nobody_knows_what(
    outcome: Outcome, reason: str
) -> None:
    entry = judged(replace(WITHOUT, outcome=outcome), State.ENDED, BOOK)
    assert (entry.pricing, entry.list_cost, entry.unpriced_reason) == (Pricing.UNPRICED, None, reason)


def test_a_problem_that_is_known_is_the_reason() -> None:
    call = replace(WITHOUT, outcome=Outcome.OK, problem="a line was longer than 1 MiB")
    assert judged(call, State.ENDED, BOOK).unpriced_reason == "a line was longer than 1 MiB"


def test_tokens_that_are_known_before_the_end_are_priced_before_it() -> None:
    call = replace(opened().call, usage=TEN_AND_TWO)
    assert judged(call, State.METERED, BOOK).list_cost == 60_000


def test_a_call_with_units_and_no_tokens_is_charged_for_the_units() -> None:
    """A minute at 0.36 USD an hour."""
    minute = replace(
        WITH_USAGE,
        provider="openai",
        request_model="whisper-1",
        usage=TokenUsage(input_tokens=0),
        units=Units(audio_ms=60_000),
    )
    assert judged(minute, State.ENDED, BOOK).list_cost == 6_000_000


def test_what_upstream_claims_is_no_list_cost() -> None:
    claimed = replace(WITH_USAGE, upstream_cost=1)
    assert judged(claimed, State.ENDED, BOOK).list_cost == 60_000
    unknown = judged(replace(claimed, request_model="made-up"), State.ENDED, BOOK)
    assert (unknown.pricing, unknown.list_cost) == (Pricing.UNPRICED, None)
