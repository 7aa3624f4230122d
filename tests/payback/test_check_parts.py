"""The single checks of payback check, with what they cannot meet on a good machine."""

import gzip
import shutil
import socket
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from ledger.call import Entry
from ledger.journal import Journal, journal_path
from ledger.lock import LedgerLock
from ledger.parcels import Packer
from ledger.pricelist import newest_price_day
from ledger.spool import Spool
from ledger.sqlite.health import FAULTS, faults_of, schema_of_whole_file
from payback.checks import machine
from payback.checks.finding import Level, ok
from payback.checks.ledger_file import newest_call, nothing_was_left, spool_is_empty, sqlite_is_safe
from payback.checks.prices import OLD_DAYS, catalogue_is_young
from payback.checks.tokenizers import tokenizers_are_there
from payback.checks.upstreams import upstreams_answer
from payback.settings import read_settings
from proxy.estimate import encoders
from tests.payback.books import entry_at, keep

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def an_entry() -> Entry:
    return entry_at("2026-11-22T11:00:00")


@pytest.mark.parametrize(
    ("version", "has_it"),
    [
        ((3, 6, 23), False), ((3, 7, 0), True), ((3, 40, 1), True), ((3, 44, 5), True), ((3, 44, 6), False),
        ((3, 50, 7), False), ((3, 51, 2), True), ((3, 51, 3), False), ((3, 53, 1), False),
    ],
)  # fmt: skip
def test_a_sqlite_with_the_fault_of_its_log_is_told(version: tuple[int, ...], has_it: bool) -> None:
    assert (FAULTS[0] in faults_of(version)) is has_it
    finding = sqlite_is_safe(version)
    assert finding.level is (Level.WARN if has_it else Level.OK)
    assert ".".join(map(str, version)) in finding.sentence
    assert ("https://www.sqlite.org/wal.html" in finding.sentence) is has_it


def test_a_sqlite_that_was_withdrawn_is_told_with_its_source() -> None:
    finding = sqlite_is_safe((3, 52, 0))
    assert finding.level is Level.WARN
    assert finding.sentence.startswith("SQLite 3.52.0 was withdrawn by its makers")
    assert finding.sentence.endswith("(https://www.sqlite.org/changes.html)")


def test_every_known_fault_of_sqlite_has_a_source() -> None:
    assert [fault.what for fault in FAULTS if not fault.source.startswith("https://www.sqlite.org/")] == []


def test_the_schema_is_told_of_a_ledger_that_was_read_as_a_whole(tmp_path: Path) -> None:
    assert schema_of_whole_file(keep(tmp_path / "payback.db", an_entry())) >= 1


def test_records_that_wait_are_counted_and_it_is_told_who_takes_them(tmp_path: Path) -> None:
    spool = tmp_path / "payback.db.spool"
    assert spool_is_empty(spool, tmp_path / "payback.db").level is Level.OK
    Spool(spool).append([an_entry(), an_entry()])
    finding = spool_is_empty(spool, tmp_path / "payback.db")
    assert finding.level is Level.WARN
    assert finding.sentence == (
        f"2 records in {spool} wait for the ledger to take them over;"
        " start payback serve, which does once the ledger can be written"
    )


def test_what_a_killed_payback_left_is_told_and_not_what_a_living_one_is_writing(tmp_path: Path) -> None:
    ledger = tmp_path / "payback.db"
    assert nothing_was_left(ledger).level is Level.OK
    Journal(journal_path(ledger), "a" * 32).append(Packer().parcel_of([an_entry()]))
    finding = nothing_was_left(ledger)
    assert finding.level is Level.WARN
    assert finding.sentence == (
        f"a payback that was killed has left calls in {ledger}.journal, which count in no report yet;"
        " payback serve and payback report take them over"
    )
    lock = LedgerLock(ledger)
    assert nothing_was_left(ledger).level is Level.OK
    lock.release()


def test_records_of_the_journal_that_could_not_be_taken_over_are_told(tmp_path: Path) -> None:
    (tmp_path / "payback.db.journal.unreadable").write_bytes(b"?")
    finding = nothing_was_left(tmp_path / "payback.db")
    assert (finding.level, "payback.db.journal.unreadable" in finding.sentence) == (Level.WARN, True)


def test_a_spool_whose_folder_is_not_there_fails_the_check_and_not_first_when_it_is_needed(
    tmp_path: Path,
) -> None:
    finding = spool_is_empty(tmp_path / "nowhere" / "x.spool", tmp_path / "payback.db")
    assert (finding.level, "make it, or set another path" in finding.sentence) == (Level.FAIL, True)


def test_lines_that_were_put_aside_are_told(tmp_path: Path) -> None:
    (tmp_path / "payback.db.spool.unreadable").write_text("?")
    finding = spool_is_empty(tmp_path / "payback.db.spool", tmp_path / "payback.db")
    assert (finding.level, "payback.db.spool.unreadable" in finding.sentence) == (Level.WARN, True)


def test_files_that_others_may_read_are_told_with_the_command_that_mends_it(tmp_path: Path) -> None:
    ledger, secret = keep(tmp_path / "payback.db", an_entry()), tmp_path / "key"
    secret.write_text("sk-canary")
    secret.chmod(0o600)
    spool = tmp_path / "spool"
    assert machine.files_are_private(ledger, spool, [secret]).level is Level.OK
    secret.chmod(0o640)
    ledger.chmod(0o604)
    finding = machine.files_are_private(ledger, spool, [secret])
    assert finding.level is Level.WARN
    assert finding.sentence == f"others may read some files; run: chmod 600 {ledger} {secret}"


