"""What the ledger answers a projection: numbers alone, of the calls that have ended, and left-open ones."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.call import Attribution, Entry, Outcome, Pricing, State, UsageBasis
from ledger.lock import LedgerLock
from ledger.needs import Needs
from ledger.period import Period, month_of, us_of
from ledger.sqlite.reader import SqliteReader, open_sqlite_reader
from ledger.sqlite.store import open_store
from ledger.store import DEMAND_COLUMNS
from ledger.usage import TokenUsage
from projection.columns import Calls, columns_of
from tests.ledger.kept import Ledger
from tests.ledger.made_up import DAY, ended, lives, metered, opened, whole_call

NOVEMBER = month_of(DAY)
LABELS = [name for name in DEMAND_COLUMNS if name.endswith("_label")]


def rows_of(reader: SqliteReader, period: Period = NOVEMBER) -> list[dict[str, int | str | None]]:
    """Rows by column; labels as their texts, -1 as None."""
    rows = [dict(zip(DEMAND_COLUMNS, row, strict=True)) for some in reader.demand(period) for row in some]
    names = reader.names_of({row[name] for row in rows for name in LABELS} - {-1})
    return [
        {name: None if n == -1 else names[n] if name in LABELS else n for name, n in row.items()}
        for row in rows
    ]


def test_a_call_is_one_row_with_every_count_that_is_known(told_reader: SqliteReader) -> None:
    """At 3, 0.30 and 15 USD a million: 4 x 3 + 2455 x 0.30 + 23 x 15 = 1093.5 millionths.

    2026-11-02  claude-sonnet-4-5  in=2459 cached=2455 out=23 reasoning=7 workload=support tier=standard
    """
    assert rows_of(told_reader) == [
        {
            "started_us": us_of(date(2026, 11, 2)),
            "ended_us": us_of(date(2026, 11, 2)) + 500_000,
            "input_tokens": 2459,
            "output_tokens": 23,
            "cache_read_tokens": 2455,
            "cache_write_tokens": None,
            "cache_write_1h_tokens": None,
            "reasoning_tokens": 7,
            "input_image_tokens": None,
            "input_audio_tokens": None,
            "needs": None,
            "list_cost_nusd": 1_093_500,
            "is_self_hosted": 0,
            "is_ended": 1,
            "is_failed": 0,
            "is_estimated": 0,
            "retry_number": 0,
            "provider_label": "anthropic",
            "request_model_label": "claude-sonnet-4-5",
            "response_model_label": None,
            "service_tier_label": "standard",
            "operation_label": "chat",
            "workload_label": "support",
            "upstream_label": "anthropic",
        }
    ]


def test_every_column_is_a_number_of_its_own(tmp_path: Path) -> None:
    """No two of them can have changed places unseen."""
    usage = TokenUsage(
        input_tokens=1000, output_tokens=200, cache_read_tokens=31, cache_write_tokens=37,
        cache_write_1h_tokens=11, reasoning_tokens=13, input_image_tokens=17, input_audio_tokens=19,
    )  # fmt: skip
    call = replace(
        whole_call(5).call, usage=usage, retry_number=2, needs=Needs.IMAGES | Needs.AUDIO,
        ended_us=us_of(DAY) + 400,
        provider="p", request_model="m", response_model="n", service_tier="t", operation="o", upstream="u",
        who=Attribution(workload="w", project="x"), outcome=Outcome.TIMEOUT,
            usage_basis=UsageBasis.PARTIAL,
    )  # fmt: skip
    store = open_store(tmp_path / "payback.db")
    store.write([Entry(call=call, state=State.ENDED, pricing=Pricing.SELF_HOSTED)])
    reader = open_sqlite_reader(tmp_path / "payback.db")
    (row,) = rows_of(reader)
    assert list(row.values()) == [
        *(us_of(DAY) + 5, us_of(DAY) + 400, 1000, 200, 31, 37, 11, 13, 17, 19, 6),
        *(None, 1, 1, 1, 1, 2, "p", "m", "n", "t", "o", "w", "u"),
    ]
    reader.close()
    store.close()


def test_reads_and_calls_of_other_days_are_left_out(told_reader: SqliteReader) -> None:
    """
    2026-11-01T23:59  gpt-4o  in=1 out=0
    2026-11-02T00:00  gpt-4o  in=2 out=0
    2026-11-02T08:00  -  pricing=not_billed
    2026-11-02T23:58  gpt-4o  in=4 out=0
    2026-11-03T00:00  gpt-4o  in=8 out=0
    """
    day = Period(date(2026, 11, 2), date(2026, 11, 3))
    assert [row["input_tokens"] for row in rows_of(told_reader, day)] == [2, 4]


def test_what_failed_is_told_from_what_only_ended_early(told_reader: SqliteReader) -> None:
    """
    2026-11-02  gpt-4o  outcome=upstream_error
    2026-11-02  gpt-4o  outcome=upstream_broke
    2026-11-02  gpt-4o  outcome=timeout
    2026-11-02  gpt-4o  outcome=client_left
    2026-11-02  gpt-4o  outcome=interrupted
    """
    assert [row["is_failed"] for row in rows_of(told_reader)] == [1, 1, 1, 0, 0]


def test_a_call_under_way_is_no_row_and_one_left_open_is_a_row_without_an_end(tmp_path: Path) -> None:
    path = tmp_path / "payback.db"
    lock = LedgerLock(path)
    store = open_store(path)
    store.write([opened(1), metered(opened(2)), whole_call(3)])
    reader = open_sqlite_reader(path)
    assert [row["started_us"] for row in rows_of(reader)] == [us_of(DAY) + 3]
    lock.release()
    left = rows_of(reader)
    told = ("ended_us", "input_tokens", "list_cost_nusd", "is_ended")
    assert [tuple(row[name] for name in told) for row in left] == [
        (None, None, None, 0), (None, 10, 60_000, 0), (us_of(DAY) + 3 + 9, 10, 60_000, 1),
    ]  # fmt: skip
    store.recover()
    assert rows_of(reader) == [{**row, "is_ended": 1} for row in left]
    reader.close()
    store.close()


def test_ends_are_those_of_all_calls_open_ones_too(tmp_path: Path) -> None:
    path = tmp_path / "payback.db"
    store = open_store(path)
    reader = open_sqlite_reader(path)
    assert reader.first_and_last(NOVEMBER) is None
    first, last = ended(opened(1)), opened(3)
    store.write([last, whole_call(2), first])
    assert reader.first_and_last(NOVEMBER) == (first.call.call_id, last.call.call_id)
    assert reader.first_and_last(month_of(date(2026, 12, 1))) is None
    reader.close()
    store.close()


@settings(max_examples=40, deadline=None)
@given(st.tuples(*(lives(number) for number in range(4))), st.booleans())
def test_the_columns_are_those_of_the_entries(lived: tuple[list[Entry], ...], is_written: bool) -> None:
    """The demand that is read from rows is the one that is read from calls(), whatever happened to them."""
    with TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "payback.db")
        ledger.store.write([entry for life in lived for entry in life])
        if not is_written:
            ledger.lock.release()
        read = columns_of_rows(ledger.reader)
        told = columns_of_entries(ledger.reader.calls(NOVEMBER))
        if is_written:
            ledger.lock.release()
        ledger.store.close()
        ledger.reader.close()
    for name in READ:
        assert getattr(read, name).tolist() == getattr(told, name).tolist(), name


READ = (
    "started_us",
    "ended_us",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "retry_number",
    "failed",
)


FAILED = (Outcome.UPSTREAM_ERROR, Outcome.UPSTREAM_BROKE, Outcome.TIMEOUT)


def columns_of_entries(entries: Iterable[Entry]) -> Calls:
    """Left out: those under way, and reads, which no model serves."""
    served = [
        entry.call
        for entry in entries
        if entry.state is State.ENDED and entry.pricing is not Pricing.NOT_BILLED
    ]
    usages = [call.usage for call in served]
    return columns_of(
        started_us=[call.started_us for call in served],
        ended_us=[call.ended_us for call in served],
        input_tokens=[usage.input_tokens if usage else None for usage in usages],
        output_tokens=[usage.output_tokens if usage else None for usage in usages],
        cache_read_tokens=[usage.cache_read_tokens if usage else None for usage in usages],
        retry_number=[call.retry_number for call in served],
        failed=[int(call.outcome in FAILED) for call in served],
    )


def columns_of_rows(reader: SqliteReader) -> Calls:
    rows = np.array([row for some in reader.demand(NOVEMBER) for row in some], dtype=np.int64)
    columns = dict(zip(DEMAND_COLUMNS, rows.reshape(-1, len(DEMAND_COLUMNS)).T, strict=True))
    columns["failed"] = columns["is_failed"]
    return columns_of(**{name: columns[name] for name in READ})
