"""The running program: what it answers itself, and how its parts start and end together."""

import asyncio
from pathlib import Path

import pytest

from ledger.errors import LedgerInUse
from ledger.lock import is_held
from payback.app import Place, Running, serving
from payback.errors import SettingsError
from payback.settings import Settings, read_settings
from tests.proxy.bodies import CHAT, CHAT_ANSWER, CHAT_REQUEST
from tests.proxy.client import call, connected, post
from tests.proxy.running import configuration, eventually, running
from tests.proxy.upstream import Visit, scripted_upstream

PAGE = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


def place(folder: Path, host: str = "127.0.0.1", port: int = 0) -> Place:
    return Place(settings=Settings(), ledger=folder / "payback.db", host=host, port=port)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1", "http://127.0.0.1:8300"),
        ("0.0.0.0", "http://127.0.0.1:8300"),
        ("::", "http://[::1]:8300"),
        ("::1", "http://[::1]:8300"),
        ("gpu.lan", "http://gpu.lan:8300"),
    ],
)
def test_the_address_that_is_announced_can_be_opened_in_a_browser(
    tmp_path: Path, host: str, origin: str
) -> None:
    assert Running(place(tmp_path, host), 8300).origin == origin


async def test_while_the_ledger_cannot_be_written_it_is_not_ready_and_the_report_says_why(
    tmp_path: Path,
) -> None:
    """Somebody else's lock, as of a backup; the calls go to the spool."""
    async with scripted_upstream() as upstream, running(tmp_path, configuration(upstream)) as payback:
        with payback.locked():
            assert (await call(payback.port, post(CHAT, CHAT_REQUEST))).body == CHAT_ANSWER
            ready = await call(payback.port, PAGE % b"/-/readyz")
            assert ready.status == 503
            assert ready.body == b"the ledger cannot be written; the report's page on health says why\n"
            report = await call(payback.port, PAGE % b"/-/report")
            assert b"The ledger cannot be written (" in report.body
            assert (await call(payback.port, PAGE % b"/-/healthz")).status == 200
        async with asyncio.timeout(5):
            while (await call(payback.port, PAGE % b"/-/readyz")).status != 200:
                await asyncio.sleep(0.05)
        assert len(await payback.ended()) == 1


async def test_the_ledger_is_free_again_when_the_program_has_ended(tmp_path: Path) -> None:
    async with serving(place(tmp_path)):
        assert is_held(tmp_path / "payback.db")
    assert not is_held(tmp_path / "payback.db")
    async with serving(place(tmp_path)):
        pass


async def test_a_start_that_fails_leaves_port_and_ledger_free(tmp_path: Path) -> None:
    async with serving(place(tmp_path)) as first:
        with pytest.raises(SettingsError, match="another program listens there"):
            async with serving(place(tmp_path / "other", port=first.port)):
                pass
        with pytest.raises(LedgerInUse):
            async with serving(place(tmp_path)):
                pass
    (tmp_path / "payback.db").write_bytes(b"no longer a ledger, long enough to be read as a file" * 20)
    with pytest.raises(Exception, match="is not a ledger"):
        async with serving(place(tmp_path)):
            pass
    assert not is_held(tmp_path / "payback.db")


async def test_an_upstream_that_is_payback_itself_is_refused_before_a_call_goes_round(tmp_path: Path) -> None:
    async with serving(place(tmp_path / "first")) as other:
        port = other.port
    itself = {"upstream": [{"name": "lab", "base_url": f"http://localhost:{port}/v1"}]}
    looping = Place(
        settings=read_settings(itself, "test"), ledger=tmp_path / "payback.db", host="127.0.0.1", port=port
    )
    with pytest.raises(SettingsError, match="is payback itself"):
        async with serving(looping):
            pass


async def test_an_answer_that_ends_while_payback_ends_closes_its_connection(tmp_path: Path) -> None:
    """A client that kept it would send its next call into nothing."""
    goes_on = asyncio.Event()

    async def answers_late(visit: Visit) -> None:
        await goes_on.wait()
        await visit.answer(CHAT_ANSWER, ("Content-Type", "application/json"))

    async with scripted_upstream() as upstream:
        upstream.script = answers_late
        table = configuration(upstream, server={"drain_s": 10})
        settings = read_settings(table, "test")
        where = Place(settings=settings, ledger=tmp_path / "payback.db", host="127.0.0.1", port=0)
        serving_it = serving(where)
        started = await serving_it.__aenter__()
        async with connected(started.port) as client:
            await client.send(post(CHAT, CHAT_REQUEST))
            await eventually(lambda: bool(upstream.received))
            ending = asyncio.ensure_future(serving_it.__aexit__(None, None, None))
            await eventually(lambda: started.calls.is_stopping)
            goes_on.set()
            answer = await client.answer()
            assert (answer.body, answer.head.value("Connection")) == (CHAT_ANSWER, b"close")
            assert await client.is_cut()
            await ending
