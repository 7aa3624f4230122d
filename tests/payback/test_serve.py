"""payback serve as people run it: what it says, what it refuses, how it ends."""

import asyncio
import io
import signal
import socket
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.call import Outcome, State
from ledger.spool import Spool
from ledger.sqlite.reader import open_sqlite_reader
from payback import app
from payback.commands import serve
from payback.settings import read_settings
from tests.ledger.made_up import whole_call
from tests.payback.books import entry_at, keep
from tests.payback.served import refused, served
from tests.proxy.bodies import CHAT, PLAIN_EVENTS, STREAM_REQUEST
from tests.proxy.client import call, connected, get, post
from tests.proxy.upstream import Visit, scripted_upstream


def write_configuration(folder: Path, upstream_url: str, drain_s: float = 20) -> None:
    """lab is the default upstream; drain_s is longer than a test may wait."""
    lab = f'[[upstream]]\nname = "lab"\nbase_url = "{upstream_url}"\nself_hosted = true\n'
    server = f"[server]\ndrain_s = {drain_s}\n"
    (folder / "payback.toml").write_text(f'default_upstream = "lab"\n{lab}{server}')


class Terminal(io.RawIOBase):
    """Keeps each write apart, as its window would see it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.written.append(bytes(data))
        return len(data)


async def test_what_it_says_at_its_start_is_said_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window that is closed on the last line is otherwise a write that fails."""
    terminal = Terminal()
    monkeypatch.setattr(
        sys, "stdout", io.TextIOWrapper(io.BufferedWriter(terminal), "utf-8", line_buffering=True)
    )
    settings, ledger = read_settings({}, "test"), tmp_path / "payback.db"
    place = app.Place(settings=settings, ledger=ledger, host="127.0.0.1", port=8300)
    serve._announce(app.Running(place, 8300))
    monkeypatch.undo()
    (written,) = terminal.written
    assert written.endswith(b"/-/report\n")


async def test_it_says_where_apps_report_and_ledger_are(tmp_path: Path) -> None:
    async with served(tmp_path) as payback:
        assert payback.announced.splitlines() == [
            f"payback passes calls on and keeps the books in {tmp_path}/payback.db",
            f"  point apps at     http://127.0.0.1:{payback.port}/v1",
            f"  or for openai     http://127.0.0.1:{payback.port}/openai",
            f"  or for anthropic  http://127.0.0.1:{payback.port}/anthropic",
            f"  or for google     http://127.0.0.1:{payback.port}/google",
            f"  or for ollama     http://127.0.0.1:{payback.port}/ollama",
            f"  report            http://127.0.0.1:{payback.port}/-/report",
        ]
        assert (tmp_path / "payback.db").stat().st_mode & 0o777 == 0o600
        payback.terminate()
        assert await payback.ended() == (0, "")


