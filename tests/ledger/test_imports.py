from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from ledger.call import Entry, Outcome, State
from ledger.errors import BadImport, LedgerInUse
from ledger.imports.azure_trace import HEADER, entries_of, read_trace
from ledger.imports.keep import BATCH_ENTRIES, keep_all
from ledger.lock import LedgerLock
from ledger.meter import Meter
from ledger.period import read_month, us_at
from ledger.pricebook import Override, PriceBook
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import open_store
from ledger.store import GroupBy

RATES = {Meter.INPUT: Decimal(3), Meter.OUTPUT: Decimal(15)}
BOOK = PriceBook([Override(provider="acme", model="m", since=date(2023, 1, 1), usd_per_mtok=RATES)])
ROWS = ("2023-11-16 18:15:46.6805909,374,44", "2023-11-16 18:15:45,396,109", "2023-11-16 18:15:50.9,0,0")
OCTOBER = read_month("2026-10")


def trace_file(folder: Path, *rows: str, header: str = HEADER, end: str = "\r\n") -> Path:
    path = folder / "trace.csv"
    path.write_bytes((end.join((header, *rows)) + end).encode())
    return path


def read(path: Path, start: datetime | None = None, *, model: str | None = "m") -> list[Entry]:
    start_us = None if start is None else us_at(start)
    return list(entries_of(read_trace(path), BOOK, provider="acme", model=model, start_us=start_us))


def test_a_line_becomes_an_ended_call_priced_by_its_tokens(tmp_path: Path) -> None:
    first, second, third = read(trace_file(tmp_path, *ROWS))
    assert first.call.usage is not None
    assert (first.call.usage.input_tokens, first.call.usage.output_tokens) == (374, 44)
    assert first.list_cost == 374 * 3000 + 44 * 15_000  # nano-USD
    assert (first.state, first.call.outcome, first.call.upstream) == (State.ENDED, Outcome.OK, "import")
    assert second.list_cost == 396 * 3000 + 109 * 15_000
    assert third.list_cost == 0


def test_times_are_kept_to_the_microsecond_and_what_is_smaller_is_cut_off(tmp_path: Path) -> None:
    started = [entry.call.started_us for entry in read(trace_file(tmp_path, *ROWS))]
    second = us_at(datetime(2023, 11, 16, 18, 15, tzinfo=UTC))
    assert [us - second for us in started] == [46_680_590, 45_000_000, 50_900_000]


def test_the_earliest_call_is_moved_to_the_start_and_the_others_keep_their_distance(tmp_path: Path) -> None:
    start = datetime(2026, 10, 5, tzinfo=UTC)
    started = [entry.call.started_us for entry in read(trace_file(tmp_path, *ROWS), start)]
    assert [us - us_at(start) for us in started] == [1_680_590, 0, 5_900_000]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\N{ZERO WIDTH NO-BREAK SPACE}"])
def test_both_line_ends_and_a_byte_order_mark_are_read(end: str, mark: str, tmp_path: Path) -> None:
    assert len(read(trace_file(tmp_path, *ROWS, header=mark + HEADER, end=end))) == 3


def test_a_zone_of_utc_after_the_time_is_read(tmp_path: Path) -> None:
    (entry,) = read(trace_file(tmp_path, "2024-05-10 00:00:00.009930+00:00,2162,5"))
    assert entry.call.started_us == us_at(datetime(2024, 5, 10, 0, 0, 0, 9930, tzinfo=UTC))


def test_the_same_line_has_the_same_id_and_other_lines_others(tmp_path: Path) -> None:
    path = trace_file(tmp_path, ROWS[0], ROWS[0])
    once, again = ([entry.call.call_id for entry in read(path)] for _ in range(2))
    assert once == again
    assert len(set(once)) == 2


def test_without_a_model_the_cost_is_unknown_and_the_tokens_are_kept(tmp_path: Path) -> None:
    (entry,) = read(trace_file(tmp_path, ROWS[0]), model=None)
    assert (entry.list_cost, entry.unpriced_reason) == (None, "neither request nor answer names a model")


