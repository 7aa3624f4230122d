"""Budgets in memory: exact sums, and nothing kept for calls that have ended."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.call import Attribution, Call, Entry, Outcome, Pricing, State
from ledger.ids import RANDOM_BYTES, call_id_at
from ledger.money import NanoUsd
from ledger.period import US_PER_DAY, Period, us_at
from ledger.price import Price
from proxy.budget import (
    MOST_ITEMS,
    Budget,
    Budgets,
    NoRoom,
    Per,
    Purse,
    Purses,
    Reservation,
    Subject,
)

LATE = us_at(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
DECEMBER = us_at(datetime(2026, 12, 1, tzinfo=UTC))
PRICE = Price(provider="lab", model="m", rates=(), source="test")
ALL, BOT = Subject("month"), Subject("month", "workload", "bot")


def call_at(us: int = LATE, upstream: str = "lab", **who: str) -> Call:
    call_id = call_id_at(us, bytes(RANDOM_BYTES))
    names = Attribution(**who)
    return Call(
        call_id=call_id,
        logical_call_id=call_id,
        started_us=us,
        upstream=upstream,
        operation="chat",
        who=names,
    )


def judged(call: Call, cost: int | None, *, is_over: bool = True) -> Entry:
    ended = {"outcome": Outcome.OK} if is_over else {}
    call = Call(**{name: getattr(call, name) for name in call.__struct_fields__} | ended)
    state = State.ENDED if is_over else State.METERED
    if cost is None:
        return Entry(call=call, state=state, pricing=Pricing.UNPRICED, unpriced_reason="no price")
    return Entry(call=call, state=state, pricing=Pricing.PRICED, list_cost=NanoUsd(cost), price=PRICE)


def budgets(*made: Budget, begun: Sequence[Purse] = ()) -> Budgets:
    purses = Purses(list(begun).append)
    purses.use(budget.subject for budget in made)
    return Budgets(made, purses)


def budget(limit: int, subject: Subject = ALL, **more: object) -> Budget:
    return Budget(**{"name": "b", "limit": NanoUsd(limit), "subject": subject, **more})  # type: ignore[arg-type]


def taken(found: Reservation | NoRoom) -> Reservation:
    assert isinstance(found, Reservation)
    return found


@pytest.mark.parametrize(("expected", "is_let_in"), [(39, True), (40, True), (41, False)])
def test_a_call_may_take_all_that_is_left_and_no_more(expected: int, is_let_in: bool) -> None:
    """100, of which 30 are spent and 30 are kept for another."""
    held = budgets(budget(100))
    taken(held.reserve(call_at())).spend(judged(call_at(), 30), is_over=True)
    taken(held.reserve(call_at(), NanoUsd(30)))
    assert isinstance(held.reserve(call_at(), NanoUsd(expected)), Reservation) is is_let_in


def test_nothing_is_taken_from_any_budget_where_one_has_no_room() -> None:
    held = budgets(budget(100), budget(10, BOT))
    found = held.reserve(call_at(workload="bot"), NanoUsd(11))
    assert isinstance(found, NoRoom)
    assert found.budget.subject == BOT
    assert [purse.reserved for _, purse in held.now(LATE)] == [0, 0]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["reserved", "left", "spent"], "spent"),
        (["spent", "reserved"], "spent"),
        (["reserved", "left"], "left"),
        (["reserved"], "reserved"),
    ],
)
def test_of_budgets_without_room_the_one_is_told_that_stands_in_the_way_for_longest(
    names: list[str], told: str
) -> None:
    """60 are asked for: of 50 that are spent, of 100 with 50 spent, of 100 with 50 kept for another call."""
    subjects = {"spent": ALL, "left": BOT, "reserved": Subject("month", "upstream", "lab")}
    held = budgets(*(budget(50 if name == "spent" else 100, subjects[name], name=name) for name in names))
    for name in names:
        purse = held.purses.at(subjects[name], LATE)
        purse.spent, purse.reserved = (0, 50) if name == "reserved" else (50, 0)
    found = held.reserve(call_at(workload="bot"), NanoUsd(60))
    assert isinstance(found, NoRoom)
    assert found.budget.name == told


def test_two_budgets_of_the_same_calls_keep_a_calls_cost_once() -> None:
    """A warning at 50, and a limit at 100."""
    held = budgets(budget(50, name="w", refuses=False), budget(100))
    taken(held.reserve(call_at(), NanoUsd(60)))
    assert [purse.reserved for _, purse in held.now(LATE)] == [60, 60]
    assert isinstance(held.reserve(call_at(), NanoUsd(60)), NoRoom)


def test_calls_under_way_stand_in_the_way_for_a_moment_and_spent_money_for_good() -> None:
    held = budgets(budget(100))
    first = taken(held.reserve(call_at(), NanoUsd(80)))
    refused = held.reserve(call_at(), NanoUsd(30))
    assert isinstance(refused, NoRoom)
    assert (refused.is_for_a_moment, refused.is_spent) == (True, False)
    first.spend(judged(call_at(), 80), is_over=True)
    assert (refused.is_for_a_moment, refused.is_spent) == (False, False)


def test_a_call_is_spent_in_the_period_in_which_it_began_and_the_next_one_begins_with_nothing() -> None:
    held = budgets(budget(100))
    old = taken(held.reserve(call_at(LATE), NanoUsd(90)))
    new = taken(held.reserve(call_at(DECEMBER), NanoUsd(70)))
    old.spend(judged(call_at(LATE), 85), is_over=True)
    assert [(purse.spent, purse.reserved) for _, purse in held.now(DECEMBER)] == [(0, 70)]
    assert [(purse.spent, purse.reserved) for _, purse in held.now(LATE)] == [(85, 0)]
    new.release()


def test_a_period_that_begins_is_heard_of_once() -> None:
    begun: list[Purse] = []
    purses = Purses(begun.append)
    purses.use([ALL])
    held = Budgets([budget(100)], purses)
    for us in (LATE, LATE, DECEMBER, DECEMBER, LATE):  # at last the clock is set back
        held.reserve(call_at(us))
    assert [purse.period.start for purse in begun] == [date(2026, 11, 1), date(2026, 12, 1)]


def test_what_the_ledger_knows_is_not_added_to_what_was_counted_here() -> None:
    """It lags behind, or knows of calls from before; a call that both know is one call."""
    purse = Purse(ALL, ALL.period_at(LATE))
    purse.recall(100, 1)
    purse.spent += 50
    purse.recall(120, 1)
    assert (purse.spent, purse.unpriced_calls) == (150, 1)
    purse.recall(170, 2)
    assert (purse.spent, purse.unpriced_calls) == (170, 2)


def test_a_configuration_that_keeps_a_subject_keeps_what_is_spent_and_kept() -> None:
    held = budgets(budget(100))
    taken(held.reserve(call_at())).spend(judged(call_at(), 30), is_over=True)
    under_way = taken(held.reserve(call_at(), NanoUsd(20)))
    held.purses.use([BOT, ALL])
    again = Budgets([budget(60)], held.purses)
    assert isinstance(again.reserve(call_at(), NanoUsd(11)), NoRoom)
    under_way.spend(judged(call_at(), 5), is_over=True)
    assert [(purse.spent, purse.reserved) for _, purse in again.now(LATE)] == [(35, 0)]


def test_a_call_that_began_before_its_budget_is_counted_at_its_end_without_what_the_ledger_had() -> None:
    """It was metered at 10, which the ledger knew when the budget came; it ends at 25."""
    purses = Purses()
    under_way = Reservation(purses)
    under_way.spend(judged(call_at(), 10, is_over=False), is_over=False)
    purses.use([ALL])
    held = Budgets([budget(100)], purses)
    purses.at(ALL, LATE).recall(10, 0)
    under_way.spend(judged(call_at(), 25), is_over=True)
    assert [purse.spent for _, purse in held.now(LATE)] == [25]


def test_a_call_of_a_configuration_that_is_gone_finds_room_and_is_kept_nowhere() -> None:
    held = budgets(budget(100))
    held.purses.use([])
    taken(held.reserve(call_at(), NanoUsd(50))).spend(judged(call_at(), 40), is_over=True)
    assert [purse.spent for _, purse in held.now(LATE)] == [0]


@pytest.mark.parametrize(
    ("subject", "concerned"),
    [
        (Subject("day"), True),
        (Subject("day", "upstream", "lab"), True),
        (Subject("day", "workload", "bot"), True),
        (Subject("day", "project", "care"), False),
        (Subject("day", "user", "alice"), False),
        (Subject("day", "upstream", "la*"), False),
    ],
)
def test_whose_calls_a_budget_sums_up(subject: Subject, concerned: bool) -> None:
    """Of a call that has no user, no user's budget knows; and a name is no pattern."""
    assert subject.concerns(call_at(workload="bot", project="other")) is concerned


