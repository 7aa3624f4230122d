"""A real browser, what it says of a page, and what axe says of it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from web.rendering import REPORT_PATH

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
SCHEMES = ("light", "dark")
WIDTHS = (360, 768, 1280)
AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_UNFOLD = "document.querySelectorAll('details').forEach((one) => one.open = true)"
_TOO_WIDE = (
    "[...document.querySelectorAll('body *')].filter((one) => !one.closest('.unseen, .skip, thead')"
    " && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 90))"
)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        await started.close()


class Opened:
    """A page, and all that it asked for and complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@asynccontextmanager
async def opened(
    browser: Browser, address: str, width: int = 1280, path: str = REPORT_PATH, **context: Any
) -> AsyncIterator[Opened]:
    made = await browser.new_context(viewport={"width": width, "height": 900}, **context)
    try:
        found = Opened(await made.new_page())
        await found.page.goto(f"{address}{path}")
        yield found
    finally:
        await made.close()


async def too_wide(page: Page) -> list[str]:
    """What reaches beyond the window when everything is unfolded."""
    await page.evaluate(_UNFOLD)
    wide: list[str] = await page.evaluate(_TOO_WIDE)
    return wide


async def barriers(page: Page) -> list[str]:
    """What axe says is wrong with the page when everything is unfolded."""
    await page.evaluate(_UNFOLD)
    await page.add_script_tag(path=AXE)
    found = await page.evaluate("(rules) => axe.run(document, rules)", AXE_RULES)
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]
