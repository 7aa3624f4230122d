"""Budgets: how much calls may cost in a day or a month, what they have cost, and what is kept for those under
way. In memory, synchronous, exact to the nano-USD; no I/O, no clock, no log.

What a call has cost is what its entry in the ledger says, in the period in which the ledger counts it: by its
start. So a budget and a report never disagree. Nothing is awaited between looking for room and taking it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.call import Call, Entry, Pricing
from ledger.money import NOTHING, NanoUsd
from ledger.period import US_PER_DAY, Period, month_of, time_of

Per = Literal["day", "month"]
Field = Literal["workload", "project", "user", "key", "upstream"]
_PERIODS_KEPT = 2
"""Of one subject: a clock may be set back, and calls may end, after a new one has begun."""
MOST_ITEMS = 120_000
"""Results of batches that are remembered: some 15 MB, where there are as many. The largest batches,
Anthropic's, have 100,000, and all of one are to be known when it is fetched again."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose calls are summed up over what time. *field* None: all calls."""

    per: Per
    field: Field | None = None
    name: str | None = None

    def concerns(self, call: Call) -> bool:
        if self.field is None:
            return True
        said = call.upstream if self.field == "upstream" else getattr(call.who, self.field)
        return bool(said == self.name)

    def period_at(self, us: int) -> Period:
        """The day or the month, of UTC, in which that instant (Unix epoch) is."""
        if self.per == "month":
            return month_of(time_of(us).date())
        return Period(time_of(us).date(), time_of(us + US_PER_DAY).date())


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    name: str
    limit: NanoUsd
    subject: Subject
    refuses: bool = True
    """False: it is told of, and no call is refused for what was spent."""
    refuses_unpriced: bool = False
    """Whether calls without a known price are refused. Else they are counted, and cost the budget nothing."""


class Purse:
    """What one subject's calls come to in one period."""

    __slots__ = ("end_us", "period", "reserved", "spent", "start_us", "subject", "told", "unpriced_calls")

    def __init__(self, subject: Subject, period: Period) -> None:
        self.subject = subject
        self.period = period
        self.start_us, self.end_us = period.from_us, period.to_us
        self.spent = self.reserved = 0
        self.unpriced_calls = 0
        """Calls whose cost is not known, and not in spent."""
        self.told: set[tuple[str, int, bool]] = set()
        """Names and limits of the budgets of which was said that they are spent, and whether they refuse."""

    def recall(self, spent: int, unpriced_calls: int) -> None:
        """What the ledger says: it may lag behind what was counted here, or know what was not."""
        self.spent = max(self.spent, spent)
        self.unpriced_calls = max(self.unpriced_calls, unpriced_calls)

    def is_at(self, us: int) -> bool:
        return self.start_us <= us < self.end_us


class Purses:
    """All that are kept, whatever the configuration says: what is spent lasts longer than one.

    *begun* hears of a purse that is new, as time went on; what the ledger knows of it is not yet in it."""

    def __init__(self, begun: Callable[[Purse], None] = lambda _: None) -> None:
        self._begun = begun
        self._kept: dict[Subject, list[Purse]] = {}
        """The one that was begun last is the last."""
        self._items: dict[bytes, None] = {}
        """The one that was seen last is the last."""

    @property
    def are_there(self) -> bool:
        return bool(self._kept)

    def use(self, subjects: Iterable[Subject]) -> None:
        """Keep those of *subjects*, and no others."""
        before = self._kept
        self._kept = {subject: before.get(subject, []) for subject in subjects}

    def add(self, purse: Purse) -> None:
        """In use from now on; an older one of the same subject is forgotten."""
        self._kept[purse.subject] = [*self._kept.get(purse.subject, []), purse][-_PERIODS_KEPT:]

    def known(self, subject: Subject, us: int) -> Purse | None:
        return next((purse for purse in self._kept.get(subject, ()) if purse.is_at(us)), None)

    def at(self, subject: Subject, us: int) -> Purse:
        """The one for that instant, begun if need be."""
        purse = self.known(subject, us)
        if purse is None:
            purse = Purse(subject, subject.period_at(us))
            if subject in self._kept:  # else a call asks for it that has begun before the configuration did
                self.add(purse)
                self._begun(purse)
        return purse

    def seen_at(self, subject: Subject, us: int) -> Purse:
        """Likewise, and nothing is begun."""
        return self.known(subject, us) or Purse(subject, subject.period_at(us))

    def of(self, call: Call) -> list[Purse]:
        """Those that there are for *call*: of a period long over there is none."""
        concerned = (purses for subject, purses in self._kept.items() if subject.concerns(call))
        return [purse for purses in concerned for purse in purses if purse.is_at(call.started_us)]

    def is_first(self, item_key: bytes) -> bool:
        """Whether that result of a batch was not seen before. So many are remembered: the one that was not
        seen for longest is forgotten, and would be a new one again."""
        is_known = item_key in self._items
        if is_known:
            del self._items[item_key]
        elif len(self._items) >= MOST_ITEMS:
            del self._items[next(iter(self._items))]
        self._items[item_key] = None
        return not is_known


