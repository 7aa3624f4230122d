"""Signing in and out with a real browser."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.web.browsing import AXE, IN_BROWSER, SCHEMES, barriers, opened, too_wide
from tests.web.sample import varied_entries, write_ledger
from tests.web.server import serving, settings_for
from web.addresses import CALLS_PATH, LOGIN_PATH, REPORT_PATH

PASSWORD = "correct horse: battery"
pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ledger(tmp_path_factory.mktemp("login") / "payback.db", varied_entries())


@pytest.mark.parametrize("has_scripts", [True, False])
async def test_a_link_into_the_report_leads_there_by_way_of_the_form_and_signing_out_leads_back(
    browser: Browser, ledger: Path, has_scripts: bool
) -> None:
    deep = f"{CALLS_PATH}?outcome=failed"
    async with (
        serving(settings_for(ledger), password=PASSWORD) as address,
        opened(browser, address, path=deep, java_script_enabled=has_scripts) as found,
    ):
        page = found.page
        await page.get_by_label("Password of the report").fill("wrong")
        await page.keyboard.press("Enter")
        await page.get_by_role("alert").get_by_text("That is not the password.").wait_for()
        assert await page.get_by_label("Password of the report").input_value() == ""
        await page.get_by_label("Password of the report").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("heading", name="Calls", exact=True).wait_for()
        assert page.url == address + deep
        assert (await page.context.cookies(f"{address}/v1/models")) == [], "upstreams see no cookie of ours"
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("heading", name="Sign in").wait_for()
        await page.goto(address + REPORT_PATH)
        await page.get_by_role("heading", name="Sign in").wait_for()
    refusals = [said for said in found.complaints if "status of 403" not in said]
    assert refusals == []
    assert all(request.startswith(address) for request in found.requests)


async def test_a_link_on_another_sites_page_leads_whoever_has_signed_in_to_the_page(
    browser: Browser, ledger: Path
) -> None:
    """As a link in a mail does. localhost and 127.0.0.1 are two sites."""
    async with (
        serving(settings_for(ledger), password=PASSWORD) as address,
        opened(browser, address) as found,
    ):
        await found.page.get_by_label("Password of the report").fill(PASSWORD)
        await found.page.keyboard.press("Enter")
        await found.page.get_by_role("button", name="Sign out").wait_for()
        elsewhere = address.replace("127.0.0.1", "localhost")
        await found.page.goto(f"{elsewhere}{LOGIN_PATH}")
        await found.page.evaluate("(to) => { location.href = to }", address + CALLS_PATH)
        await found.page.get_by_role("button", name="Sign out").wait_for()
        assert found.page.url == address + CALLS_PATH


async def test_a_page_that_is_left_open_leads_to_the_form_when_the_session_is_over(
    browser: Browser, ledger: Path
) -> None:
    async with (
        serving(settings_for(ledger), password=PASSWORD) as address,
        opened(browser, address) as found,
    ):
        await found.page.get_by_label("Password of the report").fill(PASSWORD)
        await found.page.keyboard.press("Enter")
        await found.page.get_by_role("button", name="Sign out").wait_for()
        await found.page.context.clear_cookies()
        await found.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await found.page.get_by_role("heading", name="Sign in").wait_for()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm install --no-save axe-core")
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_the_form_fits_a_narrow_page_and_is_no_barrier(
    browser: Browser, ledger: Path, scheme: str
) -> None:
    async with (
        serving(settings_for(ledger), password=PASSWORD) as address,
        opened(browser, address, width=360, color_scheme=scheme, bypass_csp=True) as found,
    ):
        assert await too_wide(found.page) == []
        assert await barriers(found.page) == []
        await found.page.get_by_label("Password of the report").fill("wrong")
        await found.page.keyboard.press("Enter")
        await found.page.get_by_role("alert").wait_for()
        assert await barriers(found.page) == []
        await found.page.get_by_label("Password of the report").fill(PASSWORD)
        await found.page.keyboard.press("Enter")
        await found.page.get_by_role("button", name="Sign out").wait_for()
        assert await too_wide(found.page) == []
