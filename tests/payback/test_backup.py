"""payback backup, beside a payback that serves."""

import asyncio
import json
from pathlib import Path

import pytest

from ledger.call import Outcome
from ledger.spool import Spool
from ledger.sqlite.reader import open_sqlite_reader
from tests.payback.books import entry_at, finished, keep, payback
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import call, post
from tests.proxy.running import process, toml_of
from tests.proxy.upstream import scripted_upstream


def backed_up(*argv: str | Path, cwd: Path) -> tuple[int, str, str]:
    return finished(payback("backup", *map(str, argv), cwd=cwd))


async def test_a_server_under_load_is_copied_and_loses_no_call(tmp_path: Path) -> None:
    """Every call that was answered before the copy began is in it."""
    (tmp_path / "run").mkdir()
    async with scripted_upstream() as upstream, process(tmp_path / "run", toml_of(upstream)) as started:
        port, answered, stop = started.payback.port, 0, asyncio.Event()

        async def go_on_calling() -> None:
            nonlocal answered
            while not stop.is_set():
                assert (await call(port, post(CHAT, CHAT_REQUEST))).status == 200
                answered += 1

        calling = [asyncio.ensure_future(go_on_calling()) for _ in range(4)]
        while answered < 20:
            await asyncio.sleep(0.01)
        before = answered
        options = ("copy.db", "--ledger", started.payback.ledger, "--json")
        status, out, err = await asyncio.to_thread(lambda: backed_up(*options, cwd=tmp_path))
        stop.set()
        await asyncio.gather(*calling)
        await started.payback.ended(answered)
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert (told["copy"], told["disagreements"], told["spool"]["records"]) == ("copy.db", 0, 0)
    reader = open_sqlite_reader(tmp_path / "copy.db")
    rows = reader.last_calls(10_000)
    reader.close()
    finished_in_it = [row for row in rows if row.call.outcome is Outcome.OK]
    assert before <= len(finished_in_it) <= answered


async def test_a_server_starts_on_a_copy(tmp_path: Path) -> None:
    ledger = keep(tmp_path / "payback.db", entry_at("2026-11-22T11:00:00"))
    assert (await asyncio.to_thread(lambda: backed_up("copy.db", "--ledger", ledger, cwd=tmp_path)))[0] == 0
    (tmp_path / "run").mkdir()
    (tmp_path / "copy.db").rename(tmp_path / "run" / "payback.db")
    async with scripted_upstream() as upstream, process(tmp_path / "run", toml_of(upstream)) as started:
        await call(started.payback.port, post(CHAT, CHAT_REQUEST))
        assert len(await started.payback.ended(2)) == 2


def test_it_says_what_it_did_and_names_records_that_are_not_in_the_copy(tmp_path: Path) -> None:
    ledger = keep(tmp_path / "payback.db", entry_at("2026-11-22T11:00:00"))
    spool = tmp_path / "payback.db.spool"
    Spool(spool).append([entry_at("2026-11-22T11:00:00", 1)])
    status, out, err = backed_up("copy.db", "--ledger", ledger, cwd=tmp_path)
    assert (status, err) == (0, "")
    first, second = out.splitlines()
    assert first.startswith(f"copy.db is a copy of {ledger} (")
    assert first.endswith("); SQLite finds it whole")
    assert second == f"1 record still waits in the spool; copy that too: {spool}"


@pytest.mark.parametrize(("number", "verb"), [(1, "waits"), (2, "wait")])
def test_records_are_counted_in_good_english(tmp_path: Path, number: int, verb: str) -> None:
    ledger = keep(tmp_path / "payback.db", entry_at("2026-11-22T11:00:00"))
    Spool(tmp_path / "payback.db.spool").append([entry_at("2026-11-22T11:00:00", 1)] * number)
    assert f" still {verb} in the spool" in backed_up("copy.db", "--ledger", ledger, cwd=tmp_path)[1]


def test_a_copy_that_is_there_already_is_refused_with_status_2(tmp_path: Path) -> None:
    ledger = keep(tmp_path / "payback.db", entry_at("2026-11-22T11:00:00"))
    (tmp_path / "copy.db").write_text("mine")
    assert backed_up("copy.db", "--ledger", ledger, cwd=tmp_path) == (
        2, "", "payback: copy.db is there already; name a file that is not, or take it away\n",
    )  # fmt: skip
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_a_damaged_ledger_is_saved_as_the_refused_start_says(tmp_path: Path) -> None:
    ledger = keep(
        tmp_path / "payback.db", *(entry_at("2026-11-22T11:00:00", number) for number in range(300))
    )
    Spool(tmp_path / "payback.db.spool").append([entry_at("2026-11-22T12:00:00", 1)])
    whole = bytearray(ledger.read_bytes())
    whole[-4096 * 4 : -4096 * 3] = b"\xde\xad" * 2048
    ledger.write_bytes(whole)
    told = finished(payback("serve", "--port", "0", "--ledger", str(ledger), cwd=tmp_path))[2]
    assert f"payback backup --damaged recovered.db --ledger {ledger} and start" in told
    status, out, err = backed_up("--damaged", "recovered.db", "--ledger", ledger, cwd=tmp_path)
    assert (status, err) == (0, "")
    assert "1 record of the spool" in out
    assert out.endswith("start with --ledger recovered.db\n")
    assert finished(payback("report", "--ledger", "recovered.db", cwd=tmp_path))[0] == 0