@dataclass(frozen=True, slots=True)
class NoRoom:
    """The budget that has none for a call, and what stands in the way."""

    budget: Budget
    purse: Purse
    expected: NanoUsd

    @property
    def is_spent(self) -> bool:
        return self.purse.spent >= self.budget.limit

    @property
    def is_for_a_moment(self) -> bool:
        """Calls under way are in the way; when they end there may be room."""
        return not self.is_spent and self.purse.spent + self.expected <= self.budget.limit

    @property
    def is_for_good(self) -> bool:
        """The call would not fit in when nothing is spent, either."""
        return self.expected > self.budget.limit


class Budgets:
    """Those of one configuration, over purses that last."""

    def __init__(self, budgets: Sequence[Budget], purses: Purses) -> None:
        self._budgets = budgets
        self.purses = purses
        self.are_there = bool(budgets)

    def now(self, us: int) -> list[tuple[Budget, Purse]]:
        """Each, and its purse at that instant: to be looked at, from any thread."""
        return [(budget, self.purses.seen_at(budget.subject, us)) for budget in self._budgets]

    def concerning(self, call: Call) -> list[Budget]:
        return [budget for budget in self._budgets if budget.subject.concerns(call)]

    def of(self, subject: Subject) -> list[Budget]:
        return [budget for budget in self._budgets if budget.subject == subject]

    def reserve(self, call: Call, expected: NanoUsd = NOTHING) -> "Reservation | NoRoom":
        """Take *expected* from all budgets that concern *call*, or from none.

        There is room while something is left, and what was spent, what is kept for calls under way and
        *expected* come to the limit at most. Of several without room the one is told that stands in the way
        for longest."""
        concerned = [
            (budget, self.purses.at(budget.subject, call.started_us)) for budget in self.concerning(call)
        ]
        without = [NoRoom(*one, expected) for one in concerned if not _has_room(*one, expected)]
        if without:
            return min(without, key=lambda found: (found.is_for_a_moment, not found.is_spent))
        return Reservation(self.purses, {id(purse): purse for _, purse in concerned}.values(), expected)


def _has_room(budget: Budget, purse: Purse, expected: NanoUsd) -> bool:
    taken = purse.spent + purse.reserved
    return not budget.refuses or (taken < budget.limit and taken + expected <= budget.limit)


class Reservation:
    """What is kept for one call, until it has ended or its costs are as high."""

    __slots__ = ("_cost", "_is_unpriced", "_kept", "_purses", "_taken_from")

    def __init__(self, purses: Purses, taken_from: Iterable[Purse] = (), expected: NanoUsd = NOTHING) -> None:
        self._purses = purses
        self._taken_from = tuple(taken_from)
        self._kept: int = expected
        self._cost, self._is_unpriced = 0, False
        """As they were counted last."""
        for purse in self._taken_from:
            purse.reserved += expected

    def spend(self, entry: Entry, *, is_over: bool) -> list[Purse]:
        """Count *entry* in place of what was known of its call. *is_over*: it is the call's end.

        Returns the purses that it was counted in."""
        cost, is_unpriced = entry.list_cost or 0, entry.pricing is Pricing.UNPRICED
        more, more_unpriced = cost - self._cost, is_unpriced - self._is_unpriced
        self._cost, self._is_unpriced = cost, is_unpriced
        self._keep(0 if is_over else max(self._kept - max(more, 0), 0))
        purses = self._purses.of(entry.call)
        for purse in purses:
            purse.spent += more
            purse.unpriced_calls += more_unpriced
        return purses

    def release(self) -> None:
        """Nothing is kept any more. May be said twice."""
        self._keep(0)

    def _keep(self, amount: int) -> None:
        less, self._kept = self._kept - amount, amount
        for purse in self._taken_from:
            purse.reserved -= less
