"""The process that draws pages, for real: started, killed, left alone, and gone when the server is."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ledger.pricebook import PriceBook
from payback.pages_messages import PagesSetup
from payback.pages_process import PagesProcess
from tests.payback.drawing import drawing_for, is_alive
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import call, connected, get, post
from tests.proxy.running import Payback, configuration, eventually, process, running, toml_of
from tests.proxy.upstream import Upstream, scripted_upstream

HOST = ("Host", "localhost")
TAIL = "/-/report/calls/tail"


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


def page(path: str, *headers: tuple[str, str], method: str = "GET") -> bytes:
    return get(path, *headers, method=method).replace(b"Host: payback.test", b"Host: localhost")


async def prices_of(payback: Payback) -> bytes:
    return (await call(payback.port, page("/-/api/prices"))).body


async def status_of(payback: Payback, path: str = "/-/report") -> int:
    return (await call(payback.port, page(path))).status


@pytest.mark.parametrize("module", ["jinja2", "web.rendering", "projection", "prometheus_client", "numpy"])
def test_what_draws_pages_takes_no_memory_of_the_process_that_passes_calls_on(module: str) -> None:
    code = f"import sys, payback.commands.serve; sys.exit({module!r} in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


async def test_no_process_is_started_before_somebody_looks(tmp_path: Path, upstream: Upstream) -> None:
    async with running(tmp_path, configuration(upstream)) as payback:
        for path in ("/-/healthz", "/-/readyz", "/-/metrics"):
            assert await status_of(payback, path) == 200
        assert drawing_for(os.getpid()) == []
        assert await status_of(payback) == 200
        (first,) = drawing_for(os.getpid())
        assert await status_of(payback, "/-/api/months") == 200
        assert drawing_for(os.getpid()) == [first]
    assert not is_alive(first)


async def test_looks_that_come_at_once_start_one_process(tmp_path: Path, upstream: Upstream) -> None:
    async with running(tmp_path, configuration(upstream)) as payback:
        assert set(await asyncio.gather(*(status_of(payback) for _ in range(12)))) == {200}
        assert len(drawing_for(os.getpid())) == 1


async def test_a_process_that_was_killed_is_no_page_at_most_once(tmp_path: Path, upstream: Upstream) -> None:
    async with running(tmp_path, configuration(upstream)) as payback:
        assert await status_of(payback) == 200
        (pid,) = drawing_for(os.getpid())
        os.kill(pid, signal.SIGKILL)
        assert await status_of(payback) in (200, 503)
        assert await status_of(payback) == 200
        assert drawing_for(os.getpid()) != [pid]


async def test_an_answer_that_the_process_did_not_end_is_cut_for_who_reads_it(
    tmp_path: Path, upstream: Upstream
) -> None:
    """A clean end would make half a month's export look whole."""
    async with running(tmp_path, configuration(upstream)) as payback, connected(payback.port) as client:
        await client.send(page(TAIL))
        head = await client.head()
        pieces = client.pieces(head, "GET")
        await client.until(b"\n\n", pieces)
        (pid,) = drawing_for(os.getpid())
        os.kill(pid, signal.SIGKILL)
        assert await client.is_cut()


async def test_where_no_process_starts_each_page_is_one_sentence_and_calls_pass(
    tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path, configuration(upstream)) as payback:
        monkeypatch.setattr(sys, "executable", "/bin/false")
        shown = await call(payback.port, page("/-/report"))
        asked = await call(payback.port, page("/-/api/months"))
        assert (shown.status, asked.status) == (503, 503)
        assert b"could not be drawn" in shown.body
        assert asked.body.startswith(b'{"error": {')
        assert (await call(payback.port, get("/v1/models"))).status == 200
    assert "a page could not be drawn" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_to_all_processes_of_a_service_leaves_it_to_the_server_when_this_one_ends(
    tmp_path: Path, upstream: Upstream, number: signal.Signals
) -> None:
    async with running(tmp_path, configuration(upstream)) as payback:
        assert await status_of(payback) == 200
        (pid,) = drawing_for(os.getpid())
        os.kill(pid, number)
        assert await status_of(payback) == 200
        assert drawing_for(os.getpid()) == [pid]


async def test_it_is_gone_when_the_server_was_killed(tmp_path: Path, upstream: Upstream) -> None:
    async with process(tmp_path, toml_of(upstream)) as started:
        assert await status_of(started.payback) == 200
        (pid,) = drawing_for(started.process.pid)
        await started.kill()
        await eventually(lambda: not is_alive(pid))


async def test_a_server_that_ends_sends_away_who_listens_for_new_calls(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with process(tmp_path, toml_of(upstream)) as started, connected(started.payback.port) as client:
        await client.send(page(TAIL))
        pieces = client.pieces(await client.head(), "GET")
        await client.until(b"\n\n", pieces)
        (pid,) = drawing_for(started.process.pid)
        started.process.terminate()
        async with asyncio.timeout(5):
            rest = b"".join([piece async for piece in pieces])
            assert await started.process.wait() == 0
        assert b"event: trouble" not in rest
        assert not is_alive(pid)


async def test_new_prices_are_shown_by_the_same_process(tmp_path: Path, upstream: Upstream) -> None:
    async with process(tmp_path, toml_of(upstream)) as started:
        payback = started.payback
        await call(payback.port, post(CHAT, CHAT_REQUEST))
        assert b"small-model" in await prices_of(payback)
        (pid,) = drawing_for(started.process.pid)
        configuration_file = tmp_path / "payback.toml"
        configuration_file.write_text(configuration_file.read_text().replace('"1.00"', '"7.25"'))
        assert b"7.25" not in await prices_of(payback)
        started.process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(5):
            while b"7.25" not in await prices_of(payback):
                await asyncio.sleep(0.02)
        assert drawing_for(started.process.pid) == [pid]


async def test_nobody_looks_for_a_while_and_the_memory_is_given_back_but_not_while_somebody_listens(
    tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PagesProcess.__init__, "__defaults__", (0.2,))
    async with running(tmp_path, configuration(upstream)) as payback:
        async with connected(payback.port) as client:
            await client.send(page(TAIL))
            await client.until(b"\n\n", client.pieces(await client.head(), "GET"))
            (pid,) = drawing_for(os.getpid())
            await asyncio.sleep(0.4)
            assert is_alive(pid)
        await eventually(lambda: not is_alive(pid))
        assert await status_of(payback) == 200


async def test_a_process_that_is_being_started_as_payback_ends_is_ended_with_it(tmp_path: Path) -> None:
    setup = PagesSetup(
        ledger=tmp_path / "payback.db", book=PriceBook(), notices=(), origin="http://127.0.0.1:1",
        is_made_up=False, log_format="text", log_level=20,
    )  # fmt: skip
    pages = PagesProcess(setup)
    looking = asyncio.create_task(pages.connect())
    await asyncio.sleep(0)
    await pages.close()
    (await looking).close()
    assert drawing_for(os.getpid()) == []
