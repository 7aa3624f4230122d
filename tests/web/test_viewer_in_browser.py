"""The form in every page's foot in a real browser."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.web.browsing import AXE, IN_BROWSER, SCHEMES, barriers, opened, too_wide
from tests.web.sample import varied_entries, write_ledger
from tests.web.server import serving, settings_for
from web.addresses import CALLS_PATH, REPORT_PATH

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ledger(tmp_path_factory.mktemp("viewer") / "payback.db", varied_entries())


async def test_ones_own_zone_is_one_press_away_and_holds_for_all_pages(
    browser: Browser, ledger: Path
) -> None:
    """Read at 14:30:05 UTC."""
    path = f"{CALLS_PATH}?outcome=ok"
    async with (
        serving(settings_for(ledger)) as address,
        opened(browser, address, path=path, timezone_id="Asia/Tokyo") as found,
    ):
        await found.page.get_by_role("button", name="Set Asia/Tokyo").click()
        await found.page.get_by_text("22 Nov 2026 23:30:05 JST").wait_for()
        assert found.page.url == f"{address}{path}"
        await found.page.goto(f"{address}{REPORT_PATH}")
        await found.page.get_by_text("22 Nov 2026 23:30:05 JST").wait_for()
        assert await found.page.get_by_role("button", name="Set Asia/Tokyo").count() == 0
    assert found.complaints == []


async def test_without_a_script_a_zone_can_be_typed(browser: Browser, ledger: Path) -> None:
    async with (
        serving(settings_for(ledger)) as address,
        opened(browser, address, java_script_enabled=False) as found,
    ):
        await found.page.get_by_label("Times in").fill("Europe/Berlin")
        await found.page.get_by_label("Times in").press("Enter")
        await found.page.get_by_text("22 Nov 2026 15:30:05 CET").wait_for()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm install --no-save axe-core")
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_the_form_fits_a_narrow_page_and_is_no_barrier(
    browser: Browser, ledger: Path, scheme: str
) -> None:
    async with (
        serving(settings_for(ledger)) as address,
        opened(
            browser,
            address,
            360,
            color_scheme=scheme,
            bypass_csp=True,
            timezone_id="America/Argentina/Buenos_Aires",
        ) as found,
    ):
        form = found.page.locator(".viewer")
        assert await form.get_by_role("button").count() == 2
        assert [place for place in await too_wide(found.page) if "viewer" in place or "zone" in place] == []
        assert [told for told in await barriers(found.page) if "zone" in told or "viewer" in told] == []
