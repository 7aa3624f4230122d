"""The ledger's answer -> what the list of calls says. Everything but `ask` is pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qsl

from ledger.asking import SEARCH_S, CallFilter, CallsPage
from ledger.call import Outcome, Pricing
from ledger.ids import render_call_id
from ledger.period import US_PER_DAY, Period, time_of
from ledger.rollup import ESTIMATED, FAILED, Rollup
from ledger.store import Reader
from web.calls.form import Chip, Form, Span, chips_of, form_of, spans_of
from web.calls.query import Asked
from web.costs import Cost, Mark, cost_of_sums, marks_of
from web.lines import CallLine, line_of

CALLS_ON_A_PAGE = 50
MOST_COUNTED = 20_000
"""Unpriced calls that are counted by their reason: in some 3 ms."""
_ALL = CallFilter()
_COUNTED: Mapping[str, tuple[str, object]] = {
    "unpriced_calls": ("pricing", Pricing.UNPRICED),
    "self_hosted_calls": ("pricing", Pricing.SELF_HOSTED),
    "not_billed_calls": ("pricing", Pricing.NOT_BILLED),
    "estimated_calls": ("usage_bases", ESTIMATED),
    "interrupted_calls": ("outcomes", frozenset({Outcome.INTERRUPTED})),
    "failed_calls": ("outcomes", FAILED),
}
"""By measure of a rollup: the field of a filter that leaves those calls only, and its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    page: CallsPage
    sums: Rollup | None
    """None: rollups cannot tell."""
    count: int | None = None
    """Of the calls, where that is known and no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """Everything that the template prints. Queries are parts of addresses."""

    asked: Asked
    form: Form
    chips: tuple[Chip, ...]
    spans: tuple[Span, ...]
    sums: Rollup | None
    count: int | None
    """Where there are no sums: how many calls there are; None: that is not known either."""
    cost: Cost
    marks: tuple[tuple[Mark, str], ...]
    """Each with the query of the list that has only those calls."""
    calls: tuple[CallLine, ...]
    older: str | None
    newer: str | None
    searched_to_us: int | None
    """Where the search was when its time was used up."""
    go_on: str
    """Goes on from there."""
    is_narrowed: bool
    read_at: datetime


def ask(reader: Reader, asked: Asked) -> Answers:
    """Blocks while the ledger is read."""
    page = reader.calls_page(
        asked.which, before=asked.before, after=asked.after, limit=CALLS_ON_A_PAGE, search_s=SEARCH_S
    )
    sums = reader.sums_of(asked.which)
    return Answers(page=page, sums=sums, count=None if sums else _count(reader, asked.which))


def _count(reader: Reader, which: CallFilter) -> int | None:
    """Rollups count some kinds of calls beside their sums: a number that leads here is here again."""
    if which.reason is not None:
        return _count_of_reason(reader, which, which.reason)
    for measure, (field, value) in _COUNTED.items():
        if getattr(which, field) == value:
            rest = reader.sums_of(replace(which, **{field: getattr(_ALL, field)}))
            return None if rest is None else int(getattr(rest, measure))
    return None


def _count_of_reason(reader: Reader, which: CallFilter, reason: str) -> int | None:
    """Counted call by call, where they are whole days' and not very many."""
    from_us, to_us = which.from_us, which.to_us
    span = CallFilter(from_us=from_us, to_us=to_us)
    if from_us is None or to_us is None or which != replace(span, reason=reason, pricing=which.pricing):
        return None
    sums = reader.sums_of(span)
    if sums is None or sums.unpriced_calls > MOST_COUNTED or from_us % US_PER_DAY or to_us % US_PER_DAY:
        return None
    days = Period(time_of(from_us).date(), time_of(to_us).date())
    return dict(reader.unpriced_reasons(days)).get(reason)


def list_page(answers: Answers, asked: Asked, now: datetime) -> ListPage:
    page, sums = answers.page, answers.sums
    older = None if page.next_before is None else asked.also(before=render_call_id(page.next_before))
    newer = None if page.newer_after is None else asked.also(after=render_call_id(page.newer_after))
    return ListPage(
        asked=asked,
        form=form_of(asked),
        chips=chips_of(asked),
        spans=spans_of(asked, now.date()),
        sums=sums,
        count=answers.count,
        cost=cost_of_sums(sums or Rollup()),
        marks=tuple(_linked(marks_of(sums), asked)) if sums else (),
        calls=tuple(line_of(entry) for entry in page.entries),
        older=older,
        newer=newer,
        searched_to_us=page.looked_back_to_us,
        go_on=(older if asked.after is None else newer) or "",
        is_narrowed=bool(asked.stated),
        read_at=now,
    )


def _linked(marks: Sequence[Mark], asked: Asked) -> Sequence[tuple[Mark, str]]:
    return [(mark, asked.also(**dict(parse_qsl(mark.query)))) for mark in marks]
