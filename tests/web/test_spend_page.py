from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ledger.call import Attribution, Entry, Outcome, Pricing, UsageBasis
from ledger.period import Period, month_of, read_month, us_of
from ledger.sqlite.reader import open_sqlite_reader
from ledger.usage import TokenUsage
from tests.web.sample import NOW, PRICES, entry_at, write_ledger
from web.spend.answers import ask
from web.spend.breakdowns import LONGEST_TABLE
from web.spend.page import MonthPage, month_page
from web.spend.remembered import Remembered

SONNET, MINI, GPT_4O = PRICES
SECOND_US = 1_000_000


def at(day: int, number: int = 0, month: int = 11) -> int:
    return us_of(date(2026, month, day)) + number * SECOND_US


def priced(started_us: int, tokens: int, **facts: object) -> Entry:
    """*tokens* of input at 2.50 USD per million: 400 tokens are 0.001 USD."""
    usage = TokenUsage(input_tokens=tokens)
    facts = {"request_model": "gpt-4o", **facts}
    return entry_at(started_us, usage=usage, usage_basis=UsageBasis.REPORTED, price=GPT_4O, **facts)  # type: ignore[arg-type]


@pytest.fixture
def pages(tmp_path: Path) -> "Pages":
    return Pages(tmp_path / "payback.db")


class Pages:
    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger

    def of(self, entries: Iterable[Entry], month: Period | None = None, now: datetime = NOW) -> MonthPage:
        write_ledger(self._ledger, list(entries))
        with closing(open_sqlite_reader(self._ledger)) as reader:
            return month_page(ask(reader, month or month_of(now.date()), now.date(), Remembered()), now)


def test_the_month_is_the_sum_of_its_calls_and_of_no_others(pages: Pages) -> None:
    """2026-10-31 9,999,999 tokens; 2026-11-01 400; 2026-11-22 1200."""
    page = pages.of([priced(at(31, 86_399, month=10), 9_999_999), priced(at(1), 400), priced(at(22), 1200)])
    assert (page.cost.amount, page.total.calls, page.total.input_tokens) == (4_000_000, 2, 1600)
    assert [(row.day.day, row.cost.amount) for row in page.days.rows] == [(1, 1_000_000), (22, 3_000_000)]


def test_unpriced_calls_are_counted_with_their_reasons_and_are_not_in_the_sum(pages: Pages) -> None:
    unpriced = [entry_at(at(3, number), unpriced_reason="no price for openai x") for number in (1, 2)]
    other = entry_at(at(3, 3), unpriced_reason="upstream cut its answer", outcome=Outcome.UPSTREAM_BROKE)
    page = pages.of([priced(at(3), 400), *unpriced, other])
    assert page.cost.amount == 1_000_000
    assert (page.total.unpriced_calls, page.total.calls) == (3, 4)
    assert [(reason.calls, reason.text) for reason in page.reasons] == [
        (2, "no price for openai x"),
        (1, "upstream cut its answer"),
    ]
    assert [mark.text for mark in page.marks if mark.count] == ["3 unpriced", "1 failed"]


def test_reasons_and_the_rest_of_them_are_all_unpriced_calls(pages: Pages) -> None:
    page = pages.of(entry_at(at(3, n), unpriced_reason=f"no price for openai m{n}") for n in range(30))
    assert sum(reason.calls for reason in page.reasons) + page.other_reasons == 30


def test_a_reason_that_is_too_long_for_an_address_has_none(pages: Pages) -> None:
    page = pages.of(
        [entry_at(at(3), unpriced_reason="x" * 301), entry_at(at(3, 1), unpriced_reason="y" * 300)]
    )
    assert [bool(reason.href) for reason in page.reasons] == [False, True]


def test_a_month_of_unknown_costs_is_a_dash_and_has_no_chart(pages: Pages) -> None:
    page = pages.of([entry_at(at(3), unpriced_reason="no price for openai x")])
    assert page.cost.is_unknown
    assert not page.days.chart
    assert [row.cost.amount for row in page.days.rows] == [None]


def test_a_self_hosted_month_says_so_and_its_shares_are_shares_of_calls(pages: Pages) -> None:
    page = pages.of([entry_at(at(3, number), request_model="llama") for number in range(3)])
    assert (page.cost.amount, page.cost.word) == (None, "self-hosted")
    by_model = page.breakdowns[0]
    assert (by_model.share_of, by_model.whole, by_model.rows[0].part) == ("calls", 3, 3)


