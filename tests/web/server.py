"""The report of a ledger, served on loopback."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from ledger.sqlite.reader import open_sqlite_reader
from proxy.wire import LINE_BYTES
from tests.web.sample import NOW
from web.app import add_report
from web.entrance import EntranceSettings, add_entrance
from web.report_settings import ReportSettings

BASE_URL = "http://127.0.0.1:8300/v1"


def settings_for(ledger: Path, **others: object) -> ReportSettings:
    facts: dict[str, object] = {
        "open_reader": lambda: open_sqlite_reader(ledger),
        "now": lambda: NOW,
        "base_url": BASE_URL,
        "ledger_name": ledger.name,
    }
    return ReportSettings(**{**facts, **others})  # type: ignore[arg-type]


def _nothing_more(_: web.Application) -> None:
    pass


@asynccontextmanager
async def serving(
    settings: ReportSettings, more: Callable[[web.Application], None] = _nothing_more, **entrance: Any
) -> AsyncIterator[str]:
    """The address of the report, such as http://127.0.0.1:54321, behind an entrance whose settings may be
    given. *more* adds other rooms' routes."""
    app = web.Application()
    form = add_report(app, settings)
    add_entrance(app, EntranceSettings(**entrance), form)
    more(app)
    runner = web.AppRunner(app, handle_signals=False, access_log=None, max_line_size=LINE_BYTES)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str


async def asked(url: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
    """What a client gets that follows no redirect."""
    async with ClientSession() as client:
        request = client.request(method, url, headers=headers, allow_redirects=False)
        async with request as answer:
            return Answer(answer.status, answer.headers, await answer.text())