@pytest.mark.parametrize("opened", ["payback.db.columns", "payback.db.columns/2026-11-21.day"])
def test_calls_that_were_kept_for_projections_are_as_private_as_the_ledger(
    tmp_path: Path, opened: str
) -> None:
    ledger, days = tmp_path / "payback.db", tmp_path / "payback.db.columns"
    ledger.touch(0o600)
    days.mkdir(0o700)
    (days / "2026-11-21.day").touch(0o600)
    assert machine.files_are_private(ledger, tmp_path / "spool", []).level is Level.OK
    (tmp_path / opened).chmod(0o744)
    finding = machine.files_are_private(ledger, tmp_path / "spool", [])
    assert finding.level is Level.WARN
    assert finding.sentence == f"others may read some files; run: chmod -R go= {days}"


def test_the_files_of_secrets_are_those_of_the_configuration() -> None:
    lab = {"name": "lab", "base_url": "http://127.0.0.1:1", "api_key": {"file": "lab.key"}}
    ci = {"name": "ci", "secret": {"file": "ci.key"}}
    tables = {"upstream": [lab], "report": {"password": {"file": "~/password"}}, "key": [ci]}
    files = list(machine.secret_files(read_settings(tables, "test")))
    assert files == [Path("~/password").expanduser(), Path("lab.key"), Path("ci.key")]


@pytest.mark.parametrize(("year", "level"), [(2025, Level.FAIL), (2026, Level.OK)])
def test_a_clock_before_payback_was_written_fails(year: int, level: Level) -> None:
    assert machine.clock_is_right(datetime(year, 12, 31, tzinfo=UTC), None).level is level


def test_a_clock_behind_the_newest_call_is_told(tmp_path: Path) -> None:
    assert machine.clock_is_right(NOW, NOW + timedelta(seconds=1)).level is Level.OK
    finding = machine.clock_is_right(NOW, NOW + timedelta(days=1))
    assert finding.level is Level.WARN
    assert "2026-11-22 12:00:00 UTC, but the newest call began at 2026-11-23 12:00:00 UTC" in finding.sentence


def test_a_folder_that_is_not_there_yet_is_measured_by_the_one_above(tmp_path: Path) -> None:
    ledger = tmp_path / "not" / "yet" / "payback.db"
    (finding,) = machine.there_is_room(ledger, ledger.with_name("payback.db.spool"))
    assert str(tmp_path) in finding.sentence
    assert not (tmp_path / "not").exists()


def test_an_old_price_list_is_told() -> None:
    newest = newest_price_day(date(2026, 11, 22))
    assert newest is not None
    assert newest <= date(2026, 11, 22)
    assert catalogue_is_young(newest).level is Level.OK
    assert catalogue_is_young(date(2100, 1, 1)).level is Level.WARN
    assert newest_price_day(date(2000, 1, 1)) is None
    assert OLD_DAYS > 90


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def test_a_configured_upstream_that_is_down_fails_and_a_built_in_one_is_told() -> None:
    """Of the built-in ones only ollama is on this machine; its port is free or a server's."""
    down = free_port()
    own = [
        {"name": name, "base_url": f"http://127.0.0.1:{down}/v1"}
        for name in ("openai", "anthropic", "google")
    ]
    openai, anthropic, _, ollama = upstreams_answer(read_settings({"upstream": own}, "test"))
    assert openai.level is anthropic.level is Level.FAIL
    assert openai.sentence == (
        f"openai at http://127.0.0.1:{down}/v1: connection refused;"
        " start it, or mend its base_url in the configuration"
    )
    assert ollama.level in (Level.OK, Level.WARN)


def test_an_upstream_that_says_nothing_or_speaks_no_tls_is_not_waited_for() -> None:
    """Both are asked at the same time: together they take no longer than one."""
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as plain:
        threading.Thread(target=greet, args=(plain,), daemon=True).start()
        names = ("openai", "anthropic", "google", "ollama")
        mute, wordy = silent.getsockname()[1], plain.getsockname()[1]
        ports = (mute, mute, mute, wordy)
        own = [
            {"name": name, "base_url": f"https://127.0.0.1:{port}/v1"}
            for name, port in zip(names, ports, strict=True)
        ]
        start = monotonic()
        first, second, _, third = upstreams_answer(read_settings({"upstream": own}, "test"), within_s=2)
        assert monotonic() - start < 4
    assert "no answer within 2 s" in first.sentence
    assert "no answer within 2 s" in second.sentence
    assert "its TLS certificate or handshake is not valid" in third.sentence


def greet(listening: socket.socket) -> None:
    """As a server of something else does."""
    connection, _ = listening.accept()
    with connection:
        connection.sendall(b"220 mail.example\r\n")
        connection.recv(1000)


def test_the_newest_call_is_told_by_its_start(tmp_path: Path) -> None:
    from ledger.sqlite.reader import open_sqlite_reader

    reader = open_sqlite_reader(keep(tmp_path / "payback.db", an_entry(), entry_at("2026-11-22T10:00:00")))
    try:
        assert newest_call(reader) == datetime(2026, 11, 22, 11, tzinfo=UTC)
    finally:
        reader.close()


def test_tokenizers_whose_files_are_not_those_that_were_published_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tokenizers_are_there() == ok(
        "tokenizers", "cl100k_base and o200k_base are those that were published"
    )
    other = tmp_path / "ranks"
    shutil.copytree(Path(encoders.__file__).parent / "ranks", other)
    (other / "o200k_base.tiktoken.gz").write_bytes(gzip.compress(b"IQ== 0\n"))
    monkeypatch.setattr(encoders, "files", lambda _: tmp_path)
    finding = tokenizers_are_there()
    assert finding.level is Level.FAIL
    assert "the ranks of o200k_base are not those that were published" in finding.sentence
