"""The overview as it is served: what its numbers lead to, and whether that is what they sum."""

import re
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from ledger.call import Entry
from ledger.money import NanoUsd, render_usd
from ledger.sqlite.reader import SqliteReader, open_sqlite_reader
from tests.web.sample import hostile_entries, varied_entries, write_ledger
from tests.web.server import asked, serving, settings_for
from web.addresses import CALLS_PATH, REPORT_PATH
from web.calls.query import read_query
from web.health.routes import HEALTH_PATH, HealthPages
from web.months.routes import MONTHS_PATH, MonthsPages
from web.prices.routes import PRICES_PATH, PricesPages
from web.reading import Reading
from web.rendering import Renderer
from web.spend.routes import SpendPages

_ADDRESS = rf'href="({re.escape(CALLS_PATH)}\?[^"]+)"[^>]*>'
_LINK = re.compile(rf'<a class="to-calls" {_ADDRESS}(.*?)</a>', re.DOTALL)
_AGAIN = re.compile(
    rf'data-label="calls"><a class="to-calls again" tabindex="-1" {_ADDRESS}(.*?)</a>', re.DOTALL
)
_MONEY = re.compile(rf'<a class="to-calls again" [^>]*{_ADDRESS}\s*<data [^>]*value="([\d.]+)"', re.DOTALL)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "payback.db", [*varied_entries(), *hostile_entries()])


async def page_of(ledger: Path, path: str = REPORT_PATH) -> str:
    async with serving(settings_for(ledger)) as address:
        answer = await asked(address + path)
    assert answer.status == 200
    return answer.text


def counts_in(page: str) -> Iterator[tuple[str, int]]:
    """The query of each link whose words begin with a number of calls, and the number."""
    for href, words in [*_LINK.findall(page), *_AGAIN.findall(page)]:
        text = re.sub(r"<[^>]*>|\s+", " ", words).strip()
        if re.match(r"[\d,]+( |$)", text) and not re.match(r"[\d,]+ (to|more|[A-Z])", text):
            yield unescape(href).partition("?")[2], int(text.split()[0].replace(",", ""))


def calls_of(reader: SqliteReader, query: str) -> Iterator[Entry]:
    """All that a list of calls shows for *query*, page by page."""
    which, before = read_query(parse_qsl(query)).which, None
    while True:
        page = reader.calls_page(which, before=before, limit=500, search_s=10)
        yield from page.entries
        if page.next_before is None:
            return
        before = page.next_before


@pytest.mark.parametrize("path", [REPORT_PATH, f"{REPORT_PATH}?month=2026-10", MONTHS_PATH, HEALTH_PATH])
async def test_every_number_of_calls_leads_to_as_many_calls(ledger: Path, path: str) -> None:
    counts = dict(counts_in(await page_of(ledger, path)))
    assert len(counts) > 8
    with closing(open_sqlite_reader(ledger)) as reader:
        found = {query: len(list(calls_of(reader, query))) for query in counts}
    assert found == counts


@pytest.mark.parametrize("path", [REPORT_PATH, f"{REPORT_PATH}?month=2026-10", MONTHS_PATH])
async def test_every_sum_of_money_leads_to_calls_that_cost_as_much(ledger: Path, path: str) -> None:
    told = {
        unescape(href).partition("?")[2]: value for href, value in _MONEY.findall(await page_of(ledger, path))
    }
    assert len(told) > 1
    with closing(open_sqlite_reader(ledger)) as reader:
        found = {query: sum(call.list_cost or 0 for call in calls_of(reader, query)) for query in told}
    assert {query: render_usd(NanoUsd(cost)) for query, cost in found.items()} == told


async def test_the_list_of_calls_takes_every_address_that_the_overview_has(ledger: Path) -> None:
    page = await page_of(ledger)
    links = {unescape(href) for href in re.findall(rf'href="({re.escape(CALLS_PATH)}[^"]*)"', page)}
    days = {link for link in links if "from=2026-11-05&to=2026-11-05" in link}
    async with serving(settings_for(ledger)) as address:
        for link in sorted(days | set(sorted(links)[::9])):
            assert (await asked(address + link)).status == 200, link
    assert len(days) > 2


async def test_the_chart_the_legend_and_both_tables_are_there(ledger: Path) -> None:
    page = await page_of(ledger)
    for words in ('class="bars stacked"', 'class="legend"', "days-table", "by-day-and-model"):
        assert words in page


async def test_a_running_month_has_a_forecast_with_its_method_and_a_month_that_is_over_has_none(
    ledger: Path,
) -> None:
    now, over = await page_of(ledger), await page_of(ledger, f"{REPORT_PATH}?month=2026-10")
    assert re.search(r"In 8 of 10 cases between \$\d+\.\d\d and \$\d+\.\d\d", now)
    assert "the last 28 whole days" in now
    assert "In 8 of 10 cases" not in over


async def test_self_hosted_stands_beside_cloud_with_its_own_tokens(ledger: Path) -> None:
    page = re.sub(r"<[^>]*>|\s+", " ", await page_of(ledger))
    assert re.search(r"Cloud, billed per token .*?Self-hosted .*? self-hosted ", page)


async def test_the_page_is_small_on_the_wire(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await asked(address + REPORT_PATH, {"Accept-Encoding": "gzip"})
    assert int(answer.headers["Content-Length"]) < 100_000


def test_each_page_has_an_address_of_its_own(ledger: Path) -> None:
    settings, renderer = settings_for(ledger), Renderer("http://127.0.0.1:8300/v1", "payback.db")
    groups = (SpendPages, PricesPages, MonthsPages, HealthPages)
    paths = [
        path for group in groups for path in group(settings, renderer, Reading(settings, renderer)).routes()
    ]
    assert paths == [REPORT_PATH, PRICES_PATH, MONTHS_PATH, f"{MONTHS_PATH}/{{file}}", HEALTH_PATH]
