"""Breakdowns of days that are over: read once, and again when what those days come to has changed.

A breakdown of a month by hundreds of users takes the ledger longer than a page may take; what has changed
since the last reading is nearly always today's alone."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from datetime import date
from threading import Lock

from ledger.period import Period
from ledger.rollup import Rollup
from ledger.store import Group, GroupBy, Reader, Report

MOST_KEPT = 28
"""All breakdowns of four months."""


class Remembered:
    """For one ledger; all threads that read it may share it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Period, GroupBy], Report] = OrderedDict()
        self._lock = Lock()

    def report(self, reader: Reader, month: Period, by: GroupBy, today: date, over: Rollup) -> Report:
        """As Reader.report. *over*: the sums of the month's days before *today*, just read: whatever happens
        to a call of theirs changes them."""
        turn = min(max(today, month.start), month.end)
        if turn == month.start:
            return reader.report(month, by)
        before = self._read_once(reader, Period(month.start, turn), by, over)
        if turn == month.end:
            return before
        return _joined(month, by, before, reader.report(Period(turn, month.end), by))

    def _read_once(self, reader: Reader, days: Period, by: GroupBy, over: Rollup) -> Report:
        with self._lock:
            kept = self._kept.get((days, by))
        if kept is not None and kept.total == over:
            return kept
        read = reader.report(days, by)
        with self._lock:
            self._kept[days, by] = read
            self._kept.move_to_end((days, by))
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return read


def _joined(month: Period, by: GroupBy, before: Report, rest: Report) -> Report:
    found: defaultdict[str | None, list[Rollup]] = defaultdict(list)
    for group in (*before.groups, *rest.groups):
        found[group.value].append(group.sums)
    groups = [Group(value, sums[0] if len(sums) == 1 else sums[0] + sums[1]) for value, sums in found.items()]
    return Report(month, by, tuple(_by_cost(groups)), before.total + rest.total)


def _by_cost(groups: Iterable[Group]) -> list[Group]:
    """As a report has them."""
    return sorted(groups, key=lambda group: (-group.sums.list_cost, -group.sums.calls, group.value or ""))