@pytest.mark.parametrize(
    ("per", "us", "first", "end"),
    [
        ("month", LATE, date(2026, 11, 1), date(2026, 12, 1)),
        ("month", DECEMBER, date(2026, 12, 1), date(2027, 1, 1)),
        ("day", LATE, date(2026, 11, 30), date(2026, 12, 1)),
        ("day", DECEMBER, date(2026, 12, 1), date(2026, 12, 2)),
    ],
)
def test_days_and_months_are_those_of_utc(per: Per, us: int, first: date, end: date) -> None:
    assert Subject(per).period_at(us) == Period(first, end)


def test_a_result_of_a_batch_is_counted_where_it_is_seen_first() -> None:
    purses = Purses()
    assert [purses.is_first(key) for key in (b"a", b"b", b"a")] == [True, True, False]


def test_so_many_results_are_remembered_and_the_one_that_was_not_seen_for_longest_is_forgotten() -> None:
    """What is polled stays, however many there were after it."""
    purses = Purses()
    keys = [number.to_bytes(4, "big") for number in range(MOST_ITEMS)]
    assert all(map(purses.is_first, keys))
    assert purses.is_first(keys[0]) is False
    assert [purses.is_first(b"one too many") for _ in range(2)] == [True, False]
    assert [purses.is_first(key) for key in (keys[0], keys[2], keys[1])] == [False, False, True]