def test_shares_are_shares_of_spend_and_what_has_no_cost_has_no_share(pages: Pages) -> None:
    hosted = entry_at(at(4), request_model="llama")
    page = pages.of([priced(at(3), 1200), priced(at(3, 1), 400, request_model="gpt-4o-2024"), hosted])
    by_model = page.breakdowns[0]
    assert by_model.whole == 4_000_000
    assert [(row.name, row.part, row.has_share) for row in by_model.rows] == [
        ("gpt-4o", 3_000_000, True),
        ("gpt-4o-2024", 1_000_000, True),
        ("llama", 0, False),
    ]


def test_many_names_are_summed_up_in_a_last_row_and_nothing_is_lost(pages: Pages) -> None:
    names = LONGEST_TABLE + 5
    page = pages.of(priced(at(2, n), 400 * (n + 1), request_model=f"m{n}") for n in range(names))
    rows = page.breakdowns[0].rows
    assert (len(rows), rows[-1].others, rows[-1].name) == (LONGEST_TABLE + 1, 5, None)
    assert rows[-1].cost.amount == (1 + 2 + 3 + 4 + 5) * 1_000_000
    assert sum(row.sums.calls for row in rows) == names


def test_a_single_name_too_many_is_shown_by_its_name(pages: Pages) -> None:
    page = pages.of(priced(at(2, n), 400, request_model=f"m{n}") for n in range(LONGEST_TABLE + 1))
    assert all(row.others == 0 for row in page.breakdowns[0].rows)


def test_a_breakdown_without_a_single_name_is_known_as_such(pages: Pages) -> None:
    page = pages.of([priced(at(3), 400, who=Attribution(user="ana"))])
    named = {part.topic.by.value: part.is_named for part in page.breakdowns}
    assert named == {
        "model": True, "workload": False, "project": False, "user": True, "key": False, "client": False,
        "upstream": True,
    }  # fmt: skip


def test_the_chart_says_in_words_what_it_shows_and_marks_days_of_unknown_cost(pages: Pages) -> None:
    page = pages.of([priced(at(3), 4000), priced(at(4), 400), entry_at(at(4, 1), unpriced_reason="x")])
    chart = page.days.chart
    assert "Spend by day and model in November 2026. The most on 3 November 2026: $0.01." in chart
    assert "3 November 2026: $0.010000, 1 call\ngpt-4o: $0.010000<" in chart
    assert "4 November 2026: $0.001000, 2 calls, 1 unpriced\ngpt-4o: $0.001000<" in chart
    assert "5 November 2026: no calls<" in chart
    assert chart.count("<a ") == 2  # a day without calls leads nowhere
    assert chart.count("<title>") == 30
    assert chart.count("<circle") == 1


def test_the_table_of_days_has_the_decimals_that_its_exact_amounts_need(pages: Pages) -> None:
    usage = TokenUsage(input_tokens=1, cache_read_tokens=1)  # 0.025 USD per million: 25 nano-USD
    page = pages.of([entry_at(at(3), usage=usage, usage_basis=UsageBasis.REPORTED, price=MINI)])
    assert (page.days.rows[0].cost.amount, page.days.places) == (25, 9)


def test_a_ledger_without_calls_is_not_a_month_without_calls(pages: Pages) -> None:
    assert pages.of([]).latest_month is None
    assert pages.of([priced(at(3, month=10), 400)]).latest_month == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("month", "previous", "following", "progress"),
    [
        ("2026-11", date(2026, 10, 1), None, "1 to 22 November 2026, so far"),
        ("2026-10", date(2026, 9, 1), date(2026, 11, 1), ""),
        ("2026-12", date(2026, 11, 1), None, "not begun yet"),
        ("1970-01", None, date(1970, 2, 1), ""),
        ("9999-11", date(9999, 10, 1), None, "not begun yet"),
    ],
)
def test_the_way_to_other_months_ends_at_this_one_and_where_time_begins(
    pages: Pages, month: str, previous: date | None, following: date | None, progress: str
) -> None:
    page = pages.of([], read_month(month))
    assert (page.previous, page.next, page.progress) == (previous, following, progress)


def test_on_the_first_day_a_month_is_one_day_long(pages: Pages) -> None:
    page = pages.of([], now=datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC))
    assert (page.month.start, page.progress) == (date(2026, 12, 1), "1 December 2026, so far")


def test_a_call_that_has_nothing_to_bill_is_no_spend(pages: Pages) -> None:
    page = pages.of(
        [entry_at(at(3), pricing=Pricing.NOT_BILLED, operation="other", http_request="GET /v1/models")]
    )
    assert (page.cost.word, page.total.calls) == ("not billed", 1)
