from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.asking import LedgerFacts, Quantiles, UpstreamHealth
from ledger.call import Entry, Outcome, UsageBasis
from ledger.period import us_at
from ledger.rollup import Rollup
from ledger.sqlite.reader import open_sqlite_reader
from ledger.usage import TokenUsage
from tests.web.sample import NOW, entry_at, hostile_entries, write_ledger
from tests.web.server import asked, serving, settings_for
from web.health.page import HealthPage, health_page, since
from web.health.routes import HEALTH_PATH
from web.report_settings import BudgetState, BudgetStates, Writing

WELL = Writing(problem=None, spool_problem=None, spooled=0, disk_free_bytes=50 * 10**9, disk_bytes=10**11)
HOUR_US, SECOND_US = 3_600_000_000, 1_000_000


def facts(last_us: int | None = us_at(NOW) - 90 * SECOND_US) -> LedgerFacts:
    return LedgerFacts(
        path="/var/lib/payback.db",
        size_bytes=1_895_288_832,
        wal_bytes=4_540_272,
        schema_version=6,
        sqlite_version="3.45.0",
        first_us=None if last_us is None else 0,
        last_us=last_us,
        calls=1234,
    )


def health(**told: object) -> UpstreamHealth:
    sums = Rollup(calls=200, failed_calls=3, unpriced_calls=2)
    return UpstreamHealth(**{"upstream": "openai", "sums": sums, "looked_at": 200, **told})  # type: ignore[arg-type]


def page(writing: Writing | None = WELL, **told: object) -> HealthPage:
    return health_page(facts(), [health(**told)], writing, NOW)


def words_of(found: HealthPage) -> dict[str, str]:
    return {fact.label: f"{fact.words} {fact.note}".strip() for fact in (*found.ledger, *found.writing)}


def test_the_ledger_is_told_for_people_with_the_exact_numbers_beside() -> None:
    told = words_of(page())
    assert told["Size"] == "1.9 GB 1,895,288,832 bytes"
    assert told["Calls"] == "1,234 in all, those under way left out"
    assert told["Last call"] == "22 Nov 2026 14:28:35 UTC 1 min 30 s ago"
    assert told["Free disk"] == "50.0 GB of 100.0 GB"


@pytest.mark.parametrize(
    ("ago_us", "words"),
    [
        (5 * SECOND_US, "5.0 s ago"),
        (5 * HOUR_US, "5 hours ago"),
        (72 * HOUR_US, "3 days ago"),
        (-HOUR_US, "0 ms ago"),
    ],
)
def test_how_old_the_last_call_is(ago_us: int, words: str) -> None:
    found = health_page(facts(us_at(NOW) - ago_us), [], None, NOW)
    assert words_of(found)["Last call"].endswith(words)


def test_a_ledger_without_calls_has_no_last_one() -> None:
    assert words_of(health_page(facts(None), [], None, NOW))["Last call"] == "\N{EM DASH} there is none yet"


@pytest.mark.parametrize(
    ("trouble", "named"),
    [
        ({"problem": "disk I/O error", "spooled": 3}, "2 things to look at: writing, in the spool."),
        ({"spool_problem": "no space left"}, "1 thing to look at: spool."),
        ({"disk_free_bytes": 5_000_000}, "1 thing to look at: free disk."),
    ],
)
def test_what_is_wrong_with_writing_is_said_first(trouble: dict[str, object], named: str) -> None:
    base = {"problem": None, "spool_problem": None, "spooled": 0}
    disk = {"disk_free_bytes": 50 * 10**9, "disk_bytes": 10**11}
    found = page(Writing(**{**base, **disk, **trouble}))  # type: ignore[arg-type]
    assert (found.is_well, found.verdict) == (False, named)


def test_a_report_of_a_ledger_that_nobody_writes_here_says_nothing_of_writing() -> None:
    assert page(None).writing == ()


def test_times_are_durations_and_what_was_not_measured_is_a_dash() -> None:
    latency = Quantiles(p50=1_200_000, p90=3_400_000, p99=61_000_000)
    (row,) = page(latency_us=latency, output_tokens_per_s=Quantiles(p50=41.7, p90=80.2, p99=120.5)).upstreams
    assert row.latency == ("1.2 s", "3.4 s", "1 min 01 s")
    assert row.speed == ("42", "80", "120")
    assert row.first_byte == ("\N{EM DASH}",) * 3


def test_errors_are_told_by_kind_and_each_leads_to_its_calls() -> None:
    (row,) = page(outcomes={Outcome.OK: 195, Outcome.TIMEOUT: 3, Outcome.CLIENT_LEFT: 2}).upstreams
    assert [(kind.count, kind.words) for kind in row.kinds] == [(3, "timed out"), (2, "left by the client")]
    assert row.kinds[0].href == ("/-/report/calls?from=2026-11-21T14%3A00Z&upstream=openai&outcome=timeout")
    assert [mark.text for mark in row.marks] == ["2 unpriced", "3 failed"]


