"""How long a changed assumption takes until the page shows what it comes to: `make redraw`.

In chromium, on the demo's ledger, served by payback itself, from the change of a field to the first frame
after the new answer is on the page. Verdicts on other workloads come afterwards, and are not in it."""

import asyncio
import re
import statistics
import sys
from asyncio.subprocess import PIPE, STDOUT

from tests.web.browsing import chromium, opened
from web.addresses import PAYBACK_PATH

CHANGES = 15
WARM_UP = 3
_LAST = "performance.getEntriesByName('redraw').map((one) => one.duration)"

_ALL_KNOWN = "() => !document.getElementById('workloads').textContent.includes('Being worked out')"


async def measured(address: str) -> list[float]:
    """Milliseconds of each redraw."""
    async with chromium() as browser, opened(browser, address, path=PAYBACK_PATH) as found:
        page = found.page
        await page.wait_for_selector("#verdict", timeout=120_000)
        await page.locator("#ask-form > summary").click()
        field = page.get_by_label("Operations")
        for number in range(WARM_UP + CHANGES):
            await field.fill(str(6 + number / 10))
            await field.press("Tab")
            await page.wait_for_function(f"() => {_LAST}.length === {number + 1}", timeout=120_000)
            await page.wait_for_function(_ALL_KNOWN)
        found_ms: list[float] = await page.evaluate(_LAST)
        assert found.complaints == [], found.complaints
    return found_ms[WARM_UP:]


async def main() -> None:
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "payback", "demo", "--port", "0", stdout=PIPE, stderr=STDOUT
    )
    try:
        found = sorted(await measured(await _address_of(demo)))
    finally:
        demo.terminate()
        await demo.communicate()
    words = f"{statistics.median(found):.0f} ms in the middle case, {found[0]:.0f} to {found[-1]:.0f} ms"
    print(f"a changed assumption is drawn after {words}; {len(found)} changes")  # noqa: T201


async def _address_of(demo: asyncio.subprocess.Process) -> str:
    assert demo.stdout is not None
    async for line in demo.stdout:
        if told := re.search(rb"(http://127\.0\.0\.1:\d+)/-/report", line):
            return told[1].decode()
    raise SystemExit("the demo did not start")


if __name__ == "__main__":
    asyncio.run(main())