@pytest.mark.parametrize(
    ("row", "fact"),
    [
        ("2023-11-16 18:15:46.6805900,374", "it is not a time and two counts of tokens"),
        ("2023-11-16 18:15:46.6805900,374,44,1", "it is not a time and two counts of tokens"),
        ("2023-11-16 18:15:46.6805900,-1,44", "it is not a time and two counts of tokens"),
        ("2023-11-16 18:15:46.6805900,1_0,44", "it is not a time and two counts of tokens"),
        ("2023-11-16 18:15:46.6805900, 1,44", "it is not a time and two counts of tokens"),
        ("2023-11-16 18:15:46.6805900,٣,44", "it is not a time and two counts of tokens"),
        ("2023-11-16 18:15:46+02:00,1,44", "it is not a time and two counts of tokens"),
        ("", "it is not a time and two counts of tokens"),
        ("x" * 1000, "it is not a time and two counts of tokens"),
        ("2023-11-16 24:00:00,1,1", "there is no such time of day"),
        ("2023-02-29 00:00:00,1,1", "day is out of range for month"),
        ("2023-11-16 18:15:46,9999999999999999,1", "input_tokens is not a count of tokens"),
        ("1969-12-31 23:59:59,1,1", "the time is before 1970"),
    ],
)
def test_a_bad_line_is_named_by_its_number(row: str, fact: str, tmp_path: Path) -> None:
    path = trace_file(tmp_path, ROWS[0], row)
    with pytest.raises(BadImport) as error:
        read_trace(path)
    assert str(error.value) == f"{path} line 3 cannot be read: {fact}; nothing was imported"


@pytest.mark.parametrize("content", ["", "TIMESTAMP;ContextTokens;GeneratedTokens\n", "a" * 5000])
def test_a_file_without_the_header_is_no_trace(content: str, tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(content)
    with pytest.raises(BadImport):
        read_trace(path)


def test_a_header_alone_holds_no_requests(tmp_path: Path) -> None:
    with pytest.raises(BadImport, match="holds no requests"):
        read_trace(trace_file(tmp_path))


def test_a_start_that_moves_calls_out_of_the_calendar_is_refused(tmp_path: Path) -> None:
    path = trace_file(tmp_path, ROWS[1], "2024-11-16 00:00:00,1,1")
    for start in (datetime(1969, 12, 31, tzinfo=UTC), datetime(9999, 6, 1, tzinfo=UTC)):
        with pytest.raises(BadImport, match="start it at another time"):
            read(path, start)


def test_more_calls_than_one_transaction_takes_are_all_kept_once(tmp_path: Path) -> None:
    rows = [f"2026-10-05 00:{n // 100 % 60:02}:00.{n:07},1,1" for n in range(BATCH_ENTRIES + 1)]
    entries = read(trace_file(tmp_path, *rows))
    ledger = tmp_path / "new folder" / "l.db"
    assert keep_all(ledger, None, entries) == BATCH_ENTRIES + 1
    assert keep_all(ledger, None, entries) == 0
    reader = open_sqlite_reader(ledger)
    assert reader.report(OCTOBER, GroupBy.MODEL).total.calls == BATCH_ENTRIES + 1
    assert reader.disagreements() == []
    reader.close()


def test_nothing_is_imported_into_a_ledger_that_a_server_is_writing(tmp_path: Path) -> None:
    ledger = tmp_path / "l.db"
    lock = LedgerLock(ledger)
    with pytest.raises(LedgerInUse):
        keep_all(ledger, None, read(trace_file(tmp_path, *ROWS)))
    lock.release()
    assert keep_all(ledger, None, read(trace_file(tmp_path, *ROWS))) == 3


def test_what_a_killed_server_left_open_is_ended_before_the_import(tmp_path: Path) -> None:
    entry, later = read(trace_file(tmp_path, "2026-10-05 00:00:00,1,1", "2026-10-06 00:00:00,1,1"))
    store = open_store(tmp_path / "l.db")
    open_call = msgspec.structs.replace(later.call, outcome=None)
    store.write([Entry(call=open_call, state=State.OPEN)])
    store.close()
    assert keep_all(tmp_path / "l.db", None, [entry]) == 1
    reader = open_sqlite_reader(tmp_path / "l.db")
    total = reader.report(OCTOBER, GroupBy.MODEL).total
    reader.close()
    assert (total.calls, total.interrupted_calls) == (2, 1)
