"""A period's calls as a projection wants them, from the ledger and from the day files beside it."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np

from ledger.money import NANO_PER_USD
from ledger.period import Period, time_of
from ledger.rollup import Rollup, amounts_of
from ledger.store import GroupBy, Reader
from payback.day_calls import KEPT_COLUMNS, AnyInts, Beside, DayCalls, day_calls_of
from payback.day_file import DayFolder, Stamp
from projection.columns import UNKNOWN, Calls, Ints
from projection.traffic import COLUMNS, Billed, Traffic

Progress = Callable[[int, int], None]
"""Told how many days are done, and of how many."""
ValueT = TypeVar("ValueT", bound=Hashable)
_OF_CALLS = tuple(name for name in KEPT_COLUMNS if name in Calls.__slots__)
_OF_TRAFFIC = tuple(name for name in COLUMNS if name != "billed")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traffics:
    """All calls of a period together, and which workload each is of."""

    together: Traffic
    workloads: tuple[str, ...]
    """Those that have calls to project, the dearest first."""
    beside: Mapping[str, Beside]
    """By workload; also of those that have nothing else."""
    of_workload: Ints
    names: tuple[str, ...]
    """What of_workload counts in."""

    def usd_by_workload(self) -> dict[str, float]:
        """Of the priced calls."""
        costs = self.together.list_cost_nusd
        nusd = np.bincount(self.of_workload, np.where(costs == UNKNOWN, 0, costs), len(self.names))
        return dict(zip(self.names, (nusd / NANO_PER_USD).tolist(), strict=True))

    def unpriced_by_workload(self) -> dict[str, int]:
        """Calls whose cost is not known."""
        is_unpriced = self.together.list_cost_nusd == UNKNOWN
        calls = np.bincount(self.of_workload[is_unpriced], minlength=len(self.names))
        return dict(zip(self.names, calls.tolist(), strict=True))

    def of(self, workload: str) -> Traffic:
        """Of one of the workloads; KeyError for others."""
        beside = self.beside[workload]
        picked = self.together.picked(self.of_workload == self.names.index(workload))
        return replace(
            picked, workload=workload, self_hosted_calls=beside.self_hosted, other_calls=beside.other
        )


def traffics(
    reader: Reader, ledger: Path, period: Period, *, now_us: int, progress: Progress | None = None
) -> Traffics:
    """What the ledger at *ledger*, which *reader* reads, holds of *period*, up to *now_us*.

    Days that are over come from their files where those are right, and are written there where not."""
    today = time_of(now_us).date()
    with reader.snapshot():
        days = list(_days(reader, DayFolder(ledger), period, today, progress))
    return _put_together(days, period.from_us, max(min(period.to_us, now_us), period.from_us))


def _days(
    reader: Reader, folder: DayFolder, period: Period, today: date, progress: Progress | None
) -> Iterator[DayCalls]:
    sums = {group.value: group.sums for group in reader.report(period, GroupBy.DAY).groups}
    days = period.days()
    for done, day in enumerate(days):
        found = _day(reader, folder, day, sums.get(day.isoformat()), is_over=day < today)
        if found is not None:
            yield found
        if progress is not None:
            progress(done + 1, len(days))


def _day(
    reader: Reader, folder: DayFolder, day: date, sums: Rollup | None, *, is_over: bool
) -> DayCalls | None:
    whole_day = Period(day, day + timedelta(days=1))
    ends = reader.first_and_last(whole_day) if sums else None
    if sums is None or ends is None:
        folder.forget(day)
        return None
    stamp = Stamp(day, ends[0].hex(), ends[1].hex(), amounts_of(sums))
    kept = folder.read(stamp) if is_over else None
    if kept is not None:
        return kept
    calls = day_calls_of(reader.demand(whole_day), reader.names_of)
    # What is under way may be in the sums already, and can change without them: not before it has ended.
    if is_over and calls.are_over and calls.calls == sums.calls - sums.not_billed_calls:
        folder.write(stamp, calls)
    return calls


def _put_together(days: Sequence[DayCalls], from_us: int, to_us: int) -> Traffics:
    names: dict[str, int] = {}
    of_workload = _joined(_places(day.workloads, names)[day.columns["workload"]] for day in days)
    beside = _added(days)
    together, of_workload = _up_to_now(_together(days, beside, from_us, to_us), of_workload)
    return Traffics(
        together=together,
        workloads=_dearest_first(together, of_workload, tuple(names)),
        beside=beside,
        of_workload=of_workload,
        names=tuple(names),
    )


def _together(days: Sequence[DayCalls], beside: Mapping[str, Beside], from_us: int, to_us: int) -> Traffic:
    billings: dict[Billed, int] = {}
    columns = {name: _joined(day.columns[name] for day in days) for name in (*_OF_CALLS, *_OF_TRAFFIC)}
    billed = _joined(_places(day.billings, billings)[day.columns["billed"]] for day in days)
    return Traffic(
        workload=None,
        from_us=from_us,
        to_us=to_us,
        calls=Calls(**{name: columns[name] for name in _OF_CALLS}),
        billed=billed,
        billings=tuple(billings),
        **{name: columns[name] for name in _OF_TRAFFIC},
        self_hosted_calls=sum(each.self_hosted for each in beside.values()),
        other_calls=sum(each.other for each in beside.values()),
    )


def _up_to_now(together: Traffic, of_workload: Ints) -> tuple[Traffic, Ints]:
    """Without calls whose time has not come: a clock was ahead."""
    started_us = together.calls.started_us
    if len(started_us) == 0 or started_us[-1] < together.to_us:
        return together, of_workload
    is_past = started_us < together.to_us
    return together.picked(is_past), of_workload[is_past]


def _joined(parts: Iterable[AnyInts]) -> Ints:
    """A column of one number throughout, as most ledgers have some, takes no memory and cannot be written."""
    columns = [part for part in parts if len(part)]
    ends = {int(end) for part in columns for end in (part.min(), part.max())}
    if len(ends) == 1:
        return np.broadcast_to(np.int64(ends.pop()), sum(map(len, columns)))
    return np.concatenate([np.zeros(0, dtype=np.int64), *columns], dtype=np.int64)


def _places(values: Iterable[ValueT], places: dict[ValueT, int]) -> Ints:
    """The place of each value among all of them; new ones come last."""
    return np.array([places.setdefault(value, len(places)) for value in values], dtype=np.int64)


def _added(days: Iterable[DayCalls]) -> dict[str, Beside]:
    added: dict[str, Beside] = {}
    for day in days:
        for name, more in zip(day.workloads, day.beside, strict=True):
            known = added.get(name, Beside())
            added[name] = Beside(
                self_hosted=known.self_hosted + more.self_hosted, other=known.other + more.other
            )
    return added


def _dearest_first(together: Traffic, workload: Ints, names: Sequence[str]) -> tuple[str, ...]:
    cost = np.where(together.list_cost_nusd == UNKNOWN, 0, together.list_cost_nusd)
    usd = np.bincount(workload, weights=cost, minlength=len(names))
    calls = np.bincount(workload, minlength=len(names))
    order = sorted(range(len(names)), key=lambda place: (-usd[place], -calls[place], names[place]))
    return tuple(names[place] for place in order if calls[place])