def test_a_day_begins_with_the_hour_in_which_it_began() -> None:
    assert since(NOW) == datetime(2026, 11, 21, 14, tzinfo=UTC)


def streamed(number: int, first_s: float, took_s: float, tokens: int) -> Entry:
    started_us = us_at(NOW) - HOUR_US + number
    return entry_at(
        started_us,
        number,
        request_model="llama",
        upstream="lab",
        stream=True,
        usage=TokenUsage(input_tokens=1, output_tokens=tokens),
        usage_basis=UsageBasis.REPORTED,
        first_byte_us=started_us + int(first_s * SECOND_US),
        ended_us=started_us + int(took_s * SECOND_US),
    )


def test_what_the_ledger_measured_is_what_the_page_says(tmp_path: Path) -> None:
    """40 tokens in the 2 s after the first byte are 20 a second; 300 in 3 s are 100."""
    ledger = write_ledger(tmp_path / "l.db", [streamed(1, 0.5, 2.5, 40), streamed(2, 1.0, 4.0, 300)])
    with closing(open_sqlite_reader(ledger)) as reader:
        told = health_page(reader.ledger_facts(), reader.health(us_at(since(NOW))), None, NOW)
    (row,) = told.upstreams
    assert (row.name, row.sums.calls) == ("lab", 2)
    assert (row.latency[0], row.first_byte[0], row.speed[0]) == ("2.5 s", "500 ms", "20")
    assert (row.latency[2], row.first_byte[2], row.speed[2]) == ("4.0 s", "1.0 s", "100")


async def test_the_page_shows_trouble_and_hostile_names_as_text(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "l.db", list(hostile_entries()))
    broken = Writing(
        problem="<b>disk</b>", spool_problem=None, spooled=2, disk_free_bytes=1, disk_bytes=10**11
    )
    async with serving(settings_for(ledger, writing=lambda: broken)) as address:
        answer = await asked(address + HEALTH_PATH)
    assert answer.status == 200
    assert "3 things to look at" in answer.text
    assert "<b>disk" not in answer.text
    assert "<script>alert" not in answer.text
    assert not set(answer.text) & set("\x00\x1b\u202e")


async def test_a_quiet_day_says_so(tmp_path: Path) -> None:
    async with serving(settings_for(write_ledger(tmp_path / "l.db", []))) as address:
        answer = await asked(address + HEALTH_PATH)
    assert "No calls in the last 24 hours." in answer.text


def budget(**told: object) -> BudgetState:
    known = {
        "name": "bot", "whose": "workload support", "per": "month", "ends": "2026-12-01", "refuses": True,
        "limit_nusd": 500 * 10**9, "spent_nusd": 125 * 10**9, "reserved_nusd": 2 * 10**9, "unpriced_calls": 0,
    }  # fmt: skip
    return BudgetState(**{**known, **told})  # type: ignore[arg-type]


def test_a_budget_is_told_with_its_share_and_when_it_begins_anew() -> None:
    """125 of 500 USD are a quarter."""
    states = BudgetStates((budget(),), 0)
    (row,) = health_page(facts(), [], None, NOW, states).budgets
    assert (row.name, row.whose, row.anew) == ("bot", "workload support", "2026-12-01")
    assert (row.share, row.state) == ("25.0%", "")


@pytest.mark.parametrize(
    ("told", "state", "share"),
    [
        ({"spent_nusd": 500 * 10**9}, "spent: calls are refused", "100%"),
        ({"spent_nusd": 600 * 10**9, "refuses": False}, "spent: calls go on", "120.0%"),
        ({"spent_nusd": 0, "limit_nusd": 0}, "spent: calls are refused", "\N{EM DASH}"),
    ],
)
def test_a_budget_that_is_spent_says_what_follows_of_it(
    told: dict[str, object], state: str, share: str
) -> None:
    (row,) = health_page(facts(), [], None, NOW, BudgetStates((budget(**told),))).budgets
    assert (row.state, row.share) == (state, share)


async def test_the_page_shows_budgets_with_their_names_as_text(tmp_path: Path) -> None:
    states = BudgetStates((budget(name="<i>b</i>\u202e", whose="user \x1b[31m", unpriced_calls=3),), 2)
    ledger = write_ledger(tmp_path / "l.db", [])
    async with serving(settings_for(ledger, budgets=lambda: states)) as address:
        answer = await asked(address + HEALTH_PATH)
    assert answer.status == 200
    for words in ("&lt;i&gt;b", "$125.00", "$500.00", "$2.00", "3 unpriced", "2 more are in the metrics"):
        assert words in answer.text
    assert not set(answer.text) & set("\x00\x1b\u202e")


async def test_without_budgets_nothing_is_said_of_them(tmp_path: Path) -> None:
    async with serving(settings_for(write_ledger(tmp_path / "l.db", []))) as address:
        assert 'id="budgets"' not in (await asked(address + HEALTH_PATH)).text
