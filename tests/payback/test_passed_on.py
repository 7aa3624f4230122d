"""What goes between a browser and the process that draws pages: all of it, as it was, and no more."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from payback.pages_messages import TOLD, Told
from payback.passed_on import PassedOn
from tests.proxy.client import Answer, call, connected, get, post
from tests.proxy.running import Payback, configuration, eventually, running
from tests.proxy.upstream import Upstream, scripted_upstream
from web.calls.live import MOST_LISTENERS
from web.entrance import EntranceSettings, add_entrance
from web.visitor import Visitor

REPORT, LOGIN, TAIL = "/-/report", "/-/login", "/-/report/calls/tail"
PASSWORD = "hush, a canary"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> AsyncIterator[Payback]:
    async with running(tmp_path_factory.mktemp("opened"), configuration(upstream)) as payback:
        yield payback


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> AsyncIterator[Payback]:
    """With a report password."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "password").write_text(PASSWORD)
    report = {"password": {"file": str(folder / "password")}}
    async with running(folder, configuration(upstream, report=report)) as payback:
        yield payback


pytestmark = pytest.mark.asyncio(loop_scope="module")


def local(request: bytes) -> bytes:
    return request.replace(b"Host: payback.test", b"Host: localhost")


async def asked(payback: Payback, path: str, *headers: tuple[str, str], method: str = "GET") -> Answer:
    return await call(payback.port, local(get(path, *headers, method=method)))


async def sent(payback: Payback, path: str, body: bytes, *headers: tuple[str, str]) -> Answer:
    form = ("Content-Type", "application/x-www-form-urlencoded")
    return await call(payback.port, local(post(path, body, form, *headers)))


async def test_nobody_outside_can_say_what_only_the_server_may(opened: Payback, guarded: Payback) -> None:
    """Else anybody could be shown whatever a header claims."""
    lie = Told(visitor=Visitor(has_session=True), problem="a lie", spool_problem=None, spooled=9).as_header()
    for name in (TOLD, TOLD.upper(), TOLD.lower()):
        page = await asked(opened, REPORT, (name, lie))
        assert (page.status, b"a lie" in page.body, b"Sign out" in page.body) == (200, False, False)
        assert (await asked(guarded, REPORT, (name, lie))).status == 401
    twice = await asked(opened, REPORT, (TOLD, lie), (TOLD, "not JSON"))
    assert twice.status == 200


async def test_the_password_is_looked_at_here_and_the_form_is_drawn_there(guarded: Payback) -> None:
    wrong = await sent(guarded, LOGIN, b"password=wrong&to=/-/report/months")
    assert (wrong.status, b"That is not the password." in wrong.body) == (403, True)
    assert b'name="to" value="/-/report/months"' in wrong.body
    right = await sent(guarded, LOGIN, f"password={PASSWORD}&to=/-/report/months".encode())
    assert (right.status, right.head.value("Location")) == (303, b"/-/report/months")
    cookie = ("Cookie", (right.head.value("Set-Cookie") or b"").partition(b";")[0].decode())
    page = await asked(guarded, "/-/report/months", cookie)
    assert (page.status, b"Sign out" in page.body) == (200, True)
    assert (await sent(guarded, "/-/logout", b"", cookie)).status == 303
    assert (await asked(guarded, REPORT, cookie)).status == 401


async def test_every_answer_has_the_pages_guard_against_other_sites(opened: Payback) -> None:
    for path in (REPORT, "/-/api/months", "/-/nothing", "/-/", "/-/report/calls/no-id"):
        answer = await asked(opened, path)
        policy = answer.head.value("Content-Security-Policy") or b""
        assert policy.startswith(b"default-src 'none'"), path
        assert answer.head.value("X-Content-Type-Options") == b"nosniff", path


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/-/report/calls?model=\xff", 400),
        ("/-/report/calls?model=%FF%00", 200),
        ("/-/report/calls?model=a%26b+c%2B", 200),
        ("/-/report/../metrics", 404),
        ("/-/report/%2e%2e/%2e%2e/v1/models", 404),
        ("/-/report#here", 200),
        ("http://localhost/-/report", 200),
        ("/-", 404),
        (f"/-/report/calls?model={'x' * 30_000}", 200),
    ],
)
async def test_an_address_comes_there_as_it_was_sent(opened: Payback, path: str, status: int) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode("latin-1")
    answer = await call(opened.port, request)
    assert (answer.status, answer.whole) == (status, True)


async def test_a_head_is_the_head_of_the_page(opened: Payback) -> None:
    head, page = await asked(opened, REPORT, method="HEAD"), await asked(opened, REPORT)
    assert (head.status, head.body) == (200, b"")
    assert abs(int(head.head.value("Content-Length") or 0) - len(page.body)) < 50


async def test_a_page_is_packed_for_who_takes_that_and_plain_for_others(opened: Payback) -> None:
    packed, plain = await asked(opened, REPORT, ("Accept-Encoding", "gzip")), await asked(opened, REPORT)
    assert (packed.head.value("Content-Encoding"), packed.body[:2]) == (b"gzip", b"\x1f\x8b")
    assert (plain.head.value("Content-Encoding"), plain.body[:9]) == (None, b"<!doctype")


