"""The schema: only our own files are touched, a step is made whole or not at all, bad rows are refused."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from ledger.call import LONGEST_REPORTED, Attribution, Outcome, UsageBasis
from ledger.errors import SchemaError
from ledger.lock import LedgerLock
from ledger.period import month_of
from ledger.sqlite import schema
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.rows import COLUMNS, ORDINARY_COLUMNS, row_of
from ledger.sqlite.schema import APPLICATION_ID, check, check_readable, migrate, migrations
from ledger.sqlite.store import open_store
from ledger.store import GroupBy
from ledger.timings import Timings
from ledger.units import Units
from ledger.usage import TokenUsage
from tests.ledger.made_up import DAY, ended, opened, whole_call

OLD_LEDGER = Path(__file__).parents[1] / "data" / "ledger_schema_1.sql"
"""What .dump gave of a ledger of the first schema, with its PRAGMAs in front."""


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def number(connection: sqlite3.Connection, question: str) -> int:
    return int(connection.execute(question).fetchone()[0])


def test_migrations_are_numbered_from_one_without_a_gap_and_say_why() -> None:
    assert [version for version, _ in migrations()] == list(range(1, len(migrations()) + 1))
    assert all(script.startswith("-- ") for _, script in migrations())


def test_a_new_file_becomes_a_ledger_of_the_newest_schema(connection: sqlite3.Connection) -> None:
    migrate(connection, "x.db")
    assert number(connection, "PRAGMA application_id") == APPLICATION_ID == int.from_bytes(b"payb", "big")
    assert check(connection, "x.db") == len(migrations())


def test_a_ledger_that_is_up_to_date_is_left_alone(connection: sqlite3.Connection) -> None:
    migrate(connection, "x.db")
    before = number(connection, "PRAGMA schema_version")
    migrate(connection, "x.db")
    assert number(connection, "PRAGMA schema_version") == before


@pytest.mark.parametrize(
    "fault",
    [
        "CREATE TABLE t2 (x) STRICT; SELECT 1;",
        "CREATE TABLE t2 (x TEXT) STRICT; INSERT INTO nowhere VALUES (1)",
    ],
)
def test_a_step_that_fails_leaves_nothing_behind(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    migrate(connection, "x.db")
    good = migrations()
    step = (len(good) + 1, f"-- why\nCREATE TABLE t1 (x TEXT) STRICT; {fault}")
    monkeypatch.setattr(schema, "migrations", lambda: [*good, step])
    with pytest.raises(sqlite3.Error):
        migrate(connection, "x.db")
    assert not connection.in_transaction
    assert number(connection, "PRAGMA user_version") == len(good)
    assert number(connection, "SELECT count(*) FROM sqlite_schema WHERE name IN ('t1', 't2')") == 0


def test_a_step_that_ends_in_a_comment_is_still_numbered(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = migrations()
    step = (len(good) + 1, "-- why\nCREATE TABLE t1 (x TEXT) STRICT; -- no newline after this")
    monkeypatch.setattr(schema, "migrations", lambda: [*good, step])
    migrate(connection, "x.db")
    assert number(connection, "PRAGMA user_version") == len(good) + 1


def test_a_first_step_that_fails_leaves_an_empty_file(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "migrations", lambda: [(1, "CREATE TABLE t (x TEXT) STRICT; no sql")])
    with pytest.raises(sqlite3.Error):
        migrate(connection, "x.db")
    assert (number(connection, "PRAGMA application_id"), number(connection, "PRAGMA user_version")) == (0, 0)


def test_another_programs_database_is_refused(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(SchemaError, match="another program's database; give --ledger another path"):
        migrate(connection, "x.db")


def test_another_programs_empty_database_is_refused(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA application_id = 252006675")  # Fossil's
    with pytest.raises(SchemaError, match="another program's database"):
        migrate(connection, "x.db")


def test_a_newer_ledger_is_refused_with_both_versions(connection: sqlite3.Connection) -> None:
    migrate(connection, "x.db")
    connection.execute("PRAGMA user_version = 99")
    with pytest.raises(SchemaError, match="has ledger schema 99, this payback knows schemas up to"):
        check(connection, "x.db")


def test_an_older_ledger_is_not_read_but_brought_up_by_serve(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(connection, "x.db")
    good = migrations()
    monkeypatch.setattr(schema, "migrations", lambda: [*good, (len(good) + 1, "-- why")])
    with pytest.raises(SchemaError, match="start payback serve once"):
        check_readable(connection, "x.db")


def test_a_ledger_of_the_first_schema_is_opened_and_moved_on_with_all_that_is_in_it(tmp_path: Path) -> None:
    """Two ended calls of 60,000 nano-USD and one that was left open."""
    path = tmp_path / "old.db"
    old = sqlite3.connect(path, isolation_level=None)
    old.executescript(OLD_LEDGER.read_text("utf-8"))
    assert number(old, "PRAGMA user_version") == 1
    old.close()
    lock = LedgerLock(path)
    store = open_store(path)
    assert store.recover() == 1
    reader = open_sqlite_reader(path)
    total = reader.report(month_of(DAY), GroupBy.MODEL).total
    assert (total.calls, total.interrupted_calls, total.list_cost) == (3, 1, 120_000)
    assert reader.disagreements() == []
    assert next(reader.calls(month_of(DAY))) == whole_call(1)
    reader.close()
    store.close()
    lock.release()


def test_an_old_ledger_moves_on_to_the_very_schema_of_a_new_one(connection: sqlite3.Connection) -> None:
    """As SQLite itself keeps it, word by word."""
    connection.executescript(OLD_LEDGER.read_text("utf-8"))
    migrate(connection, "old.db")
    moved_on = schema_of(connection)
    new = sqlite3.connect(":memory:", isolation_level=None)
    migrate(new, "new.db")
    assert moved_on == schema_of(new)
    new.close()
    assert number(connection, "PRAGMA user_version") == 7
    assert number(connection, "SELECT count(*) FROM call") == 3
    assert number(connection, "SELECT sum(list_cost_nusd) FROM call_named") == 120_000
    assert (
        number(connection, "SELECT sum(upstream_cost_nusd + upstream_cost_list_nusd) FROM rollup_hour") == 0
    )
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_costs_of_estimates_are_summed_up_for_the_calls_that_are_there_already(tmp_path: Path) -> None:
    """60,000 nano-USD each: two estimates in one hour, one of them without names; one that is reported."""
    path = tmp_path / "x.db"
    lock, store = LedgerLock(path), open_store(path)
    estimates = [
        replace(entry, call=replace(entry.call, usage_basis=UsageBasis.ESTIMATED, **facts))
        for entry, facts in (
            (whole_call(1), {"who": Attribution(workload="bot", project="shop", user="ana", key="k_1")}),
            (whole_call(2), {"request_model": None}),
        )
    ]
    store.write([*estimates, whole_call(3)])
    store._connection.executescript("""
        ALTER TABLE rollup_hour DROP COLUMN estimated_list_cost_nusd;
        DROP VIEW call_named;
        ALTER TABLE call DROP COLUMN reported_usage;
        ALTER TABLE call DROP COLUMN needs;
        CREATE VIEW call_named AS SELECT * FROM call;
        DELETE FROM rollup_hour WHERE dimension = 'client';
        DROP INDEX call_again;
        DROP TABLE rollup_day;
        DROP TABLE rollup_month;
        DROP TABLE rollup_folded;
        PRAGMA user_version = 2;
    """)
    store.close()
    open_store(path).close()
    reader = open_sqlite_reader(path)
    total = reader.report(month_of(DAY), GroupBy.WORKLOAD).total
    assert (total.list_cost, total.estimated_list_cost) == (180_000, 120_000)
    assert reader.disagreements() == []
    reader.close()
    lock.release()


def test_clients_are_summed_up_for_the_calls_that_are_there_already(tmp_path: Path) -> None:
    """60,000 nano-USD each: two of one client, one of none, and one that failed; one is still open."""
    path = tmp_path / "x.db"
    lock, store = LedgerLock(path), open_store(path)
    sdk = Attribution(client="OpenAI/Python")
    entries = [whole_call(1, who=sdk), whole_call(2, who=sdk), whole_call(3), opened(5, who=sdk)]
    store.write([*entries, ended(opened(4, who=sdk), Outcome.TIMEOUT)])
    store._connection.executescript(
        "DELETE FROM rollup_hour WHERE dimension = 'client'; DROP INDEX call_again;"
        "DROP TABLE rollup_day; DROP TABLE rollup_month; DROP TABLE rollup_folded; PRAGMA user_version = 5;"
    )
    store.close()
    open_store(path).close()
    reader = open_sqlite_reader(path)
    clients = {group.value: group.sums for group in reader.report(month_of(DAY), GroupBy.CLIENT).groups}
    assert {name: (sums.calls, sums.list_cost, sums.failed_calls) for name, sums in clients.items()} == {
        "OpenAI/Python": (3, 120_000, 1),
        None: (1, 60_000, 0),
    }
    assert reader.disagreements() == []
    reader.close()
    lock.release()


def schema_of(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()


BAD_ROWS: dict[str, dict[str, object]] = {
    "an id that is no UUID": {"call_id": b"short"},
    "a logical id that is no UUID": {"logical_call_id": b""},
    "a state that there is not": {"state": 3},
    "a stream that is neither yes nor no": {"stream": 2},
    "an outcome that there is not": {"outcome": "fine"},
    "an end without an outcome": {"outcome": None},
    "an outcome before the end": {"state": 1},
    "a basis that there is not": {"usage_basis": "guessed"},
    "tokens without a basis": {"usage_basis": "none"},
    "a basis without input tokens": {"input_tokens": None, "pricing": "self_hosted"},
    "a basis without output tokens": {"output_tokens": None},
    "fewer tokens in than none": {"input_tokens": -1},
    "more tokens in than JSON can say": {"input_tokens": 2**53},
    "fewer tokens out than none": {"output_tokens": -1},
    "more tokens out than JSON can say": {"output_tokens": 2**53},
    "more cached than there were": {"cache_read_tokens": 6, "cache_write_tokens": 5},
    "more reasoning than output": {"reasoning_tokens": 3},
    "a pricing that there is not": {"pricing": "free"},
    "a price without a cost": {"list_cost_nusd": None},
    "a cost without a price": {"price_id": None},
    "a reason for a priced call": {"unpriced_reason_label": 0},
    "a cost of a call that nobody bills": {"pricing": "not_billed"},
    "an unpriced call without a reason": {"pricing": "unpriced", "list_cost_nusd": None, "price_id": None},
    "text where a number belongs": {"started_us": "today"},
    "a number that is not whole": {"list_cost_nusd": 0.5},
    "more image in than there was": {"input_image_tokens": 11},
    "more image out than there was": {"output_image_tokens": 3},
    "more cached audio than was cached": {"cache_read_audio_tokens": 1},
    "more cached image than was cached": {"cache_read_image_tokens": 1},
    "more rejected than there was": {"rejected_prediction_tokens": 3},
    "more inferred than there was": {"inferred_tokens": 3},
    "fewer images than none": {"images": -1},
    "less audio than none": {"audio_ms": -1},
    "fewer characters than none": {"characters": -1},
    "fewer searches than none": {"web_searches": -1},
    "fewer searches in files than none": {"file_searches": -1},
    "fewer search units than none": {"search_units": -1},
    "fewer pages than none": {"pages": -1},
    "a claim of less than nothing": {"upstream_cost_nusd": -1},
    "a claim of more than a million USD": {"upstream_cost_nusd": 10**15 + 1},
    "a model loaded before it was asked for": {"load_us": -1},
    "a prompt read before it was sent": {"prefill_us": -1},
    "an answer made before it was begun": {"decode_us": -1},
    "more of a report than is kept": {"reported_usage": "9" * (LONGEST_REPORTED + 1)},
    "a need that there is not": {"needs": 8},
}
"""All changes to a call of ten tokens in and two out."""


def insert(connection: sqlite3.Connection, change: dict[str, object]) -> None:
    row = row_of(whole_call(), lambda text: None if text is None else 0, lambda _: 1)
    values = {**dict.fromkeys(COLUMNS), **dict(zip(ORDINARY_COLUMNS, row, strict=True)), **change}
    marks = ", ".join("?" * len(COLUMNS))
    connection.execute(
        f"INSERT INTO call ({', '.join(COLUMNS)}) VALUES ({marks})", [values[c] for c in COLUMNS]
    )


@pytest.mark.parametrize("change", BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_row_that_cannot_be_is_refused(connection: sqlite3.Connection, change: dict[str, object]) -> None:
    migrate(connection, "x.db")
    with pytest.raises(sqlite3.IntegrityError):
        insert(connection, change)
    insert(connection, {})


def test_there_is_a_bad_row_for_every_rule_of_the_call_table(connection: sqlite3.Connection) -> None:
    """Each CHECK, taken alone, refuses at least one of the rows above: none is there for show."""
    lines = [line for _, script in migrations() for line in script.splitlines()]
    start, end = lines.index("CREATE TABLE call ("), lines.index(") STRICT, WITHOUT ROWID;")
    columns = [line for line in lines[start:end] if not line.startswith("    CHECK")]
    columns += [f"{found[1]}," for line in lines if (found := ADDED.match(line))]
    told = lines[start:end]
    for later in (lines[lines.index(first) :] for first in LATER):
        told += later[: later.index("")]
    rules = [found[1] for line in told if (found := RULE.match(line))]
    assert len(rules) == sum("CHECK" in line for line in told) == 35
    for rule in rules:
        with_rule = "\n".join([*columns, rule])
        connection.executescript(f"DROP TABLE IF EXISTS call; {with_rule}) STRICT, WITHOUT ROWID;")
        assert any(refuses(connection, change) for change in BAD_ROWS.values()), rule


RULE = re.compile(r" {4}(CHECK \(.*\))(?:,|;| *--.*)?$")
ADDED = re.compile(r"ALTER TABLE call ADD COLUMN (\w+ \w+)")
LATER = (
    "ALTER TABLE call ADD COLUMN decode_us INTEGER",
    "ALTER TABLE call ADD COLUMN reported_usage TEXT",
    "ALTER TABLE call ADD COLUMN needs INTEGER",
)


def refuses(connection: sqlite3.Connection, change: dict[str, object]) -> bool:
    try:
        insert(connection, change)
    except sqlite3.IntegrityError as error:
        return "CHECK" in str(error)
    finally:
        connection.execute("DELETE FROM call")
    return False


@pytest.mark.parametrize(
    "item", [(bytes(31), bytes(16)), (bytes(32), bytes(15)), (None, bytes(16)), ("x", "y")]
)
def test_a_batch_item_that_cannot_be_is_refused(connection: sqlite3.Connection, item: tuple[object]) -> None:
    migrate(connection, "x.db")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO batch_item VALUES (?, ?)", item)
    connection.execute("INSERT INTO batch_item VALUES (?, ?)", (bytes(32), bytes(16)))


def test_the_view_for_people_names_what_rows_hold_by_number(tmp_path: Path) -> None:
    store = open_store(tmp_path / "x.db")
    store.write([whole_call(service_tier="flex", tokenizer="o200k_base", upstream_cost=7)])
    store.close()
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.row_factory = sqlite3.Row
    row = connection.execute("SELECT * FROM call_named").fetchone()
    assert (row["started_at"], row["upstream"], row["request_model"], row["list_cost_nusd"]) == (
        "2026-11-02T00:00:00Z",
        "anthropic",
        "claude-sonnet-4-5",
        60_000,
    )
    assert (row["service_tier"], row["tokenizer"], row["upstream_cost_nusd"]) == ("flex", "o200k_base", 7)
    connection.close()


def test_the_view_for_people_leaves_no_count_out(connection: sqlite3.Connection) -> None:
    migrate(connection, "x.db")
    shown = {name for (name,) in connection.execute("SELECT name FROM pragma_table_info('call_named')")}
    counted = {*TokenUsage.__struct_fields__, *Units.__struct_fields__, *Timings.__struct_fields__}
    assert {*counted, "reported_usage", "needs"} - shown == set()