COSTS = st.none() | st.integers(0, 100)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "meter", "end", "release", "tomorrow", "reload"]),
        st.integers(0, 100),
        COSTS,
        st.sampled_from(["bot", "other"]),
    ),
    max_size=40,
)


@given(STEPS)
@example([("reserve", 60, None, "bot"), ("meter", 0, 30, "bot"), ("end", 0, 50, "bot")])
@example([("reserve", 60, None, "bot"), ("meter", 0, None, "bot"), ("tomorrow", 0, 0, ""), ("end", 0, 9, "")])
def test_whatever_happens_nothing_stays_kept_and_what_is_spent_is_what_was_judged(
    steps: list[tuple[str, int, int | None, str]],
) -> None:
    """By day and subject; of a call without a cost, that it has none. A day is forgotten after the next one,
    so two are looked at."""
    subjects = [Subject("day"), Subject("day", "workload", "bot")]
    made = [budget(200, subject, name=str(number)) for number, subject in enumerate(subjects)]
    held, under_way, day = budgets(*made), [], 0
    known: dict[tuple[int, str, int], int | None] = {}
    for number, (step, amount, cost, workload) in enumerate(steps):
        if step == "tomorrow" and day == 0:
            day = 1
        if step == "reload":
            held.purses.use(reversed(subjects))
        if step == "reserve":
            call = call_at(LATE + day * US_PER_DAY, workload=workload)
            found = held.reserve(call, NanoUsd(amount))
            if isinstance(found, Reservation):
                under_way.append((found, call, (day, workload, number)))
        elif under_way and step in ("meter", "end", "release"):
            at = amount % len(under_way)
            reservation, call, name = under_way[at]
            if step == "release":
                reservation.release()
            else:
                reservation.spend(judged(call, cost, is_over=step == "end"), is_over=step == "end")
                known[name] = cost
            if step != "meter":
                del under_way[at]
        for _, purse in held.now(LATE) + held.now(LATE + US_PER_DAY):
            assert purse.reserved >= 0
    for reservation, _, _ in under_way:
        reservation.release()
        reservation.release()
    for day in (0, 1):
        for told, purse in held.now(LATE + day * US_PER_DAY):
            costs = [
                cost
                for (began, workload, _), cost in known.items()
                if began == day and workload in (told.subject.name or workload)
            ]
            assert (purse.reserved, purse.spent) == (0, sum(cost or 0 for cost in costs))
            assert purse.unpriced_calls == costs.count(None)
