"""SIGHUP: a new configuration holds for new calls, whole or not at all, and no call under way notices."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from payback.current import Current
from payback.errors import SettingsError
from payback.settings import Settings, read_settings
from tests.proxy.bodies import CHAT, CHAT_REQUEST, PLAIN_EVENTS, STREAM_REQUEST
from tests.proxy.client import call, connected, post
from tests.proxy.running import PRICE, Process, eventually, process, toml_of
from tests.proxy.upstream import Upstream, Visit, scripted_upstream

KEY = ("Authorization", "Bearer sk-canary-0123456789")


class Reloaded:
    """A payback serve whose configuration is written over."""

    def __init__(self, started: Process, folder: Path) -> None:
        self.payback, self.process = started.payback, started.process
        self._file, self._said = folder / "payback.toml", folder / "said"

    @property
    def said(self) -> str:
        return self._said.read_text()

    async def takes(self, toml: str) -> str:
        """What it says from the signal on."""
        before = len(self._said.read_text())
        self._file.write_text(toml)
        self.process.send_signal(signal.SIGHUP)
        await eventually(lambda: "configuration" in self._said.read_text()[before:])
        await asyncio.sleep(0.05)
        return self._said.read_text()[before:]


@asynccontextmanager
async def reloaded(folder: Path, upstream: Upstream) -> AsyncIterator[Reloaded]:
    async with process(folder, toml_of(upstream), "--verbose", stderr=folder / "said") as started:
        yield Reloaded(started, folder)


async def test_new_prices_aliases_keys_and_workloads_hold_for_new_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """11 * 1.00 + 5 * 10.00 = 61 millionths; then 11 * 2.00 + 5 * 20.00 = 122."""
    (tmp_path / "key").write_text(KEY[1].partition(" ")[2])
    dearer = {**PRICE, "input_usd_per_mtok": "2.00", "output_usd_per_mtok": "20.00", "model": "dear-model"}
    lines = "".join(f'{name} = "{value}"\n' for name, value in dearer.items())
    more = (
        f"[[price]]\n{lines}"
        '[[alias]]\nmodel = "small-model"\npriced_as = "dear-model"\n'
        f'[[key]]\nname = "ci"\nsecret = {{ file = "{tmp_path / "key"}" }}\n'
        '[[workload]]\nname = "nightly"\nmatch = { key = "ci" }\n'
    )
    async with scripted_upstream() as upstream, reloaded(tmp_path, upstream) as running:
        await call(running.payback.port, post(CHAT, CHAT_REQUEST, KEY))
        without_price = toml_of(upstream).partition("[[price]]")[0]
        assert "was read again" in await running.takes(without_price + more)
        await call(running.payback.port, post(CHAT, CHAT_REQUEST, KEY))
        before, after = await running.payback.ended(2)
    assert (before.list_cost, after.list_cost) == (61_000, 122_000)
    assert (before.call.who.workload, after.call.who.workload) == (None, "nightly")
    assert (before.call.who.key or "").startswith("key-")
    assert after.call.who.key == "ci"


async def test_new_upstreams_take_new_calls_and_a_stream_goes_on_with_the_old_one(tmp_path: Path) -> None:
    """The stream's price is that of the configuration that it began with, too."""
    goes_on = asyncio.Event()

    async def half_then_the_rest(visit: Visit) -> None:
        await visit.stream(PLAIN_EVENTS[0])
        await goes_on.wait()
        rest = b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in PLAIN_EVENTS[1:])
        await visit.send(rest + b"0\r\n\r\n")

    async with (
        scripted_upstream() as old,
        scripted_upstream() as new,
        reloaded(tmp_path, old) as running,
        connected(running.payback.port) as client,
    ):
        old.script = half_then_the_rest
        await client.send(post(CHAT, STREAM_REQUEST))
        pieces = client.pieces(await client.head())
        first = await client.until(PLAIN_EVENTS[0], pieces)
        await running.takes(toml_of(new))
        await call(running.payback.port, post(CHAT, CHAT_REQUEST))
        assert (len(old.received), len(new.received)) == (1, 1)
        goes_on.set()
        rest = b"".join([piece async for piece in pieces])
        assert first + rest == b"".join(PLAIN_EVENTS)
        await client.send(post(CHAT, CHAT_REQUEST))  # the connection is kept, and its next call is a new one
        assert (await client.answer()).status == 200
        assert (len(old.received), len(new.received)) == (1, 2)
        assert {row.call.outcome for row in await running.payback.ended(3)} == {"ok"}


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("[server]\nprot = 1\n", "[server] prot is no known key"),
        ("this is not TOML", "is not TOML"),
        ('default_upstream = "none"\n', "is no upstream"),
        ('[[key]]\nname = "ci"\nsecret = { env = "PAYBACK_TEST_UNSET" }\n', "PAYBACK_TEST_UNSET is empty"),
    ],
)
async def test_a_broken_configuration_is_refused_in_one_sentence_and_the_old_one_stays(
    tmp_path: Path, broken: str, why: str
) -> None:
    async with scripted_upstream() as upstream, reloaded(tmp_path, upstream) as running:
        said = await running.takes(broken)
        assert said.count("\n") == 1
        assert said.startswith("payback: ERROR: the new configuration is refused, and the old one holds: ")
        assert why in said
        assert (await call(running.payback.port, post(CHAT, CHAT_REQUEST))).status == 200
        assert len(upstream.received) == 1
        assert await last_reload(running.payback.port) == b"0.0"
        await running.takes(toml_of(upstream))
        assert await last_reload(running.payback.port) == b"1.0"


