"""Pictures of the demo's pages for the README: `make screenshots`. Calls and time are always the same, so a
picture changes only when its page does. Fonts are this machine's."""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from contextlib import chdir, closing
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import FloatRect

from ledger.imports.keep import keep_all
from ledger.period import us_at
from ledger.pricebook import PriceBook
from ledger.sqlite.reader import open_sqlite_reader
from payback.demo import NOTICE, made_up_calls
from payback.projected import Terms, answer_as_json, last_days, of_ledger
from payback.settings import Settings
from payback.traffic_store import traffics
from payback.wiring import price_book
from projection.plan import Plan
from projection.plan_file import plan_of
from tests.web.browsing import Opened, chromium, opened
from tests.web.server import serving, settings_for
from web.addresses import CALLS_PATH, PAYBACK_PATH, REPORT_PATH
from web.projector import BRIEF, Answer
from web.report_settings import Writing

NOW = datetime(2026, 11, 22, 14, 30, 5, tzinfo=UTC)
DAYS = 90
WIDTH, HEIGHT = 1280, 760
LARGEST_BYTES = 150_000
WRITING = Writing(
    problem=None, spool_problem=None, spooled=0, disk_free_bytes=80_000_000_000, disk_bytes=120_000_000_000
)
_CLIP: FloatRect = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}
PAGES: Mapping[str, str] = {
    "spend": REPORT_PATH,
    "calls": CALLS_PATH,
    "pays-off": PAYBACK_PATH,
    "prices": f"{REPORT_PATH}/prices",
    "months": f"{REPORT_PATH}/months",
    "health": f"{REPORT_PATH}/health",
}


class Projecting:
    """A web.projector.Projector that always has the same now."""

    def __init__(self, ledger: Path, book: PriceBook) -> None:
        self._ledger, self._book = ledger, book

    async def project(self, plan: Mapping[str, object]) -> Answer:
        stated = {name: value for name, value in plan.items() if name != BRIEF}
        return await asyncio.to_thread(self._projected, plan_of(stated, "the form"))

    def _projected(self, plan: Plan) -> Answer:
        period = last_days(NOW.date())
        with closing(open_sqlite_reader(self._ledger)) as reader:
            found = traffics(reader, self._ledger, period, now_us=us_at(NOW))
        told = answer_as_json(
            of_ledger(found, period, plan.workload, Terms(plan=plan, book=self._book, now=NOW))
        )
        smaller = {"workloads": told["smaller_workloads"], "usd": told["smaller_usd"]}
        return {**told, "smaller": smaller if smaller["workloads"] else None, "made_up": True}


async def take(folder: Path) -> None:
    book = price_book(Settings())
    with tempfile.TemporaryDirectory() as place, chdir(place):
        ledger = Path("demo.db")  # a page shows the path, and that of a temporary folder is never the same
        keep_all(ledger, None, made_up_calls(NOW, DAYS, book))
        settings = settings_for(
            ledger,
            now=lambda: NOW,
            book=lambda: book,
            notices=lambda: [NOTICE.format(days=DAYS)],
            projector=Projecting(ledger, book),
            writing=lambda: WRITING,
            answer_within_s=120.0,
        )
        async with serving(settings) as address, chromium() as browser:
            for name, path in PAGES.items():
                context = {"color_scheme": "light", "timezone_id": "UTC", "locale": "en-US"}
                async with opened(browser, address, WIDTH, path, **context) as found:
                    await _picture(found, folder / f"{name}.png")


async def _picture(found: Opened, file: Path) -> None:
    await found.page.wait_for_load_state("load")
    assert "There is no such page" not in await found.page.content(), file.name
    if await found.page.locator("[data-steps]").count():
        await found.page.locator("[data-steps] strong").first.wait_for(timeout=120_000)
    picture = await found.page.screenshot(animations="disabled", caret="hide", clip=_CLIP)
    if len(picture) > LARGEST_BYTES:
        raise SystemExit(
            f"{file} would be {len(picture):,} bytes; at most {LARGEST_BYTES:,} belong in the tree"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(picture)
    print(f"{file}: {len(picture):,} bytes", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]).resolve()))
