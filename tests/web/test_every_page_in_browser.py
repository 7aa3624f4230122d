"""Every page in a real browser, in a table: each ledger, each width, light and dark, on screen and on paper.

What a page does is tested beside it; here is what holds for all of them. The ledger of a million calls takes
a while to write: `make browse-large` looks at that one."""

import os
import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, Page

from ledger.ids import render_call_id
from ledger.period import us_of
from ledger.usage import TokenUsage
from tests.web.browsing import (
    AXE,
    IN_BROWSER,
    SCHEMES,
    Opened,
    barriers,
    nameless_drawings,
    opened,
    pale_words,
    shifts,
    too_wide,
    unreachable,
)
from tests.web.projected import Answering, hostile_answer
from tests.web.sample import NOW, PRICES, entry_at, hostile_entries, varied_entries, write_ledger
from tests.web.server import serving, settings_for
from tests.web.test_calls_one import WHOLE
from web.addresses import CALLS_PATH, PAYBACK_PATH, REPORT_PATH
from web.health.routes import HEALTH_PATH
from web.months.routes import MONTHS_PATH
from web.prices.routes import PRICES_PATH
from web.projector import NothingToProject
from web.report_settings import BudgetState, BudgetStates, ReportSettings, Writing

WIDTHS = (360, 1280, 2560)
IN_DEPTH = ((360, "light"), (1280, "dark"))
"""axe takes seconds for a page with all its tables; colours change with the scheme, rows with the width."""
PAPER = 794
"""A4 at 96 pixels an inch."""
LARGE = "PAYBACK_BROWSE_LARGE"
MANY_CALLS = 1_000_000
HARM = list(hostile_entries())
EVERYWHERE = (REPORT_PATH, CALLS_PATH, PAYBACK_PATH, PRICES_PATH, MONTHS_PATH, HEALTH_PATH)
ONES = tuple(f"{CALLS_PATH}/{render_call_id(entry.call.call_id)}" for entry in (WHOLE, *HARM[:2]))
OTHERS = (
    f"{REPORT_PATH}?month=2026-10",
    f"{CALLS_PATH}?outcome=failed&workload=search",
    f"{CALLS_PATH}?upstream=openai&upstream=ollama&except_user=ana&except_user=(none)&reason=interrupted",
    f"{PAYBACK_PATH}?workload=search&pue=1.2&must_stay_in_house=on",
    f"{PAYBACK_PATH}?workload=new-idea",
)
REFUSED = (f"{REPORT_PATH}?month=none", f"{CALLS_PATH}?from=never", f"{PAYBACK_PATH}?pue=x", "/-/nothing")
TROUBLE = Writing(
    problem="disk I/O error", spool_problem="full", spooled=3, disk_free_bytes=9, disk_bytes=10**11
)
BUDGETS = BudgetStates(
    [
        BudgetState(
            name="<b>a name of budgets</b>" * 5,
            whose="workload " + "w" * 150,
            per="month",
            ends="2026-12-01",
            refuses=refuses,
            limit_nusd=500 * 10**9,
            spent_nusd=spent_nusd,
            reserved_nusd=10**9,
            unpriced_calls=3,
        )
        for refuses, spent_nusd in ((True, 500 * 10**9), (False, 10**9))
    ],
    2,
)
LOOKS: dict[str, Callable[[Page], Awaitable[list[str]]]] = {
    "too wide": too_wide,
    "without a name": nameless_drawings,
    "pale": pale_words,
    "not by keyboard": unreachable,
}

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> ReportSettings:
    """Every kind of call, every name that means harm, a ledger that cannot be written, and a notice."""
    ledger = write_ledger(tmp_path_factory.mktemp("filled") / "payback.db", [*varied_entries(), *HARM, WHOLE])
    return settings_for(
        ledger,
        projector=Answering(),
        writing=lambda: TROUBLE,
        budgets=lambda: BUDGETS,
        notices=lambda: ["This ledger is made up."],
    )


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> ReportSettings:
    ledger = write_ledger(tmp_path_factory.mktemp("empty") / "payback.db", [])
    return settings_for(ledger, projector=Answering(lambda: NothingToProject("there are no calls")))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> ReportSettings:
    """A million calls of one month, by a hundred users."""
    path = tmp_path_factory.mktemp("large") / "payback.db"
    usage = TokenUsage(input_tokens=1000, output_tokens=10)
    facts = {"request_model": "gpt-4o", "usage": usage, "usage_basis": "reported", "price": PRICES[2]}
    first_us, apart_us = us_of(NOW.date().replace(day=1)), 21 * 86_400_000_000 // MANY_CALLS
    for start in range(0, MANY_CALLS, 50_000):
        numbers = range(start, start + 50_000)
        write_ledger(path, [entry_at(first_us + number * apart_us, number, **facts) for number in numbers])
    return settings_for(path, projector=Answering())


