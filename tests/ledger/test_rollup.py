"""What an entry adds to the sums, and that moving it on adds exactly the difference."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.call import Attribution, Entry, Outcome, Pricing, State, UsageBasis, interrupted
from ledger.period import US_PER_HOUR
from ledger.rollup import MEASURES, Contributions, Dimension, Rollup, Sums, sum_of, sums_of
from ledger.usage import TokenUsage
from tests.ledger.made_up import START_US, ended, lives, metered, opened, whole_call

FULL = TokenUsage(
    input_tokens=100, cache_read_tokens=60, cache_write_tokens=30, output_tokens=50, reasoning_tokens=20
)


def counted(entry: Entry) -> Rollup:
    return sum_of([sums_of(entry)])


def test_an_open_call_counts_for_nothing_yet() -> None:
    assert counted(opened()) == Rollup()


def test_an_ended_call_counts_once_with_all_its_tokens() -> None:
    entry = whole_call()
    call = replace(entry.call, usage=FULL)
    assert counted(replace(entry, call=call)) == Rollup(
        calls=1,
        input_tokens=100,
        cache_read_tokens=60,
        cache_write_tokens=30,
        output_tokens=50,
        reasoning_tokens=20,
        list_cost=entry.list_cost or 0,  # type: ignore[arg-type]
    )


def claiming(entry: Entry, nano_usd: int | None) -> Entry:
    return replace(entry, call=replace(entry.call, upstream_cost=nano_usd))


def test_what_upstream_claims_stands_beside_the_list_cost_of_the_same_calls() -> None:
    """Two claims, of which one has a list cost of 60,000 beside it; the third call claims nothing."""
    entries = [claiming(whole_call(), 50_000), claiming(ended(opened()), 7), whole_call()]
    sums = sum_of([sums_of(entry) for entry in entries])
    assert (sums.upstream_cost, sums.upstream_cost_list, sums.list_cost) == (50_007, 60_000, 120_000)


def test_a_claim_of_nothing_is_a_claim() -> None:
    sums = counted(claiming(whole_call(), 0))
    assert (sums.upstream_cost, sums.upstream_cost_list) == (0, 60_000)
    assert counted(whole_call()).upstream_cost_list == 0


@pytest.mark.parametrize(
    ("basis", "estimated"),
    [(UsageBasis.REPORTED, 0), (UsageBasis.ESTIMATED, 60_000), (UsageBasis.PARTIAL, 60_000)],
)
def test_what_of_a_list_cost_rests_on_an_estimate_is_told_apart(basis: UsageBasis, estimated: int) -> None:
    """One estimated call may be most of a sum: that it is one of a thousand does not say so."""
    entry = whole_call()
    sums = counted(replace(entry, call=replace(entry.call, usage_basis=basis)))
    assert (sums.list_cost, sums.estimated_list_cost) == (60_000, estimated)


def test_a_call_without_usage_counts_as_unpriced_not_as_free() -> None:
    assert counted(ended(opened())) == Rollup(calls=1, unpriced_calls=1)


@pytest.mark.parametrize(
    ("outcome", "failed", "interrupted_calls"),
    [
        (Outcome.OK, 0, 0),
        (Outcome.CLIENT_LEFT, 0, 0),
        (Outcome.INTERRUPTED, 0, 1),
        (Outcome.UPSTREAM_ERROR, 1, 0),
        (Outcome.UPSTREAM_BROKE, 1, 0),
        (Outcome.TIMEOUT, 1, 0),
    ],
)
def test_upstreams_failures_and_our_own_are_counted_apart(
    outcome: Outcome, failed: int, interrupted_calls: int
) -> None:
    sums = counted(ended(opened(), outcome))
    assert (sums.failed_calls, sums.interrupted_calls) == (failed, interrupted_calls)


@pytest.mark.parametrize(
    ("basis", "estimated"),
    [(UsageBasis.REPORTED, 0), (UsageBasis.ESTIMATED, 1), (UsageBasis.PARTIAL, 1)],
)
def test_an_estimate_is_counted_as_one(basis: UsageBasis, estimated: int) -> None:
    entry = whole_call()
    assert counted(replace(entry, call=replace(entry.call, usage_basis=basis))).estimated_calls == estimated


@pytest.mark.parametrize("pricing", [Pricing.SELF_HOSTED, Pricing.NOT_BILLED])
def test_a_call_that_nobody_bills_is_not_an_unpriced_one(pricing: Pricing) -> None:
    sums = counted(Entry(call=ended(opened()).call, state=State.ENDED, pricing=pricing))
    assert (sums.unpriced_calls, getattr(sums, f"{pricing}_calls")) == (0, 1)


def test_rollups_add_up_measure_by_measure() -> None:
    one = Rollup(**{name: number for number, name in enumerate(MEASURES)})  # type: ignore[arg-type]
    assert one + one == Rollup(**{name: 2 * number for number, name in enumerate(MEASURES)})  # type: ignore[arg-type]
    assert sum_of([]) == Rollup()


def added(contributions: Contributions) -> dict[tuple[Dimension, int, str], Rollup]:
    return {(*cell,): sum_of([sums]) for *cell, sums in contributions.by_dimension()}  # type: ignore[misc]


def test_a_call_is_in_every_dimension_once_under_its_own_name() -> None:
    contributions = Contributions()
    who = Attribution(workload="w", project="p", user="u", key="k", client="c")
    contributions.move(None, whole_call(who=who))
    hour = START_US // US_PER_HOUR
    names = {
        Dimension.TOTAL: "",
        Dimension.MODEL: "claude-sonnet-4-5",
        Dimension.WORKLOAD: "w",
        Dimension.PROJECT: "p",
        Dimension.USER: "u",
        Dimension.KEY: "k",
        Dimension.UPSTREAM: "anthropic",
        Dimension.CLIENT: "c",
    }
    assert added(contributions) == {
        (dimension, hour, name): counted(whole_call()) for dimension, name in names.items()
    }


def test_a_call_whose_workload_becomes_known_leaves_the_nameless_one() -> None:
    before = metered(opened())
    after = ended(metered(opened(who=Attribution(workload="w"))))
    contributions = Contributions()
    contributions.move(before, after)
    found = {
        (name, sums.calls)
        for (dimension, _, name), sums in added(contributions).items()
        if dimension == "workload"
    }
    assert found == {("", -1), ("w", 1)}


def test_what_does_not_change_is_not_written() -> None:
    contributions = Contributions()
    contributions.move(metered(opened()), ended(metered(opened())))
    assert list(contributions.by_dimension()) == []


def test_the_end_of_a_metered_call_by_a_crash_adds_only_that() -> None:
    contributions = Contributions()
    contributions.move(metered(opened()), interrupted(metered(opened())))
    assert set(added(contributions).values()) == {Rollup(interrupted_calls=1)}


@given(st.data())
def test_step_by_step_adds_up_to_the_last_entry_alone(data: st.DataObject) -> None:
    stories = [data.draw(lives(number)) for number in range(data.draw(st.integers(1, 4)))]
    stepwise: defaultdict[tuple[Dimension, int, str], list[Sums]] = defaultdict(list)
    at_once = Contributions()
    for story in stories:
        for before, after in zip([None, *story], story, strict=False):
            step = Contributions()
            step.move(before, after)
            for dimension, hour, name, sums in step.by_dimension():
                stepwise[dimension, hour, name].append(sums)
        at_once.move(None, story[-1])
    summed = {cell: sum_of(rows) for cell, rows in stepwise.items()}
    assert {cell: sums for cell, sums in summed.items() if sums != Rollup()} == added(at_once)