async def test_health_readiness_and_the_way_to_the_report(tmp_path: Path) -> None:
    async with served(tmp_path) as payback:
        healthy = await call(payback.port, get("/-/healthz"))
        assert (healthy.status, healthy.body) == (200, b"ok\n")
        ready = await call(payback.port, b"GET /-/readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert (ready.status, ready.body) == (200, b"ready\n")
        assert (await call(payback.port, get("/", method="HEAD"))).status == 200
        browser = await call(payback.port, get("/", ("Accept", "text/html,application/xhtml+xml")))
        assert (browser.status, browser.head.value("Location")) == (303, b"/-/report")
        report = await call(payback.port, b"GET /-/report HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (report.status, report.head.value("Content-Type")) == (200, b"text/html; charset=utf-8")


async def test_a_port_in_use_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert await refused(tmp_path, "--port", str(port)) == (
            f"cannot listen on 127.0.0.1:{port}: another program listens there;"
            " end it, or give --port another number"
        )
    assert list(tmp_path.iterdir()) == [], "a start that is refused makes no ledger"


async def test_a_host_that_is_not_of_this_machine_is_told(tmp_path: Path) -> None:
    (tmp_path / "payback.toml").write_text('[report]\npassword = { env = "PAYBACK_TEST_PASSWORD" }\n')
    options = ("--host", "192.0.2.1", "--port", "0")
    said = await refused(tmp_path, *options, PAYBACK_TEST_PASSWORD="hush")
    assert said.startswith("cannot listen on 192.0.2.1:0: ")
    assert said.endswith("; give --host and --port an address of this machine")


async def test_another_address_than_loopback_needs_a_password_and_says_which_setting(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "some-host"):
        assert await refused(tmp_path, "--host", host) == (
            f"{host} can be reached from other machines, and the report has no password;"
            ' set [report] password = { env = "NAME" } in the configuration, or listen on 127.0.0.1'
        )


async def test_an_empty_password_is_no_password(tmp_path: Path) -> None:
    (tmp_path / "payback.toml").write_text('[report]\npassword = { env = "PAYBACK_TEST_PASSWORD" }\n')
    said = await refused(tmp_path, "--host", "0.0.0.0", "--port", "0", PAYBACK_TEST_PASSWORD=" ")
    assert said == (
        "report.password: the environment variable PAYBACK_TEST_PASSWORD is empty or not there;"
        " set it, or take report.password out"
    )


async def test_with_a_password_the_report_asks_for_it_and_health_does_not(tmp_path: Path) -> None:
    (tmp_path / "payback.toml").write_text('[report]\npassword = { env = "PAYBACK_TEST_PASSWORD" }\n')
    async with served(tmp_path, PAYBACK_TEST_PASSWORD="hush") as payback:
        assert (await call(payback.port, get("/-/report"))).status == 401
        assert (await call(payback.port, get("/-/healthz"))).status == 200
        given = ("Authorization", "Basic YW55Omh1c2g=")  # any:hush
        assert (await call(payback.port, get("/-/report", given))).status == 200


async def test_a_file_that_is_no_ledger_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "foreign.db"
    file.write_bytes(b"something that somebody wants to keep, and that is not a database" * 20)
    before = file.read_bytes()
    said = await refused(tmp_path, "--port", "0", "--ledger", str(file))
    assert said == f"{file} is not a ledger and not a SQLite file; give --ledger another path"
    assert file.read_bytes() == before


async def test_another_programs_database_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "foreign.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = file.read_bytes()
    said = await refused(tmp_path, "--port", "0", "--ledger", str(file))
    assert said == f"{file} is another program's database; give --ledger another path"
    assert file.read_bytes() == before


async def test_a_ledger_of_a_newer_payback_is_told(tmp_path: Path) -> None:
    ledger = keep(tmp_path / "payback.db", entry_at("2026-11-22T11:00:00"))
    with sqlite3.connect(ledger) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    said = await refused(tmp_path, "--port", "0", "--ledger", str(ledger))
    assert said.startswith(f"{ledger} has ledger schema 99, this payback knows schemas up to ")
    assert said.endswith("; upgrade payback")


async def test_a_ledger_in_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = await refused(tmp_path, "--port", "0", "--ledger", str(tmp_path / "file" / "payback.db"))
    assert said.endswith("; give --ledger another path")


async def test_a_second_process_on_the_same_ledger_is_told_who_has_it(tmp_path: Path) -> None:
    async with served(tmp_path) as payback:
        assert await refused(tmp_path, "--port", "0", "--ledger", str(payback.ledger)) == (
            f"the ledger {payback.ledger} is written by another payback process (pid {payback.process.pid});"
            " end it, or give --ledger another path"
        )
        assert (await call(payback.port, get("/-/healthz"))).status == 200


async def test_a_broken_configuration_is_told(tmp_path: Path) -> None:
    (tmp_path / "payback.toml").write_text("[server]\nprot = 8300\n")
    assert await refused(tmp_path) == "payback.toml: [server] prot is no known key; did you mean port?"
    said = await refused(tmp_path, "--config", "none.toml")
    assert said.startswith("cannot read the configuration none.toml: ")


@pytest.mark.parametrize("port", ["70000", "-1", "http", "8300.0"])
async def test_a_port_that_is_none_is_told(tmp_path: Path, port: str) -> None:
    said = await refused(tmp_path, f"--port={port}")
    assert f"'{port}' is not a port; give a number up to 65535" in said


async def test_a_key_that_is_not_there_is_told_before_anything_listens(tmp_path: Path) -> None:
    lab = '[[upstream]]\nname = "lab"\nbase_url = "http://127.0.0.1:1"\n'
    (tmp_path / "payback.toml").write_text(lab + 'api_key = { env = "PAYBACK_TEST_KEY" }\n')
    said = await refused(tmp_path, "--port", "0", "--ledger", str(tmp_path / "payback.db"))
    assert said.startswith("upstream lab: api_key: the environment variable PAYBACK_TEST_KEY is empty")
    assert not (tmp_path / "payback.db").exists()


async def test_an_aiohttp_without_its_c_parser_is_refused(tmp_path: Path) -> None:
    """Its parser in Python has let requests be smuggled; see the threat model."""
    said = await refused(tmp_path, "--port", "0", AIOHTTP_NO_EXTENSIONS="1")
    assert said.startswith("this aiohttp was built without its C parser")


async def test_sigterm_lets_a_stream_under_way_end_and_then_exits(tmp_path: Path) -> None:
    goes_on = asyncio.Event()

    async def half_then_the_rest(visit: Visit) -> None:
        await visit.stream(PLAIN_EVENTS[0])
        await goes_on.wait()
        rest = b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in PLAIN_EVENTS[1:])
        await visit.send(rest + b"0\r\n\r\n")

    async with scripted_upstream() as upstream:
        upstream.script = half_then_the_rest
        write_configuration(tmp_path, upstream.base_url)
        async with served(tmp_path) as payback, connected(payback.port) as client:
            await client.send(post(CHAT, STREAM_REQUEST))
            head = await client.head()
            pieces = client.pieces(head)
            first = await client.until(PLAIN_EVENTS[0], pieces)
            payback.terminate()
            await eventually_refuses(payback.port)
            goes_on.set()
            rest = b"".join([piece async for piece in pieces])
            assert first + rest == b"".join(PLAIN_EVENTS)
            assert await payback.ended() == (0, "")
        assert outcomes(payback.ledger) == [Outcome.OK]


async def test_a_second_sigterm_cuts_what_is_still_under_way(tmp_path: Path) -> None:
    """drain_s is 20: without the second signal this would take so long."""

    async def never_ends(visit: Visit) -> None:
        await visit.stream(PLAIN_EVENTS[0])
        await visit.left()

    async with scripted_upstream() as upstream:
        upstream.script = never_ends
        write_configuration(tmp_path, upstream.base_url)
        async with served(tmp_path) as payback, connected(payback.port) as client:
            await client.send(post(CHAT, STREAM_REQUEST))
            pieces = client.pieces(await client.head())
            await client.until(PLAIN_EVENTS[0], pieces)
            payback.terminate()
            await eventually_refuses(payback.port)
            payback.terminate()
            async with asyncio.timeout(5):
                assert await payback.ended() == (0, "")
            assert await client.is_cut()
        assert outcomes(payback.ledger) == [Outcome.INTERRUPTED]


async def test_what_lasts_longer_than_the_drain_is_cut_and_written_down(tmp_path: Path) -> None:
    async def never_ends(visit: Visit) -> None:
        await visit.stream(PLAIN_EVENTS[0])
        await visit.left()

    async with scripted_upstream() as upstream:
        upstream.script = never_ends
        write_configuration(tmp_path, upstream.base_url, drain_s=0)
        async with served(tmp_path) as payback, connected(payback.port) as client:
            await client.send(post(CHAT, STREAM_REQUEST))
            await client.until(PLAIN_EVENTS[0], client.pieces(await client.head()))
            payback.terminate()
            async with asyncio.timeout(5):
                assert await payback.ended() == (0, "")
        assert outcomes(payback.ledger) == [Outcome.INTERRUPTED]


async def test_a_start_after_a_kill_says_what_was_left_open(tmp_path: Path) -> None:
    async def never_answers(visit: Visit) -> None:
        await visit.left()

    async with scripted_upstream() as upstream:
        upstream.script = never_answers
        write_configuration(tmp_path, upstream.base_url)
        async with served(tmp_path) as payback, connected(payback.port) as client:
            await client.send(post(CHAT, STREAM_REQUEST))
            async with asyncio.timeout(5):
                while not upstream.received:
                    await asyncio.sleep(0.01)
            payback.process.kill()
            await payback.process.wait()
        async with served(tmp_path) as payback:
            assert "An earlier process left 1 call open; marked interrupted.\n" in payback.announced


GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03canary",
    b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization : Bearer sk-canary\r\n\r\n",
    b"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\nX: canary\r\n\r\n",
    b"canary\r\n\r\n",
]


