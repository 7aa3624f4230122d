import pytest

from ledger.call import Entry, Outcome, Pricing, State
from ledger.money import NanoUsd
from ledger.rollup import MEASURES, Rollup
from ledger.usage import TokenUsage
from tests.web.sample import PRICES, entry_at
from web.costs import Cost, cost_of_entry, cost_of_sums, marks_of

EIGHTY = NanoUsd(80_000_001)


def test_a_sum_is_money_as_soon_as_one_call_is_priced() -> None:
    sums = Rollup(calls=4, unpriced_calls=1, self_hosted_calls=1, not_billed_calls=1, list_cost=NanoUsd(5))
    assert cost_of_sums(sums) == Cost(NanoUsd(5))


def test_a_sum_of_free_calls_is_zero_because_zero_is_known() -> None:
    assert cost_of_sums(Rollup(calls=1)) == Cost(NanoUsd(0))


@pytest.mark.parametrize(
    ("sums", "word", "reason"),
    [
        (Rollup(calls=2, unpriced_calls=2), "—", "2 calls of unknown cost"),
        (Rollup(calls=2, unpriced_calls=1, self_hosted_calls=1), "—", "1 call of unknown cost"),
        (Rollup(calls=2, self_hosted_calls=1, not_billed_calls=1), "self-hosted", "not billed per token"),
        (Rollup(calls=1, not_billed_calls=1), "not billed", "nothing to bill"),
        (Rollup(), "—", "no calls"),
    ],
)
def test_where_no_call_is_priced_there_is_no_amount_but_a_reason(
    sums: Rollup, word: str, reason: str
) -> None:
    assert cost_of_sums(sums) == Cost(None, word, reason)


def test_a_priced_call_says_whose_price_it_is() -> None:
    cost = cost_of_entry(entry_at(0, price=PRICES[2], usage=TokenUsage(input_tokens=1000)))
    assert cost == Cost(
        NanoUsd(2_500_000), reason="openai gpt-4o, genai-prices 0.2.3"
    )  # 1000 at 2.50 per million


def test_an_unpriced_call_is_a_dash_with_its_reason() -> None:
    cost = cost_of_entry(entry_at(0, unpriced_reason="no price for openai x"))
    assert (cost.amount, cost.word, cost.reason, cost.is_unknown) == (
        None,
        "—",
        "no price for openai x",
        True,
    )


def test_self_hosted_and_not_billed_are_states_of_their_own() -> None:
    hosted, free = entry_at(0), entry_at(0, pricing=Pricing.NOT_BILLED)
    assert [(cost_of_entry(entry).word, cost_of_entry(entry).is_unknown) for entry in (hosted, free)] == [
        ("self-hosted", False),
        ("not billed", False),
    ]


def test_a_call_that_is_under_way_has_no_cost_yet() -> None:
    entry = entry_at(0, outcome=None, http_status=None, state=State.OPEN, pricing=None)
    assert cost_of_entry(entry) == Cost(None, reason="not finished")


def test_every_count_that_a_rollup_has_beside_its_sums_is_said() -> None:
    counts = {name: place for place, name in enumerate(MEASURES) if name.endswith("_calls")}
    said = marks_of(Rollup(**counts))  # type: ignore[arg-type]
    assert sorted(mark.count for mark in said) == sorted(counts.values())


def test_what_of_a_sum_rests_on_estimates_is_said_exactly_and_beside_each_row() -> None:
    sums = Rollup(calls=9, estimated_calls=1, list_cost=NanoUsd(2_000_000_000), estimated_list_cost=EIGHTY)
    (mark,) = [mark for mark in marks_of(sums) if mark.word == "estimated"]
    assert (mark.text, mark.meaning.partition("; ")[2]) == (
        "1 estimated ($0.080000)",
        "$0.080000001 of the sum",
    )
    (none,) = [mark for mark in marks_of(Rollup(calls=9, estimated_calls=1)) if mark.word == "estimated"]
    assert (none.text, none.meaning.partition("; ")[2]) == ("1 estimated", "")


def test_only_unpriced_calls_make_a_sum_smaller_than_it_was() -> None:
    sums = Rollup(calls=9, unpriced_calls=1, estimated_calls=1, interrupted_calls=1, failed_calls=1)
    assert [mark.text for mark in marks_of(sums) if mark.is_warning] == ["1 unpriced"]
    assert not any(mark.is_warning for mark in marks_of(Rollup(calls=9)))


def test_an_entry_of_the_sample_is_what_the_ledger_calls_an_entry() -> None:
    assert entry_at(0, outcome=Outcome.OK).state is State.ENDED
    assert isinstance(entry_at(0), Entry)