async def test_numbers_and_days_read_as_the_browser_says(opened: Payback) -> None:
    german = await asked(opened, REPORT, ("Accept-Language", "de"))
    assert b'<option value="dots" selected>' in german.body
    site = ("Origin", "http://localhost")
    kept = await sent(opened, "/-/settings", b"back=/-/report&zone=UTC&numbers=comma-point&dates=iso", site)
    assert kept.status == 303


async def test_another_sites_form_is_stopped_before_it_gets_there(opened: Payback) -> None:
    strange = ("Origin", "http://evil.example")
    assert (await sent(opened, "/-/settings", b"back=/-/report&zone=UTC", strange)).status == 403


async def test_a_body_larger_than_any_form_is_refused(opened: Payback) -> None:
    assert (await sent(opened, "/-/settings", b"x" * (2 << 20))).status == 413


async def test_old_browsers_and_kept_connections_get_whole_pages(opened: Payback) -> None:
    old = await call(opened.port, b"GET /-/report HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert (old.status, old.body.rstrip().endswith(b"</html>")) == (200, True)
    async with connected(opened.port) as client:
        for path in (REPORT, "/-/report/months", "/v1/models", "/-/api/months"):
            await client.send(local(get(path)))
            assert (await client.answer("GET")).whole, path


async def test_who_stops_listening_makes_room_for_others(opened: Payback) -> None:
    """The process would otherwise hold places for pages that were closed long ago."""
    for _ in range(MOST_LISTENERS + 4):
        async with connected(opened.port) as client:
            await client.send(local(get(TAIL)))
            head = await client.head()
            assert head.status == 200
            await client.until(b"\n\n", client.pieces(head, "GET"))
        await asyncio.sleep(0.02)


async def test_a_ledger_that_cannot_be_written_is_told_on_every_page(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with running(tmp_path, configuration(upstream)) as payback:
        assert b"cannot be written" not in (await asked(payback, REPORT)).body
        with payback.locked():
            await call(payback.port, get("/v1/models"))
            page = await asked(payback, "/-/report/health")
            health = json.loads((await asked(payback, "/-/api/health")).body)
        assert b"The ledger cannot be written" in page.body
        assert "cannot be written" in json.dumps(health)


class Overheard:
    """In place of the process: answers nothing but a word, once it may, and keeps what it was sent."""

    def __init__(self) -> None:
        self.sent = bytearray()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.answered = asyncio.Event()

    async def connect(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        await asyncio.get_running_loop().connect_accepted_socket(self._protocol, theirs)
        return ours

    def asked(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _protocol(self) -> asyncio.Protocol:
        overheard = self

        class Answers(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                assert isinstance(transport, asyncio.Transport)
                self._transport = transport

            def data_received(self, data: bytes) -> None:
                overheard.sent += data
                self._task = asyncio.ensure_future(self._answer())

            async def _answer(self) -> None:
                await overheard.may_answer.wait()
                self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                overheard.answered.set()

        return Answers()


class Untroubled:
    problem = spool_problem = None
    spooled = 0


@asynccontextmanager
async def overhearing() -> AsyncIterator[tuple[int, Overheard]]:
    """The port of an entrance with a password, and what comes through it."""
    process = Overheard()
    passed_on = PassedOn(process, Untroubled())  # type: ignore[arg-type]
    app = web.Application()
    add_entrance(app, EntranceSettings(password=PASSWORD), passed_on.form)
    app.router.add_route("*", "/-/{rest:.*}", passed_on.page)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1], process
    await runner.cleanup()
    await passed_on.close()


async def test_what_opens_the_report_goes_no_further_than_the_entrance() -> None:
    """What draws pages has no use for the password or a session, and could leak them."""
    async with overhearing() as (port, process):
        form = ("Content-Type", "application/x-www-form-urlencoded")
        opened = await call(port, local(post(LOGIN, f"password={PASSWORD}".encode(), form)))
        session = (opened.head.value("Set-Cookie") or b"").partition(b";")[0]
        cookies = f"payback_zone=UTC; {session.decode()}; payback_dates=iso"
        given = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
        for header in (("Cookie", cookies), ("Authorization", f"Basic {given}")):
            assert (await call(port, local(get(REPORT, header)))).body == b"ok"
        assert (await call(port, local(post(LOGIN, b"password=canary-wrong", form)))).body == b"ok"
    assert process.sent.count(b"GET /-/report HTTP/1.1") == 2
    assert b"Cookie: payback_zone=UTC; payback_dates=iso\r\n" in process.sent
    for secret in (PASSWORD.encode(), given.encode(), session.partition(b"=")[2], b"canary-wrong"):
        assert secret not in process.sent


async def test_who_leaves_before_the_page_is_drawn_is_no_fault_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with overhearing() as (port, process):
        process.may_answer.clear()
        given = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
        async with connected(port) as client:
            await client.send(local(get(REPORT, ("Authorization", f"Basic {given}"))))
            await eventually(lambda: bool(process.sent))
        await asyncio.sleep(0.05)
        process.may_answer.set()
        await process.answered.wait()
        await asyncio.sleep(0.05)
    assert caplog.text == ""
