"""The report in a real browser: what it loads, what it says to people and to their tools, whether it fits."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from ledger.period import us_of
from ledger.usage import TokenUsage
from tests.web.browsing import AXE, IN_BROWSER, SCHEMES, WIDTHS, barriers, opened, too_wide
from tests.web.projected import Answering, answer
from tests.web.sample import MARKUP, NOW, PRICES, entry_at, hostile_entries, varied_entries, write_ledger
from tests.web.server import serving, settings_for
from web.addresses import PAYBACK_PATH, REPORT_PATH
from web.figures import dollars
from web.health.routes import HEALTH_PATH
from web.months.routes import MONTHS_PATH
from web.prices.routes import PRICES_PATH
from web.report_settings import Writing

pytestmark = IN_BROWSER


PATHS = (REPORT_PATH, PRICES_PATH, MONTHS_PATH, HEALTH_PATH)
TROUBLE = Writing(
    problem="disk I/O error", spool_problem="full", spooled=3, disk_free_bytes=9, disk_bytes=10**11
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of every kind of call, and of every name that means harm."""
    path = tmp_path_factory.mktemp("browser") / "payback.db"
    return write_ledger(path, [*varied_entries(), *hostile_entries()])


@pytest.fixture
def empty_ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "payback.db", [])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
async def test_the_pages_fit_and_are_quiet_at_any_width(
    browser: Browser, ledger: Path, width: int, scheme: str
) -> None:
    async with serving(settings_for(ledger, notices=lambda: [MARKUP], writing=lambda: TROUBLE)) as address:
        for path in PATHS:
            async with opened(browser, address, width, path, color_scheme=scheme) as found:
                assert await too_wide(found.page) == []
                assert await found.page.evaluate("document.documentElement.scrollWidth") <= width
            assert found.complaints == []


