"""What a browser draws a page from: the page, once it has all of it. Icon and scripts come when they come."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Route

from tests.web.browsing import IN_BROWSER, opened, shifts
from tests.web.projected import Answering
from tests.web.sample import varied_entries, write_ledger
from tests.web.server import serving, settings_for
from tests.web.test_calls_one import WHOLE
from tests.web.test_every_page_in_browser import EVERYWHERE, ONES
from web.addresses import LOGIN_PATH, PAYBACK_PATH, REPORT_PATH
from web.report_settings import ReportSettings

PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length === 1"
IS_STYLED = "() => getComputedStyle(document.documentElement).getPropertyValue('--paper') !== ''"
BLOCKING = """() => performance.getEntriesByType('resource')
  .filter((one) => one.renderBlockingStatus === 'blocking').map((one) => one.name)"""
PATHS = (*EVERYWHERE, ONES[0], f"{PAYBACK_PATH}?pue=x", "/-/nothing", LOGIN_PATH)
PASSWORD = "correct horse: battery"

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> ReportSettings:
    ledger = write_ledger(tmp_path_factory.mktemp("paint") / "payback.db", [*varied_entries(), WHOLE])
    return settings_for(ledger, projector=Answering())


class Withheld:
    """Everything but the page itself waits."""

    def __init__(self) -> None:
        self.answered: list[str] = []
        self.go_on = asyncio.Event()

    async def take(self, route: Route) -> None:
        if route.request.resource_type != "document":
            await self.go_on.wait()
        self.answered.append(route.request.url)
        await route.continue_()


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_is_drawn_with_one_request_and_nothing_moves_when_the_rest_comes(
    browser: Browser, settings: ReportSettings, path: str
) -> None:
    password = PASSWORD if path == LOGIN_PATH else None
    async with (
        serving(settings, password=password) as address,
        opened(browser, "about:blank", path="") as found,
    ):
        page, withheld = found.page, Withheld()
        await page.route("**/*", withheld.take)
        await page.goto(f"{address}{path}", wait_until="commit")
        await page.wait_for_function(PAINTED, timeout=20_000)
        assert withheld.answered == [f"{address}{path}"]
        assert await page.evaluate(IS_STYLED)
        withheld.go_on.set()
        await page.wait_for_load_state("load")
        assert await page.evaluate(BLOCKING) == []
        assert await shifts(page) < 0.001
    assert [told for told in found.complaints if not re.search("status of (400|404)", told)] == []


@asynccontextmanager
async def _with_late_feet(address: str) -> AsyncIterator[str]:
    """Where a table's foot comes when a browser has long drawn what it has."""
    server = urlsplit(address)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = re.sub(rb"(?i)accept-encoding:[^\r]*\r\n", b"", await reader.readuntil(b"\r\n\r\n"))
        answering, asking = await asyncio.open_connection(server.hostname, server.port)
        asking.write(re.sub(rb"(?i)connection: [^\r]*", b"Connection: close", asked))
        answer = await answering.read()
        asking.close()
        first, until, rest = answer.partition(b"<tfoot")
        writer.write(first)
        await asyncio.sleep(0.3)
        writer.write(until + rest)
        writer.close()

    async with await asyncio.start_server(relay, "127.0.0.1", 0) as relaying:
        host, port = relaying.sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"


async def test_a_page_that_arrives_slowly_is_drawn_once_and_its_table_does_not_move(
    browser: Browser, settings: ReportSettings
) -> None:
    async with (
        serving(settings) as address,
        _with_late_feet(address) as slow,
        opened(browser, "about:blank", path="") as found,
    ):
        await found.page.goto(f"{slow}{REPORT_PATH}/months", wait_until="load")
        assert await shifts(found.page) < 0.001


async def test_a_style_that_got_into_a_page_is_not_taken(browser: Browser, settings: ReportSettings) -> None:
    """By its place it would be; by its hash it is none of ours."""
    async with serving(settings) as address, opened(browser, address) as found:
        await found.page.evaluate(
            "document.head.append(Object.assign(document.createElement('style'),"
            " { textContent: 'main { display: none }' }))"
        )
        assert await found.page.locator("main").is_visible()
    assert any("Content Security Policy" in told for told in found.complaints)
