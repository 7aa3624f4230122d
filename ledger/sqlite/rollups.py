"""Sums, read from rollups: reports, charts, months. Never from calls, but for what nobody has ended."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from operator import add, sub

from msgspec import json

from ledger.asking import CallFilter, MonthSums, Series, SeriesLine, Unit
from ledger.call import interrupted
from ledger.period import US_PER_HOUR, Period, month_of, time_of
from ledger.rollup import Contributions, Dimension, Rollup, Sums, amounts_of, sum_of
from ledger.sqlite.conditions import NAMED, labels_of, names_in
from ledger.sqlite.moment import Moment, ids_of_hours
from ledger.sqlite.spans import EVER, HOURS_A_DAY, Table

_HOURS = {Unit.HOUR: 1, Unit.DAY: HOURS_A_DAY}
_COARSEST = {1: Table.HOUR, HOURS_A_DAY: Table.DAY}
"""What spans of so many hours can be made of."""
_PLAIN_FILTER = frozenset({"from_us", "to_us", "one_of", "none_of", *NAMED})
Line = tuple[str | None, int]
"""Value, and how many others it stands for; as in a SeriesLine."""
Spans = defaultdict[int, list[Sums]]
"""By hours or days since the epoch."""
SpanSums = tuple[int, str, Sums]
"""Hours or days since the epoch, value, measures."""


def hours_of(period: Period) -> range:
    return range(period.from_us // US_PER_HOUR, period.to_us // US_PER_HOUR)


def sums_in(moment: Moment, hours: range, dimension: Dimension) -> Iterator[tuple[str, Sums]]:
    """Value, measures; a value may come more than once."""
    rows = moment.summed("rollup_groups", hours, dimension=dimension)
    moment.names.labels.learn(row[0] for row in rows)
    for row in rows:
        yield moment.names.labels[row[0]], row[1:]
    for _, value, added in loose_ends(moment, hours, dimension):
        yield value, added


def loose_ends(moment: Moment, hours: range, dimension: Dimension) -> Iterator[tuple[int, str, Sums]]:
    """What the rollups lack while nobody has ended what a killed process left open."""
    contributions = Contributions()
    for entry in moment.left_open(ids_of_hours(hours.start, hours.stop)):
        contributions.move(entry, interrupted(entry))
    for found, hour, value, added in contributions.by_dimension():
        if found is dimension:
            yield hour, value, added


def sums_of_filter(moment: Moment, which: CallFilter) -> Rollup | None:
    """None: rollups do not know."""
    wanted = {dimension: frozenset({name}) for dimension, name in names_in(which).items()}
    hours, dimensions = _hours_of_filter(which), {*wanted, *which.one_of, *which.none_of}
    if hours is None or len(dimensions) > 1 or _tells_more(which):
        return None
    dimension = next(iter(dimensions), Dimension.TOTAL)
    found = [names for names in (wanted.get(dimension), which.one_of.get(dimension)) if names is not None]
    unwanted = which.none_of.get(dimension, frozenset())
    if found:
        return sum_of(_sums_of_names(moment, hours, dimension, frozenset.intersection(*found) - unwanted))
    every = _sums_of_names(moment, hours, Dimension.TOTAL, frozenset({""}))
    return sum_of(every) if not unwanted else _less(every, _sums_of_names(moment, hours, dimension, unwanted))


def _sums_of_names(
    moment: Moment, hours: range, dimension: Dimension, names: frozenset[str]
) -> Sequence[Sums]:
    rows = [
        row
        for label in labels_of(names, moment)
        for row in moment.summed("rollup_of", hours, dimension=dimension, label_id=label)
    ]
    return [*rows, *(sums for _, value, sums in loose_ends(moment, hours, dimension) if value in names)]


def _less(every: Iterable[Sums], some: Iterable[Sums]) -> Rollup:
    return sum_of([tuple(map(sub, amounts_of(sum_of(every)), amounts_of(sum_of(some))))])


def _tells_more(which: CallFilter) -> bool:
    empty = CallFilter()
    told = (field for field in CallFilter.__dataclass_fields__ if field not in _PLAIN_FILTER)
    return any(getattr(which, field) != getattr(empty, field) for field in told)


def _hours_of_filter(which: CallFilter) -> range | None:
    """None: it begins or ends within an hour."""
    from_hour, within_first = divmod(max(which.from_us or 0, 0), US_PER_HOUR)
    to_hour, within_last = (EVER.stop, 0) if which.to_us is None else divmod(which.to_us, US_PER_HOUR)
    if within_first or within_last:
        return None
    return range(min(from_hour, EVER.stop), min(max(to_hour, 0), EVER.stop))


def months_in(moment: Moment) -> list[MonthSums]:
    months: defaultdict[date, list[Sums]] = defaultdict(list)
    told = moment.summed("series", EVER, dimension=Dimension.TOTAL, unit_hours=1)
    ended = ((hour, 0, *sums) for hour, _, sums in loose_ends(moment, EVER, Dimension.TOTAL))
    for hour, _, *sums in (*told, *ended):
        months[month_of(time_of(hour * US_PER_HOUR).date()).start].append(tuple(sums))
    found = (MonthSums(month, sum_of(rows)) for month, rows in sorted(months.items()))
    return [month for month in found if month.sums.calls]


def series_of(moment: Moment, period: Period, by: Dimension, unit: Unit, most: int) -> Series:
    hours, unit_hours = hours_of(period), _HOURS[unit]
    spans = range(hours.start // unit_hours, hours.stop // unit_hours)
    lines = _lines(moment, hours, by, unit_hours, most)
    drawn = tuple(_line(line, found, spans) for line, found in lines.items())
    starts_us = tuple(span * unit_hours * US_PER_HOUR for span in spans)
    return Series(period, by, unit, starts_us, drawn, sum((line.total for line in drawn), Rollup()))


def _lines(moment: Moment, hours: range, by: Dimension, unit_hours: int, most: int) -> dict[Line, Spans]:
    values = _by_cost(moment, hours, by)
    kept, others = values[:most], len(values[most:])
    every = None if others else sums_in_spans(moment, hours, by, unit_hours)
    told = list(every or _of_values(moment, hours, by, unit_hours, kept))
    lines: dict[Line, Spans] = {(value or None, 0): defaultdict(list) for value in kept}
    for span, value, sums in told:
        if value in kept:
            lines[value or None, 0][span].append(sums)
    if others:
        lines[None, others] = _others(sums_in_spans(moment, hours, Dimension.TOTAL, unit_hours), told)
    return lines


def _line(line: Line, found: Spans, spans: range) -> SeriesLine:
    nothing = Rollup()
    sums = tuple(sum_of(found[span]) if span in found else nothing for span in spans)
    return SeriesLine(*line, sums, sum_of(row for rows in found.values() for row in rows))


def _others(total: Iterable[SpanSums], told: Iterable[SpanSums]) -> Spans:
    """What is left of the total when what is told apart is taken from it: many values are never read."""
    rest: defaultdict[int, Sums] = defaultdict(lambda: amounts_of(Rollup()))
    for span, _, sums in total:
        rest[span] = tuple(map(add, rest[span], sums))
    for span, _, sums in told:
        rest[span] = tuple(map(sub, rest[span], sums))
    return defaultdict(list, {span: [sums] for span, sums in rest.items()})


def _by_cost(moment: Moment, hours: range, by: Dimension) -> list[str]:
    """All values that have calls, as a report orders its groups."""
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    rows = moment.summed("costs", hours, dimension=by)
    moment.names.labels.learn(row[0] for row in rows)
    for label_id, cost, calls in rows:
        found[moment.names.labels[label_id]].append((cost, calls))
    for _, value, sums in loose_ends(moment, hours, by):
        ended = sum_of([sums])
        found[value].append((ended.list_cost, ended.calls))
    ranks = {value: [sum(column) for column in zip(*rows, strict=True)] for value, rows in found.items()}
    told = sorted((-cost, -calls, value) for value, (cost, calls) in ranks.items() if calls)
    return [value for _, _, value in told]


def sums_in_spans(moment: Moment, hours: range, by: Dimension, unit_hours: int) -> Iterator[SpanSums]:
    """Of every value; a span and value may come more than once."""
    asked = {"dimension": by, "unit_hours": unit_hours}
    rows = moment.summed("series", hours, _COARSEST[unit_hours], **asked)
    moment.names.labels.learn(row[1] for row in rows)
    for row in rows:
        yield row[0], moment.names.labels[row[1]], row[2:]
    for hour, value, added in loose_ends(moment, hours, by):
        yield hour // unit_hours, value, added


def _of_values(
    moment: Moment, hours: range, by: Dimension, unit_hours: int, kept: Sequence[str]
) -> Iterator[SpanSums]:
    """Of the values *kept*."""
    numbers = {moment.label_of(value): value for value in kept}
    labels = json.encode([number for number in numbers if number is not None]).decode()
    asked = {"dimension": by, "labels": labels, "unit_hours": unit_hours}
    for row in moment.summed("series_of", hours, _COARSEST[unit_hours], **asked):
        yield row[0], numbers[row[1]], row[2:]
    for hour, value, added in loose_ends(moment, hours, by):
        if value in kept:
            yield hour // unit_hours, value, added
