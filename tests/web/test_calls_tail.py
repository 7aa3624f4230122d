"""The live tail: what listeners are told, how many there may be, and that it ends."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientResponse, ClientSession, ClientTimeout, web
from aiohttp.typedefs import Handler

from ledger.call import Entry, State
from ledger.errors import LedgerError
from ledger.ids import render_call_id
from ledger.lock import LedgerLock
from ledger.period import us_of
from ledger.sqlite.reader import open_sqlite_reader
from ledger.store import Reader
from tests.web.sample import MARKUP, NOW, entry_at, write_ledger
from tests.web.server import asked, serving, settings_for
from web.calls.live import MOST_LISTENERS
from web.calls.routes import TAIL_PATH, CallsPages
from web.manner import reading_as
from web.reading import Reading
from web.rendering import Renderer
from web.report_settings import ReportSettings
from web.security import HEADERS
from web.viewer import COOKIE, manner_of

NOW_US = us_of(NOW.date()) + 52_205_000_000
"""14:30:05, as NOW."""


def call(number: int, **facts: object) -> Entry:
    return entry_at(NOW_US + number * 1000, number, **facts)


def begun(number: int) -> Entry:
    return call(number, outcome=None, http_status=None, state=State.OPEN, pricing=None)


def id_of(entry: Entry) -> str:
    return render_call_id(entry.call.call_id)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Path]:
    """As a process writes it."""
    path = write_ledger(tmp_path / "payback.db", [])
    lock = LedgerLock(path)
    yield path
    lock.release()


@web.middleware
async def for_whoever_looks(request: web.Request, handler: Handler) -> web.StreamResponse:
    with reading_as(manner_of(request)):
        return await handler(request)


@asynccontextmanager
async def quick(settings: ReportSettings, heartbeat_s: float = 60) -> AsyncIterator[str]:
    """The address of the tail alone, which looks again every 20 ms."""
    app = web.Application(middlewares=[for_whoever_looks])
    renderer = Renderer(settings.base_url, settings.ledger_name)
    reading = Reading(settings, renderer)
    pages = CallsPages(settings, renderer, reading, heartbeat_s=heartbeat_s, every_s=0.02)
    app.router.add_get(TAIL_PATH, pages.tail)
    app.cleanup_ctx.append(reading.threads)
    app.on_shutdown.append(pages.end)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{TAIL_PATH}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[ClientResponse]:
    async with ClientSession(timeout=ClientTimeout(total=20)) as client, client.get(url) as answer:
        yield answer


async def event_of(answer: ClientResponse) -> str:
    """What is told next that says something."""
    lines: list[str] = []
    while True:
        line = (await answer.content.readline()).decode()
        assert line, "the stream has ended"
        if line == "\n" and lines:
            return "".join(lines)
        lines += [line] if line.strip() and not line.startswith(": nothing new") else []


async def ids_of(answer: ClientResponse) -> list[str]:
    return re.findall(r'id="call-([^"]+)"', await event_of(answer))


async def test_who_begins_to_listen_is_told_the_list_as_it_is_now(ledger: Path) -> None:
    write_ledger(ledger, [call(1), call(2)])
    async with quick(settings_for(ledger)) as url, listening(url) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert await ids_of(answer) == [id_of(call(2)), id_of(call(1))]


async def test_a_call_appears_when_it_begins_and_changes_when_it_ends(ledger: Path) -> None:
    write_ledger(ledger, [call(1)])
    async with quick(settings_for(ledger)) as url, listening(url) as answer:
        while await ids_of(answer) != [id_of(call(1))]:
            pass
        write_ledger(ledger, [begun(2)])
        event = await event_of(answer)
        while id_of(call(2)) not in event:
            event = await event_of(answer)
        assert "under way" in event
        write_ledger(ledger, [call(2)])
        event = await event_of(answer)
        assert (id_of(call(2)) in event, "200 ok" in event, "under way" in event) == (True, True, False)


async def test_who_asked_for_some_calls_is_told_of_those_only(ledger: Path) -> None:
    async with quick(settings_for(ledger)) as url, listening(f"{url}?model=a") as answer:
        write_ledger(ledger, [call(1, request_model="b"), call(2, request_model="a")])
        assert await ids_of(answer) == [id_of(call(2))]
        write_ledger(ledger, [call(3, request_model="b"), call(4, request_model="a")])
        assert (await ids_of(answer))[-1] == id_of(call(4))


async def test_names_are_text_and_an_event_is_one_line(ledger: Path) -> None:
    write_ledger(ledger, [call(1, request_model=MARKUP, problem="a\r\n\r\nevent: calls\ndata: b\u2028c")])
    async with quick(settings_for(ledger)) as url, listening(url) as answer:
        event = await event_of(answer)
    assert MARKUP not in event
    assert [line.partition(":")[0] for line in event.splitlines()] == ["event", "data"]


async def test_a_silence_is_filled_so_that_the_connection_is_not_taken_for_dead(ledger: Path) -> None:
    async with quick(settings_for(ledger), heartbeat_s=0.001) as url, listening(url) as answer:
        assert await event_of(answer) == ": still here\n"


async def test_all_listeners_share_one_look_and_nobody_looks_when_nobody_listens(ledger: Path) -> None:
    looks = []

    def counting() -> Reader:
        looks.append(time.monotonic())
        return open_sqlite_reader(ledger)

    async with quick(settings_for(ledger, open_reader=counting)) as url:
        async with listening(url), listening(url), listening(url), listening(url):
            await asyncio.sleep(0.5)
        assert 5 <= len(looks) <= 4 + 0.5 / 0.02 + 3  # a first list for each, then one look for all
        await asyncio.sleep(0.1)
        looks.clear()
        await asyncio.sleep(0.2)
        assert looks == []


async def test_there_are_only_so_many_listeners_and_one_that_leaves_makes_room(ledger: Path) -> None:
    async with quick(settings_for(ledger)) as url, ClientSession() as client:
        answers = [await client.get(url) for _ in range(MOST_LISTENERS)]
        assert {answer.status for answer in answers} == {200}
        assert (await asked(url)).status == 503
        answers.pop().close()
        for _ in range(100):
            if (again := await client.get(url)).status == 200:
                break
            await asyncio.sleep(0.02)
        assert again.status == 200
        again.close()
        for answer in answers:
            answer.close()


async def test_a_ledger_that_cannot_be_read_is_said_and_looked_at_again(ledger: Path) -> None:
    is_locked = [True]

    def open_reader() -> Reader:
        if is_locked[-1]:
            raise LedgerError("the ledger is\nlocked")
        return open_sqlite_reader(ledger)

    async with quick(settings_for(ledger, open_reader=open_reader)) as url, listening(url) as answer:
        assert await event_of(answer) == "event: trouble\ndata: the ledger is locked\n"
        write_ledger(ledger, [call(1)])
        is_locked.append(False)
        event = await event_of(answer)
        while "trouble" in event:
            event = await event_of(answer)
        assert id_of(call(1)) in event


async def test_the_end_of_the_program_does_not_wait_for_who_listens(ledger: Path) -> None:
    async with ClientSession() as client:
        async with serving(settings_for(ledger)) as address:
            answer = await client.get(f"{address}{TAIL_PATH}")
            began = time.monotonic()
        assert time.monotonic() - began < 5
        await asyncio.wait_for(answer.read(), 5)
        answer.close()


async def test_who_takes_nothing_keeps_nobody_else_waiting(ledger: Path) -> None:
    """It has room for less than one list."""
    write_ledger(ledger, [call(number, request_model="m" * 900) for number in range(50)])
    async with quick(settings_for(ledger)) as url, listening(url) as other:
        host, port = url.removeprefix("http://").partition("/")[0].split(":")
        with socket.socket() as stuck:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stuck.connect((host, int(port)))
            stuck.sendall(f"GET {TAIL_PATH} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            await event_of(other)
            for number in range(100, 140):
                write_ledger(ledger, [call(number)])
                while id_of(call(number)) not in await event_of(other):
                    pass


async def test_the_tail_is_guarded_as_all_pages_are(ledger: Path) -> None:
    async with serving(settings_for(ledger), password="right") as address:
        assert (await asked(f"{address}{TAIL_PATH}")).status == 401
    async with serving(settings_for(ledger)) as address:
        assert (await asked(f"{address}{TAIL_PATH}", {"Host": "evil.example"})).status == 403
        head = await asked(f"{address}{TAIL_PATH}", method="HEAD")
        assert head.headers["Content-Type"].startswith("text/event-stream")
        async with listening(f"{address}{TAIL_PATH}") as answer:
            assert {name: answer.headers.get(name) for name in HEADERS} == dict(HEADERS)
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Content-Encoding" not in answer.headers


async def test_times_are_in_the_zone_of_whoever_listens(ledger: Path) -> None:
    """14:30:05 UTC is 20:00:05 in India."""
    write_ledger(ledger, [call(0)])
    async with (
        quick(settings_for(ledger)) as url,
        ClientSession(cookies={COOKIE: "Asia/Kolkata"}) as client,
        client.get(url) as answer,
    ):
        assert ">22 Nov 20:00:05</time>" in await event_of(answer)
