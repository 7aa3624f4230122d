"""What the overview is put together from: comparisons, sides, links, days, and what is remembered."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.asking import CallFilter
from ledger.call import Attribution, Entry, UsageBasis
from ledger.money import NanoUsd
from ledger.period import Period, month_of, us_of
from ledger.rollup import Dimension, Rollup
from ledger.sqlite.reader import open_sqlite_reader
from ledger.store import Group, GroupBy, Reader, Report
from ledger.usage import TokenUsage
from tests.web.sample import PRICES, entry_at, write_ledger
from web.calls.query import read_query
from web.links import calls_link, calls_of_link, calls_since_link, is_linkable, one_day
from web.spend import answers as asking
from web.spend.breakdowns import TOPICS, Breakdown, breakdown_of
from web.spend.comparison import change_of, comparisons_of, month_before
from web.spend.days import MOST_MODELS, days_of
from web.spend.hosting import sides_of
from web.spend.remembered import Remembered

OCTOBER, NOVEMBER = month_of(date(2026, 10, 1)), month_of(date(2026, 11, 1))
DOLLAR = 1_000_000_000
TODAY = date(2026, 11, 22)


def called(day: date, tokens: int, number: int = 0, **facts: object) -> Entry:
    """*tokens* of input of gpt-4o: 400 of them are 0.001 USD."""
    facts = {"request_model": "gpt-4o", "price": PRICES[2], **facts}
    usage = TokenUsage(input_tokens=tokens)
    return entry_at(us_of(day) + number, number, usage=usage, usage_basis=UsageBasis.REPORTED, **facts)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "payback.db"


# Against the month before


def test_a_running_month_is_compared_with_the_same_days_that_are_over() -> None:
    """Today, the 3rd, is left out on both sides: it is not over."""
    spent = {date(2026, 11, day): NanoUsd(day * DOLLAR) for day in (1, 2, 3)}
    spent |= {date(2026, 10, day): NanoUsd(4 * DOLLAR) for day in range(1, 32)}
    same, whole = comparisons_of(spent, NOVEMBER, date(2026, 11, 3))
    assert (same.now.words, same.now.amount) == ("1 to 2 November 2026", 3 * DOLLAR)
    assert (same.before.words, same.before.amount, same.change) == (
        "1 to 2 October 2026", 8 * DOLLAR, "\N{MINUS SIGN}62.5%",
    )  # fmt: skip
    assert (whole.before.words, whole.before.amount) == ("October 2026", 124 * DOLLAR)
    assert whole.before.href == calls_link(OCTOBER)


def test_a_month_that_is_over_is_compared_as_a_whole() -> None:
    spent = {date(2026, 9, 30): NanoUsd(DOLLAR), date(2026, 10, 31): NanoUsd(2 * DOLLAR)}
    (whole,) = comparisons_of(spent, OCTOBER, TODAY)
    assert (whole.now.words, whole.before.words, whole.change) == (
        "October 2026", "September 2026", "+100.0%",
    )  # fmt: skip


def test_the_31st_is_compared_with_a_month_that_has_no_31st() -> None:
    """30 days of March are over on its 31st; February has 28: so many are compared."""
    spent = {date(2026, 2, 1): NanoUsd(DOLLAR)}
    same, _ = comparisons_of(spent, month_of(date(2026, 3, 1)), date(2026, 3, 31))
    assert (same.now.words, same.before.words) == ("1 to 28 March 2026", "February 2026")


def test_on_the_first_day_there_is_only_the_whole_month_before() -> None:
    found = comparisons_of({date(2026, 10, 9): NanoUsd(0)}, NOVEMBER, date(2026, 11, 1))
    assert [one.before.words for one in found] == ["October 2026"]


def test_a_month_before_the_first_call_is_not_a_month_of_nothing() -> None:
    assert comparisons_of({date(2026, 11, 2): NanoUsd(DOLLAR)}, NOVEMBER, TODAY) == ()


def test_there_is_nothing_before_time_begins_nor_in_months_to_come() -> None:
    first, spent = month_of(date(1970, 1, 1)), {date(2026, 12, 1): NanoUsd(DOLLAR)}
    assert month_before(first) is None
    assert comparisons_of(spent, first, TODAY) == ()
    assert comparisons_of(spent, month_of(date(2027, 1, 1)), TODAY) == ()


def test_less_is_said_with_a_minus() -> None:
    assert change_of(NanoUsd(1000), NanoUsd(999)) == "\N{MINUS SIGN}0.1%"


# Links


def test_a_link_asks_for_the_calls_that_its_number_sums() -> None:
    query = calls_link(one_day(date(2026, 11, 3)), model="a b&c=d", outcome="failed").partition("?")[2]
    asked = read_query(pair for pair in _pairs(query))
    assert (asked.which.model, asked.which.from_us) == ("a b&c=d", us_of(date(2026, 11, 3)))
    assert asked.which.to_us == us_of(date(2026, 11, 4))


def test_a_link_to_calls_without_a_name_asks_for_those() -> None:
    asked = read_query(_pairs(calls_link(NOVEMBER, user=None).partition("?")[2]))
    assert asked.which.user == ""


def test_a_link_may_begin_within_a_day() -> None:
    asked = read_query(_pairs(calls_since_link("2026-11-21T14:00Z", upstream="lab").partition("?")[2]))
    assert (asked.which.upstream, asked.which.from_us) == (
        "lab",
        us_of(date(2026, 11, 21)) + 14 * 3_600_000_000,
    )


@pytest.mark.parametrize("name", ["(none)", "", "  ", "x" * 301])
def test_names_that_no_address_can_ask_for_are_not_linked(name: str) -> None:
    assert not is_linkable(name)


def _pairs(query: str) -> Sequence[tuple[str, str]]:
    from urllib.parse import parse_qsl

    return parse_qsl(query, keep_blank_values=True, strict_parsing=True)


# Sides and breakdowns


def test_an_upstream_is_self_hosted_where_nobody_bills_its_tokens() -> None:
    cloud = Group("openai", Rollup(calls=3, list_cost=NanoUsd(5), input_tokens=30))
    lab = Group("lab", Rollup(calls=2, self_hosted_calls=1, unpriced_calls=1, input_tokens=20))
    mixed = Group("was-lab", Rollup(calls=2, self_hosted_calls=1, list_cost=NanoUsd(1)))
    sides = sides_of([cloud, lab, mixed], OCTOBER)
    assert [(side.words, side.upstreams, side.sums.input_tokens) for side in sides] == [
        ("Cloud, billed per token", ("openai",), 30),
        ("Self-hosted", ("lab",), 20),
        ("Both at times", ("was-lab",), 0),
    ]
    assert (sides[1].cost.word, [mark.text for mark in sides[1].marks]) == ("\N{EM DASH}", ["1 unpriced"])
    assert sides[1].href == calls_link(OCTOBER, upstream="lab")


def test_calls_of_several_upstreams_are_those_of_one_of_them() -> None:
    (cloud,) = sides_of([Group(name, Rollup(calls=1)) for name in ("openai", "anthropic")], OCTOBER)
    assert cloud.upstreams == ("openai", "anthropic")
    assert cloud.href == calls_link(OCTOBER, upstream=("openai", "anthropic"))
    assert asked_by(cloud.href).one_of == {Dimension.UPSTREAM: {"openai", "anthropic"}}


def test_each_row_leads_to_its_calls_and_the_others_to_all_but_those_above() -> None:
    """12 rows have a name, one of them that of the calls without one; 8 more have none."""
    names = [None, *(f"u{n}" for n in range(19))]
    part = by_user(names)
    assert [row.href for row in part.rows[:2]] == [calls_link(NOVEMBER, user=name) for name in (None, "u0")]
    assert part.rows[-1].others == 8
    assert asked_by(part.rows[-1].href).none_of == {Dimension.USER: {"", *(f"u{n}" for n in range(11))}}


@pytest.mark.parametrize("name", ["(none)", "x" * 301])
def test_others_than_names_that_no_address_can_ask_for_are_not_linked(name: str) -> None:
    """A link to calls of other names than that one would lead to some of its calls too."""
    assert by_user([name, *(f"u{n}" for n in range(19))]).rows[-1].href == ""


def test_an_address_of_very_many_or_very_long_names_is_none() -> None:
    """20 names are one search; 14 names of 300 characters are 4,200."""
    assert calls_of_link(NOVEMBER, "user", [f"u{n}" for n in range(20)])
    assert not calls_of_link(NOVEMBER, "user", [f"u{n}" for n in range(21)])
    assert not calls_of_link(NOVEMBER, "user", [f"{n:0300}" for n in range(14)])
    assert not calls_of_link(NOVEMBER, "except_user", [])


def by_user(names: Sequence[str | None]) -> Breakdown:
    groups = tuple(Group(name, Rollup(calls=1)) for name in names)
    topic = next(topic for topic in TOPICS if topic.by is GroupBy.USER)
    return breakdown_of(topic, Report(NOVEMBER, GroupBy.USER, groups, Rollup(calls=len(names))))


def asked_by(href: str) -> CallFilter:
    return read_query(_pairs(href.partition("?")[2])).which


def test_a_row_that_says_self_hosted_in_place_of_money_does_not_say_it_twice() -> None:
    """u0: both of its calls; u1: one of three, the others are priced."""
    all_own, some = (
        Rollup(calls=2, self_hosted_calls=2),
        Rollup(calls=3, self_hosted_calls=1, list_cost=NanoUsd(1)),
    )
    groups = (Group("u0", all_own), Group("u1", some))
    topic = next(topic for topic in TOPICS if topic.by is GroupBy.USER)
    part = breakdown_of(topic, Report(NOVEMBER, GroupBy.USER, groups, all_own + some))
    assert [row.cost.word for row in part.rows] == ["self-hosted", "\N{EM DASH}"]
    assert [[mark.text for mark in row.marks] for row in part.rows] == [[], ["1 self-hosted"]]


# Days


def test_every_day_and_model_has_its_own_sum_and_its_own_way_to_the_calls(ledger: Path) -> None:
    """2026-11-03 gpt-4o 400; 2026-11-03 small 1200; 2026-11-05 gpt-4o 800."""
    small = called(date(2026, 11, 3), 1200, 1, request_model="small")
    entries = [called(date(2026, 11, 3), 400), small, called(date(2026, 11, 5), 800)]
    with closing(open_sqlite_reader(write_ledger(ledger, entries))) as reader:
        series = reader.series(NOVEMBER, Dimension.MODEL, most=MOST_MODELS)
        report = reader.report(NOVEMBER, GroupBy.DAY)
    by_day = {date.fromisoformat(group.value or ""): group.sums for group in report.groups}
    days = days_of(series, by_day, TODAY)
    assert [key.name for key in days.keys] == ["gpt-4o", "small"]
    cells = [[cell and cell.exact for cell in row.cells] for row in days.rows]
    assert cells == [["0.001 USD", "0.003 USD"], ["0.002 USD", None]]
    cell = days.rows[0].cells[1]
    assert cell is not None
    assert cell.href == calls_link(one_day(date(2026, 11, 3)), model="small")
    assert days.rows[0].href == calls_link(one_day(date(2026, 11, 3)))


def test_more_models_than_patterns_are_one_part_more_and_nothing_is_lost(ledger: Path) -> None:
    entries = [called(date(2026, 11, 3), 400, n, request_model=f"m{n:02}") for n in range(12)]
    with closing(open_sqlite_reader(write_ledger(ledger, entries))) as reader:
        series = reader.series(NOVEMBER, Dimension.MODEL, most=MOST_MODELS)
    days = days_of(series, {date(2026, 11, 3): series.total}, TODAY)
    assert [key.others for key in days.keys] == [0] * MOST_MODELS + [12 - MOST_MODELS]
    assert [cell.words for cell in days.rows[0].cells if cell] == ["$0.0010"] * MOST_MODELS + ["$0.0050"]
    named = {f"m{n:02}" for n in range(MOST_MODELS)}
    for href in (days.keys[-1].href, days.rows[0].cells[-1].href if days.rows[0].cells[-1] else ""):
        assert asked_by(href).none_of == {Dimension.MODEL: named}


# What is asked of the ledger


@dataclass
class Watched:
    """A reader that notes which reports it is asked for."""

    reader: Reader
    reports: list[tuple[Period, GroupBy]] = field(default_factory=list)

    def report(self, period: Period, by: GroupBy) -> Report:
        self.reports.append((period, by))
        return self.reader.report(period, by)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reader, name)


@pytest.fixture
def watched(ledger: Path) -> Iterator[Watched]:
    who = Attribution(user="ana")
    write_ledger(ledger, [called(date(2026, 11, 3), 400, who=who), called(TODAY, 800, 1, who=who)])
    with closing(open_sqlite_reader(ledger)) as reader:
        yield Watched(reader)


def test_days_that_are_over_are_read_once_and_today_again(watched: Watched) -> None:
    remembered, over = Remembered(), watched.reader.report(Period(NOVEMBER.start, TODAY), GroupBy.DAY).total
    first = remembered.report(watched, NOVEMBER, GroupBy.USER, TODAY, over)
    watched.reports.clear()
    assert remembered.report(watched, NOVEMBER, GroupBy.USER, TODAY, over) == first
    assert watched.reports == [(Period(TODAY, NOVEMBER.end), GroupBy.USER)]
    assert first == watched.reader.report(NOVEMBER, GroupBy.USER)


def test_days_that_are_over_are_read_again_when_a_call_of_theirs_has_ended_late(watched: Watched) -> None:
    remembered, days = Remembered(), Period(NOVEMBER.start, TODAY)
    before = watched.reader.report(days, GroupBy.DAY).total
    remembered.report(watched, NOVEMBER, GroupBy.USER, TODAY, before)
    write_ledger(watched.reader._path, [called(date(2026, 11, 21), 1200, 7)])  # type: ignore[attr-defined]
    after = watched.reader.report(days, GroupBy.DAY).total
    found = remembered.report(watched, NOVEMBER, GroupBy.USER, TODAY, after)
    assert found == watched.reader.report(NOVEMBER, GroupBy.USER)
    assert found.total.calls == 3


def test_of_very_many_unpriced_calls_the_reasons_of_the_latest_are_read(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading all of millions would take longer than a page may."""
    monkeypatch.setattr(asking, "MOST_READ", 2)
    entries = [entry_at(us_of(TODAY) + n, n, unpriced_reason="new" if n > 1 else "old") for n in range(4)]
    entries.append(entry_at(us_of(TODAY) + 9, 9))
    with closing(open_sqlite_reader(write_ledger(ledger, entries))) as reader:
        told = asking.ask(reader, NOVEMBER, TODAY, Remembered())
    assert (list(told.reasons), told.reasons_since_us) == ([("new", 2)], us_of(TODAY) + 2)
