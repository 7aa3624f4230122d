"""The pages on single calls in a real browser: do they fit, are there barriers, does the list go on?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from ledger.call import Entry, State
from ledger.ids import render_call_id
from ledger.lock import LedgerLock
from ledger.period import us_of
from tests.web.browsing import IN_BROWSER, SCHEMES, WIDTHS, opened, too_wide
from tests.web.sample import NOW, entry_at, hostile_entries, varied_entries, write_ledger
from tests.web.server import serving, settings_for
from tests.web.test_calls_one import WHOLE
from web.addresses import CALLS_PATH

NOW_US = us_of(NOW.date()) + 52_205_000_000
"""14:30:05, as NOW."""
HOSTILE = list(hostile_entries())

pytestmark = IN_BROWSER


def path_of(entry: Entry) -> str:
    return f"{CALLS_PATH}/{render_call_id(entry.call.call_id)}"


PATHS = (
    CALLS_PATH,
    f"{CALLS_PATH}?outcome=failed&workload=search",
    f"{CALLS_PATH}?model=nobodys",
    f"{CALLS_PATH}?from=never",
    path_of(WHOLE),
    *(path_of(entry) for entry in HOSTILE[:4]),
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("browser") / "payback.db"
    return write_ledger(path, [*varied_entries(), *HOSTILE, WHOLE])


@pytest.fixture
def live_ledger(tmp_path: Path) -> Iterator[Path]:
    """As a process writes it: two calls, the second of them under way."""
    path = write_ledger(tmp_path / "payback.db", [call(1), begun(2)])
    lock = LedgerLock(path)
    yield path
    lock.release()


def call(number: int) -> Entry:
    return entry_at(NOW_US + number * 1000, number, request_model=f"model-{number}")


def begun(number: int) -> Entry:
    facts = {"outcome": None, "http_status": None, "state": State.OPEN, "pricing": None}
    return entry_at(NOW_US + number * 1000, number, request_model=f"model-{number}", **facts)


async def models(page: Page) -> list[str]:
    return await page.locator(".calls-table .model").all_inner_texts()


async def shows(page: Page, wanted: list[str]) -> None:
    await page.wait_for_function(
        "(all) => all === [...document.querySelectorAll('tbody .model')].map((row) => row.innerText).join()",
        arg=",".join(wanted),
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
async def test_every_page_fits_and_is_quiet_at_any_width(
    browser: Browser, ledger: Path, width: int, scheme: str
) -> None:
    async with (
        serving(settings_for(ledger)) as address,
        opened(browser, address, width, CALLS_PATH, color_scheme=scheme) as found,
    ):
        for path in PATHS:
            if "never" not in path:  # the browser itself says that an answer was a 400
                await found.page.goto(f"{address}{path}")
                assert await too_wide(found.page) == [], path
                assert await found.page.evaluate("document.documentElement.scrollWidth") <= width
                assert await found.page.locator("main img, main b, main script").count() == 0
        assert [url for url in found.requests if not url.startswith(f"{address}/-/")] == []
    assert found.complaints == []


async def test_the_form_works_without_a_script_and_the_address_holds_what_was_stated(
    browser: Browser, ledger: Path
) -> None:
    async with (
        serving(settings_for(ledger)) as address,
        opened(browser, address, 1280, CALLS_PATH, java_script_enabled=False) as found,
    ):
        page = found.page
        assert await page.get_by_text("Show new calls").is_hidden()
        await page.get_by_text("Narrow the list").click()
        await page.get_by_label("From, day").fill("2026-10-02")
        await page.get_by_label("From, time of day").fill("06:30")
        await page.get_by_label("Workload").fill("search")
        await page.get_by_text("More", exact=True).click()
        await page.get_by_label("Outcome").select_option("ok")
        await page.get_by_role("button", name="Show").click()
        assert page.url.partition("?")[2] == "from=2026-10-02T06:30Z&workload=search&outcome=ok"
        assert set(await page.locator(".calls-table .workload").all_inner_texts()) == {"search"}
        await page.get_by_role("link", name="Outcome: ok").click()
        assert page.url.partition("?")[2] == "from=2026-10-02T06%3A30Z&workload=search"
        await page.get_by_text("Other conditions").click()
        assert await page.get_by_label("From, time of day").input_value() == "06:30"
        await page.get_by_role("link", name="Older").click()
        assert await page.get_by_role("link", name="Newer").is_visible()


async def test_a_line_leads_to_its_call_wherever_it_is_clicked(browser: Browser, ledger: Path) -> None:
    async with (
        serving(settings_for(ledger)) as address,
        opened(browser, address, 1280, f"{CALLS_PATH}?model=gpt-4o") as found,
    ):
        await found.page.locator("tbody tr").first.locator(".took").click(force=True)
        assert await found.page.locator("h1").inner_text() == "gpt-4o"
        assert await found.page.locator(".charges-table tfoot").inner_text() == "Together\t\t\t" + (
            await found.page.locator(".amount").inner_text()
        )


async def test_new_calls_come_on_top_and_calls_under_way_change_where_they_are(
    browser: Browser, live_ledger: Path
) -> None:
    async with (
        serving(settings_for(live_ledger)) as address,
        opened(browser, address, 1280, CALLS_PATH) as found,
    ):
        page = found.page
        assert await models(page) == ["model-2", "model-1"]
        await page.get_by_label("Show new calls").check()
        await page.mouse.move(0, 0)
        write_ledger(live_ledger, [call(3)])
        await shows(page, ["model-3", "model-2", "model-1"])
        assert await page.locator("tbody tr").nth(1).locator(".outcome").inner_text() == "under way"
        write_ledger(live_ledger, [call(2)])
        await page.locator("tbody tr").nth(1).get_by_text("200 ok").wait_for()
        assert await models(page) == ["model-3", "model-2", "model-1"]
    assert found.complaints == []


async def test_nothing_moves_under_the_pointer(browser: Browser, live_ledger: Path) -> None:
    async with (
        serving(settings_for(live_ledger)) as address,
        opened(browser, address, 1280, CALLS_PATH) as found,
    ):
        page = found.page
        await page.get_by_label("Show new calls").check()
        await page.locator("tbody tr").first.hover()
        write_ledger(live_ledger, [call(3)])
        await page.get_by_text("1 new, shown when you leave the list").wait_for()
        assert await models(page) == ["model-2", "model-1"]
        await page.mouse.move(0, 0)
        await shows(page, ["model-3", "model-2", "model-1"])


async def test_the_list_stays_as_long_as_a_page(browser: Browser, live_ledger: Path) -> None:
    write_ledger(live_ledger, [call(number) for number in range(3, 51)])
    async with (
        serving(settings_for(live_ledger)) as address,
        opened(browser, address, 1280, CALLS_PATH) as found,
    ):
        await found.page.get_by_label("Show new calls").check()
        await found.page.mouse.move(0, 0)
        write_ledger(live_ledger, [call(number) for number in range(51, 54)])
        await shows(found.page, [f"model-{number}" for number in range(53, 3, -1)])


async def test_the_first_call_of_all_brings_the_list(browser: Browser, tmp_path: Path) -> None:
    path = write_ledger(tmp_path / "payback.db", [])
    async with (
        serving(settings_for(path)) as address,
        opened(browser, address, 1280, CALLS_PATH) as found,
    ):
        await found.page.get_by_label("Show new calls").check()
        write_ledger(path, [call(1)])
        await shows(found.page, ["model-1"])


async def test_on_paper_the_list_is_there_and_no_form(browser: Browser, ledger: Path) -> None:
    async with (
        serving(settings_for(ledger)) as address,
        opened(browser, address, 794, CALLS_PATH, color_scheme="dark") as found,
    ):
        await found.page.emulate_media(media="print")
        assert await found.page.locator(".calls-table").is_visible()
        assert await found.page.locator("#narrow").is_hidden()
        assert await found.page.evaluate("document.documentElement.scrollWidth") <= 794
