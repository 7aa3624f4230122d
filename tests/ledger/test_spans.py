"""Spans: every hour is summed up once, whichever table it is read from."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ledger.sqlite.spans import (
    EVER,
    HOURS_A_DAY,
    Span,
    Table,
    month_at,
    month_of_hour,
    months_between,
    spans_of,
)

DAY = HOURS_A_DAY
FEBRUARY, MARCH, APRIL = 31 * DAY, 59 * DAY, 90 * DAY
"""Of 1970."""
HOURS = st.integers(0, 4000)


def read(spans: list[Span], folded_before: int) -> Counter[int]:
    """The hours whose sums the tables give for *spans*, each as often as it is given. Days have those of the
    hours that are folded, months those of the days that are; whatever else is asked of them."""
    ends = {Table.HOUR: EVER.stop, Table.DAY: folded_before, Table.MONTH: folded_before // DAY * DAY}
    found: Counter[int] = Counter()
    for span in spans:
        found.update(hour for hour in span.hours if hour < ends[span.table])
    return found


@given(HOURS, HOURS, HOURS, st.sampled_from(Table))
def test_each_hour_is_read_once_and_no_other(
    start: int, end: int, folded_before: int, coarsest: Table
) -> None:
    hours = range(min(start, end), max(start, end))
    spans = spans_of(hours, folded_before, coarsest)
    assert read(spans, folded_before) == Counter(hours)


@given(HOURS, HOURS, HOURS)
def test_days_and_months_are_asked_for_whole(start: int, end: int, folded_before: int) -> None:
    """Each is found by its first hour; one that is asked for in part would be left out, or be too much."""
    for span in spans_of(range(start, end), folded_before):
        if span.table is Table.DAY:
            assert span.hours.start % DAY == span.hours.stop % DAY == 0
        if span.table is Table.MONTH:
            assert month_of_hour(span.hours.start) == span.hours.start
            assert month_of_hour(span.hours.stop) == span.hours.stop


def test_a_year_up_to_now_is_read_from_few_rows() -> None:
    """It is 13:40 on 10 March, and all before noon is folded."""
    now, noon, today = MARCH + 9 * DAY + 14, MARCH + 9 * DAY + 12, MARCH + 9 * DAY
    assert spans_of(range(31 * DAY - 3, now), noon) == [
        Span(Table.HOUR, range(31 * DAY - 3, FEBRUARY)),
        Span(Table.MONTH, range(FEBRUARY, APRIL)),
        Span(Table.DAY, range(today, today + DAY)),
        Span(Table.HOUR, range(noon, now)),
    ]
    assert spans_of(range(10 * DAY, today), noon, Table.DAY) == [Span(Table.DAY, range(10 * DAY, today))]
    assert spans_of(range(5, 7), noon) == [Span(Table.HOUR, range(5, 7))]


def test_months_end_where_dates_do() -> None:
    """Ids of calls reach to the year 10889."""
    last = month_of_hour(EVER.stop)
    assert f"{month_at(last):%Y-%m-%d}" == "9999-12-01"
    assert list(months_between(range(last, last + 99_999))) == [range(last, last + 99_999)]
    assert sum(len(span.hours) for span in spans_of(range(last, last + 99_999), last + 48)) >= 99_999