async def test_nothing_is_asked_of_anybody_else(browser: Browser, ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address, opened(browser, address) as found:
        await found.page.wait_for_load_state("networkidle")
    assert len(found.requests) >= 4
    assert [url for url in found.requests if not url.startswith(f"{address}/-/")] == []


async def test_hostile_names_are_shown_as_the_text_they_are(browser: Browser, ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address, opened(browser, address) as found:
        names = await found.page.locator("#by-model bdi.name").all_inner_texts()
        assert await found.page.locator("script").count() == 2
        assert await found.page.locator("main img, main b, main script").count() == 0
    assert any(MARKUP.startswith(name.removesuffix("…")) and len(name) > 40 for name in names)
    assert found.complaints == []


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_the_two_schemes_have_their_own_paper(browser: Browser, ledger: Path, scheme: str) -> None:
    async with (
        serving(settings_for(ledger)) as address,
        opened(browser, address, color_scheme=scheme) as found,
    ):
        paper = await found.page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(int(part) for part in re.findall(r"\d+", paper)[:3]) / 3
    assert (lightness > 128) == (scheme == "light")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm install --no-save axe-core")
@pytest.mark.parametrize("query", ["", "?month=2026-01"])
async def test_axe_finds_no_barrier_where_there_are_no_calls(
    browser: Browser, empty_ledger: Path, query: str
) -> None:
    write_ledger(empty_ledger, [one_call()] if query else [])
    async with (
        serving(settings_for(empty_ledger)) as address,
        opened(browser, address, bypass_csp=True) as found,
    ):
        await found.page.goto(f"{address}/-/report{query}")
        assert await found.page.locator("h1").count() == 1
        assert await barriers(found.page) == []


async def test_the_bars_say_the_same_as_the_table_of_days(browser: Browser, ledger: Path) -> None:
    """Heights are compared with the exact amounts of the table, in whole pixels. The smallest parts are drawn
    higher than they are, so that they are seen."""
    async with serving(settings_for(ledger)) as address, opened(browser, address) as found:
        heights = await found.page.eval_on_selector_all(
            ".stacked a:has(.part)",
            "(days) => days.map((day) => [...day.querySelectorAll('.part')]"
            ".reduce((sum, part) => sum + Number(part.getAttribute('height')), 0))",
        )
        amounts = await found.page.eval_on_selector_all(
            ".days-table tbody data", "(amounts) => amounts.map((amount) => Number(amount.value))"
        )
    assert len(heights) == len(amounts) > 10
    scale = max(heights) / max(amounts)
    assert heights == pytest.approx([amount * scale for amount in amounts], abs=3)


async def test_a_part_of_a_bar_has_the_colour_and_the_pattern_of_its_legend(
    browser: Browser, ledger: Path
) -> None:
    """Two parts of one colour, or a part that is drawn black because its pattern is not found."""
    async with serving(settings_for(ledger)) as address, opened(browser, address) as found:
        colours = await found.page.eval_on_selector_all(
            ".stacked pattern rect", "(rects) => rects.map((rect) => getComputedStyle(rect).fill)"
        )
        filled = await found.page.eval_on_selector_all(
            ".stacked .part, .swatch rect", "(parts) => parts.map((part) => getComputedStyle(part).fill)"
        )
    assert len(set(colours)) == len(colours) == 8
    assert {fill.replace('"', "") for fill in filled} <= {f"url(#part-{place})" for place in range(8)}


async def test_a_days_bar_leads_to_the_calls_of_the_day(browser: Browser, ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address, opened(browser, address) as found:
        await found.page.locator(".stacked a").nth(2).click()
        await found.page.wait_for_url("**/-/report/calls?from=2026-11-03&to=2026-11-03")


async def test_lines_for_the_configuration_can_be_copied_with_a_click(
    browser: Browser, tmp_path: Path
) -> None:
    mystery = entry_at(
        us_of(NOW.date()),
        request_model="mystery",
        provider="openai",
        usage=TokenUsage(input_tokens=1000),
        usage_basis="reported",
        unpriced_reason="no price",
    )
    ledger = write_ledger(tmp_path / "payback.db", [mystery])
    async with (
        serving(settings_for(ledger)) as address,
        opened(
            browser, address, path=PRICES_PATH, permissions=["clipboard-write", "clipboard-read"]
        ) as found,
    ):
        await found.page.get_by_role("button", name="Copy").click()
        await found.page.get_by_role("button", name="Copied").wait_for()
        copied = await found.page.evaluate("navigator.clipboard.readText()")
    assert 'model = "mystery"' in copied
    assert found.complaints == []


async def test_without_a_script_a_click_selects_all_lines_for_the_configuration(
    browser: Browser, ledger: Path
) -> None:
    async with (
        serving(settings_for(ledger)) as address,
        opened(browser, address, path=PRICES_PATH, java_script_enabled=False) as found,
    ):
        box = found.page.locator("pre.to-copy").first
        assert await box.evaluate("(box) => getComputedStyle(box).userSelect") == "all"
        assert await found.page.get_by_role("button", name="Copy").count() == 0


async def test_everything_can_be_reached_and_unfolded_with_the_keyboard(
    browser: Browser, ledger: Path
) -> None:
    async with serving(settings_for(ledger)) as address, opened(browser, address) as found:
        await found.page.keyboard.press("Tab")
        assert await found.page.evaluate("document.activeElement.textContent") == "Skip to the report"
        for _ in range(60):
            if await found.page.evaluate("document.activeElement.parentElement.id") == "day-numbers":
                break
            await found.page.keyboard.press("Tab")
        await found.page.keyboard.press("Enter")
        assert await found.page.locator("#day-numbers").get_attribute("open") is not None


async def test_the_page_of_this_month_keeps_itself_up_to_date(browser: Browser, tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "payback.db", varied_entries())
    async with serving(settings_for(ledger)) as address, opened(browser, address) as found:
        page = found.page
        await page.clock.install()
        await page.reload()
        await page.locator("#day-numbers summary").click()
        calls = await page.locator(".volume dd").first.inner_text()
        write_ledger(ledger, [one_call()])
        async with page.expect_response("**/-/report"):
            await page.clock.fast_forward(10_000)
        await page.wait_for_function(f"document.querySelector('.volume dd').innerText === '{int(calls) + 1}'")
        assert await page.locator("#day-numbers").get_attribute("open") is not None
        assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert found.complaints == []


async def test_text_that_somebody_is_marking_stays_where_it_is(browser: Browser, tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "payback.db", varied_entries())
    async with serving(settings_for(ledger)) as address, opened(browser, address) as found:
        page = found.page
        await page.clock.install()
        await page.reload()
        await page.locator(".volume dd").first.select_text()
        asked_so_far = len(found.requests)
        await page.clock.fast_forward(30_000)
        assert len(found.requests) == asked_so_far


async def test_at_the_end_of_the_month_the_page_turns_over(browser: Browser, tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "payback.db", varied_entries())
    times = [NOW]
    async with (
        serving(settings_for(ledger, now=lambda: times[-1])) as address,
        opened(browser, address) as found,
    ):
        await found.page.clock.install()
        await found.page.reload()
        times.append(datetime(2026, 12, 1, 0, 0, 2, tzinfo=UTC))
        await found.page.clock.fast_forward(10_000)
        await found.page.get_by_role("heading", name="December 2026").wait_for()


async def test_the_first_call_takes_the_place_of_the_words_of_welcome(
    browser: Browser, empty_ledger: Path
) -> None:
    async with serving(settings_for(empty_ledger)) as address, opened(browser, address) as found:
        await found.page.clock.install()
        await found.page.reload()
        assert await found.page.locator("#empty").count() == 1
        write_ledger(empty_ledger, [one_call()])
        await found.page.clock.fast_forward(10_000)
        await found.page.wait_for_selector("#spend")
        assert await found.page.locator("#empty").count() == 0


async def test_a_page_that_shall_not_change_does_not(browser: Browser, tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "payback.db", varied_entries())
    async with serving(settings_for(ledger)) as address, opened(browser, address) as found:
        page = found.page
        await page.clock.install()
        await page.reload()
        await page.get_by_label("Keep up to date").uncheck()
        asked_so_far = len(found.requests)
        await page.clock.fast_forward(60_000)
        assert len(found.requests) == asked_so_far
        await page.reload()
        assert not await page.get_by_label("Keep up to date").is_checked()


async def test_a_page_left_open_says_when_nobody_answers_any_more(browser: Browser, ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        made = await browser.new_context()
        page = await made.new_page()
        await page.clock.install()
        await page.goto(f"{address}/-/report")
        sum_before = await page.locator(".sum .amount").inner_text()
    await page.clock.fast_forward(10_000)
    await page.get_by_text("payback does not answer").wait_for()
    assert await page.locator(".sum .amount").inner_text() == sum_before
    await made.close()


async def test_a_line_of_the_overview_says_what_cheaper_steps_would_save(
    browser: Browser, ledger: Path
) -> None:
    """As the page on paying off says it; asked for once in a tab, however often the overview is read."""
    projector = Answering()
    rungs = answer()["projections"][0]["ladder"]
    saved = [dollars(rung["saved_usd_per_month"]) for rung in rungs if (rung["saved_usd_per_month"] or 0) > 0]
    async with (
        serving(settings_for(ledger, projector=projector)) as address,
        opened(browser, address) as found,
    ):
        line = found.page.locator(".ladder")
        await line.locator("strong").first.wait_for()
        assert await line.locator("strong").all_inner_texts() == saved
        assert (await line.inner_text()).startswith(f"support-bot could save a month {saved[0]} by ")
        assert await line.locator("a").get_attribute("href") == f"{address}{PAYBACK_PATH}#ladder"
        await found.page.reload()
        await line.locator("strong").first.wait_for()
        assert len(projector.asked) == 1
    assert found.complaints == []


async def test_the_page_works_without_a_script(browser: Browser, ledger: Path) -> None:
    async with (
        serving(settings_for(ledger)) as address,
        opened(browser, address, java_script_enabled=False) as found,
    ):
        assert await found.page.locator(".amount data").is_visible()
        assert await found.page.get_by_text("Keep up to date").is_hidden()
        await found.page.locator(".months a[rel=prev]").click()
        assert await found.page.locator("h1").inner_text() == "October 2026"


async def test_on_paper_the_numbers_of_the_days_are_there_and_the_switches_are_not(
    browser: Browser, ledger: Path
) -> None:
    async with (
        serving(settings_for(ledger)) as address,
        opened(browser, address, 794, color_scheme="dark") as found,
    ):
        await found.page.emulate_media(media="print")
        assert await found.page.locator(".days-table tfoot").is_visible()
        assert await found.page.locator(".months").is_hidden()
        assert (
            await found.page.evaluate("getComputedStyle(document.body).backgroundColor")
            == "rgb(255, 255, 255)"
        )
        assert await found.page.evaluate("document.documentElement.scrollWidth") <= 794


def one_call() -> Any:
    usage = TokenUsage(input_tokens=1000)
    return entry_at(
        us_of(NOW.date()) + 7, 7, request_model="gpt-4o", usage=usage, usage_basis="reported", price=PRICES[2]
    )