async def test_what_is_not_http_is_quoted_neither_in_the_log_nor_in_the_answer(tmp_path: Path) -> None:
    """aiohttp's own log line and answer quote the request, keys included."""
    async with served(tmp_path, "--verbose") as payback:
        for garbage in GARBAGE:
            async with connected(payback.port) as client:
                await client.send(garbage)
                answer = await client.answer()
                assert (answer.status, b"canary" in answer.body) == (400, False)
        payback.terminate()
        status, said = await payback.ended()
    assert status == 0
    assert "Traceback" not in said
    assert "canary" not in said


async def test_ctrl_c_ends_it_as_sigterm_does(tmp_path: Path) -> None:
    async with served(tmp_path) as payback:
        payback.process.send_signal(signal.SIGINT)
        assert await payback.ended() == (0, "")


def test_a_port_is_a_number_that_ports_have() -> None:
    assert [serve._port(text) for text in ("0", "8300", "65535")] == [0, 8300, 65535]


async def eventually_refuses(port: int) -> None:
    """Returns once nobody listens any more."""
    async with asyncio.timeout(5):
        while True:
            try:
                async with connected(port):
                    await asyncio.sleep(0.01)
            except ConnectionError:
                return


def outcomes(ledger: Path) -> list[Outcome | None]:
    """Of the calls that the ledger itself says are ended."""
    reader = open_sqlite_reader(ledger)
    try:
        return [entry.call.outcome for entry in reader.last_calls(10) if entry.state is State.ENDED]
    finally:
        reader.close()


async def test_a_spool_of_another_ledger_is_refused_and_kept(tmp_path: Path) -> None:
    """--ledger names another file for once; the configured spool still belongs to the usual one."""
    (tmp_path / "payback.toml").write_text('[ledger]\nspool = "records.spool"\n')
    spool = tmp_path / "records.spool"
    Spool(spool, "the usual one").append([whole_call()])
    before = spool.read_bytes()
    said = await refused(tmp_path, "--port", "0", "--ledger", str(tmp_path / "other.db"))
    assert said.startswith("the records in the spool records.spool are another ledger's; start payback with")
    assert spool.read_bytes() == before
