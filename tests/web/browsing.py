"""A real browser, what it says of a page, and what axe says of it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from web.addresses import REPORT_PATH

CHROMIUM = shutil.which("chromium")
IN_BROWSER = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
"""The marks of a module whose tests take the fixture browser."""
AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
SCHEMES = ("light", "dark")
WIDTHS = (360, 768, 1280, 2560)
AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_UNFOLD = "document.querySelectorAll('details').forEach((one) => one.open = true)"
_TOO_WIDE = (
    "[...document.querySelectorAll('body *')].filter((one) => !one.closest('.unseen, .skip, thead')"
    " && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 90))"
)

_LEFT_OPEN = frozenset({"nonBmp", "shortTextContent", "imgNode"})
_PALE_WORDS = """() => {
  const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const sheetOf = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const paper = getComputedStyle(at).backgroundColor;
      if (!paper.endsWith(", 0)")) return paper;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll("svg text")].filter((word) => {
    const [one, other] = [light(getComputedStyle(word).fill), light(sheetOf(word.closest("svg")))];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5;
  }).map((word) => word.outerHTML.slice(0, 90));
}"""
_SHIFTS = """() => new Promise((done) => {
  let moved = 0;
  const look = (found) => {
    for (const one of found.getEntries()) if (!one.hadRecentInput) moved += one.value;
  };
  new PerformanceObserver(look).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => done(moved), 50));
})"""
_UNREACHABLE = """() => {
  const all = "a, button, input:not([type=hidden]), select, textarea, summary, [onclick], [role=button], pre";
  const seen = [...document.querySelectorAll(all)]
    .filter((one) => one.checkVisibility() && !one.closest(".skip"));
  return seen.filter((one) => {
    const link = one.getAttribute("href");
    if (one.localName === "a" && !link) return true;
    const leads = (other) => other.tabIndex >= 0 && other.getAttribute("href") === link;
    if (one.tabIndex < 0) return !seen.some(leads);
    one.focus({ focusVisible: true, preventScroll: true });
    const style = getComputedStyle(one);
    const isMarked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return document.activeElement !== one || !isMarked;
  }).map((one) => one.outerHTML.slice(0, 120));
}"""
_NAMELESS = """() => [...document.querySelectorAll("main svg:not(svg svg, [aria-hidden] *, [aria-hidden])")]
  .filter((one) => !one.matches("[role][aria-label], [role]:has(> title)"))
  .map((one) => one.outerHTML.slice(0, 120))"""


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
    """What axe says is wrong with the page when everything is unfolded, and what it leaves open."""
    await page.evaluate(_UNFOLD)
    await page.add_script_tag(path=AXE)
    found = await page.evaluate("(rules) => axe.run(document, rules)", AXE_RULES)
    wrong = [(rule["id"], node) for rule in found["violations"] for node in rule["nodes"]]
    open_ = [(rule["id"], node) for rule in found["incomplete"] for node in rule["nodes"]]
    told = [*wrong, *((rule, node) for rule, node in open_ if not _is_answered_here(rule, node))]
    return [f"{rule}: {node['html'][:120]}" for rule, node in told]


def _is_answered_here(rule: str, node: dict[str, Any]) -> bool:
    """axe does not look at single characters and at what stands on a drawing; pale_words() does."""
    facts = [each["data"] for each in node["any"] if isinstance(each["data"], dict)]
    return rule == "color-contrast" and all(each.get("messageKey") in _LEFT_OPEN for each in facts)


async def pale_words(page: Page) -> list[str]:
    """Words of drawings with less than 4.5 : 1 between them and the sheet they stand on."""
    found: list[str] = await page.evaluate(_PALE_WORDS)
    return found


async def shifts(page: Page) -> float:
    """How far things have moved by themselves since the page was opened; 0: nothing has."""
    moved: float = await page.evaluate(_SHIFTS)
    return moved


async def unreachable(page: Page) -> list[str]:
    """What can be clicked, and not be reached with the keyboard, or not be seen to be reached."""
    await page.evaluate(_UNFOLD)
    found: list[str] = await page.evaluate(_UNREACHABLE)
    return found


async def nameless_drawings(page: Page) -> list[str]:
    """Drawings that are told to a screen reader, and have no name for it."""
    found: list[str] = await page.evaluate(_NAMELESS)
    return found