async def last_reload(port: int) -> bytes:
    page = (await call(port, b"GET /-/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")).body
    return page.partition(b"\npayback_config_last_reload_successful ")[2].partition(b"\n")[0]


async def test_what_holds_from_the_start_only_is_named(tmp_path: Path) -> None:
    more = '[server]\nport = 1\nread_body_mib = 8\n[ledger]\nurl = "other.db"\n[log]\nformat = "json"\n'
    async with scripted_upstream() as upstream, reloaded(tmp_path, upstream) as running:
        said = await running.takes(toml_of(upstream) + more)
        assert "restart payback for the changes of [server] port, [ledger] url, [log] format" in said
        assert "read_body_mib" not in said
        again = await running.takes(toml_of(upstream) + more)
        assert "[server] port" in again, "it still runs on the old one"
        assert "restart" not in await running.takes(toml_of(upstream))


def test_a_fault_while_the_configuration_is_read_is_logged_and_nothing_is_followed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    followed: list[Settings] = []
    forwarders = iter(["first", "second"])

    def make(_: Settings) -> Any:
        return next(forwarders)

    current: Any = Current(Settings(), make, followed.append)

    def fails() -> Settings:
        raise RuntimeError("the disk is on fire")

    current.read_again(fails)
    assert (current.forwarder, followed, current.is_last_reading_taken) == ("first", [], False)
    assert "the old one holds" in caplog.text
    changed = read_settings({"default_upstream": "ollama"}, "test")
    current.read_again(lambda: changed)
    assert (current.forwarder, followed, current.is_last_reading_taken) == ("second", [changed], True)


def test_a_forwarder_that_cannot_be_made_leaves_the_one_there_is() -> None:
    def make(settings: Settings) -> Any:
        if settings.default_upstream == "ollama":
            raise SettingsError("no")
        return "first"

    current: Any = Current(Settings(), make)
    current.read_again(lambda: read_settings({"default_upstream": "ollama"}, "test"))
    assert current.forwarder == "first"


CLOSES_ITS_TERMINAL = """
import os, pty, signal, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.executable, [sys.executable, "-m", "payback", "serve", "--port", "0", *sys.argv[1:]])
said = b""
while b"/-/report" not in said:
    said += os.read(terminal, 4096)
os.close(terminal)
signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
signal.alarm(20)
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.parametrize("log", ["text", "json"])
def test_it_ends_when_its_terminal_is_closed_and_does_not_live_on_unseen(log: str, tmp_path: Path) -> None:
    """The kernel sends the same signal then. A start from a shell ends with its window, as ever."""
    configuration = tmp_path / "payback.toml"
    configuration.write_text(f'[log]\nformat = "{log}"\n')
    files = ["--config", str(configuration), "--ledger", str(tmp_path / "payback.db")]
    command = [sys.executable, "-c", CLOSES_ITS_TERMINAL, *files]
    repository = str(Path(__file__).parents[2])
    ran = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": repository}, capture_output=True, timeout=40
    )
    assert (ran.stdout, ran.stderr) == (b"0\n", b"")