async def _faults(found: Opened, width: int, scheme: str) -> list[str]:
    page = found.page
    told = [f"moved by itself: {moved:.3f}" for moved in [await shifts(page)] if moved > 0.001]
    wide = await page.evaluate("document.documentElement.scrollWidth")
    told += [f"wider than the window: {wide}"] if wide > width else []
    if await page.locator("main img, main b, main script").count():
        told.append("markup of a name is markup of the page")
    for what, look in LOOKS.items():
        told += [f"{what}: {place}" for place in await look(page)]
    if (width, scheme) in IN_DEPTH and AXE.exists():
        told += [f"barrier: {place}" for place in await barriers(page)]
    return told


async def _look_at(
    browser: Browser, settings: ReportSettings, paths: list[str], width: int, scheme: str
) -> None:
    async with (
        serving(settings) as address,
        opened(browser, address, width, paths[0], color_scheme=scheme, bypass_csp=True) as found,
    ):
        for path in paths:
            await found.page.goto(f"{address}{path}")
            assert await _faults(found, width, scheme) == [], path
        assert [url for url in found.requests if not url.startswith(f"{address}/-/")] == []
    assert [told for told in found.complaints if not re.search("status of (400|404)", told)] == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
async def test_every_page_of_a_ledger_with_everything_in_it(
    browser: Browser, filled: ReportSettings, width: int, scheme: str
) -> None:
    await _look_at(browser, filled, list(EVERYWHERE), width, scheme)


@pytest.mark.parametrize("paths", [ONES, OTHERS, REFUSED], ids=["one", "narrowed", "refused"])
@pytest.mark.parametrize(("width", "scheme"), IN_DEPTH)
async def test_every_page_behind_those(
    browser: Browser, filled: ReportSettings, width: int, scheme: str, paths: tuple[str, ...]
) -> None:
    await _look_at(browser, filled, list(paths), width, scheme)


@pytest.mark.parametrize(("width", "scheme"), [*IN_DEPTH, (2560, "light")])
async def test_every_page_of_a_ledger_without_a_call(
    browser: Browser, empty: ReportSettings, width: int, scheme: str
) -> None:
    await _look_at(browser, empty, list(EVERYWHERE), width, scheme)


async def test_the_answer_on_names_that_mean_harm(browser: Browser, filled: ReportSettings) -> None:
    ledger = {"open_reader": filled.open_reader, "now": filled.now, "base_url": filled.base_url}
    settings = ReportSettings(**ledger, ledger_name="x", projector=Answering(hostile_answer))  # type: ignore[arg-type]
    await _look_at(browser, settings, [PAYBACK_PATH], 360, "light")


async def test_every_page_can_be_printed(browser: Browser, filled: ReportSettings) -> None:
    """Black on white, as wide as the paper, on as many sheets as there is something to read."""
    async with serving(filled) as address, opened(browser, address, PAPER, color_scheme="dark") as found:
        await found.page.emulate_media(media="print")
        for path in (*EVERYWHERE, *ONES):
            await found.page.goto(f"{address}{path}")
            assert await found.page.evaluate("document.documentElement.scrollWidth") <= PAPER, path
            paper = await found.page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert paper == "rgb(255, 255, 255)", path
            assert not await found.page.locator("nav, button, .viewer").locator("visible=true").count(), path
            pdf = await found.page.pdf(format="A4")
            assert pdf.startswith(b"%PDF-"), path
            assert 1 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 25, path


@pytest.mark.skipif(LARGE not in os.environ, reason=f"{LARGE} is not set: make browse-large sets it")
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("width", "scheme"), [*IN_DEPTH, (2560, "light")])
async def test_every_page_of_a_ledger_of_a_million_calls(
    browser: Browser, large: ReportSettings, width: int, scheme: str
) -> None:
    await _look_at(browser, large, list(EVERYWHERE), width, scheme)
