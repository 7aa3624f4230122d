"""The store: whatever is written in whatever order, rows and rollups agree, and nothing counts twice."""

import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from ledger.call import Entry, Outcome, interrupted
from ledger.errors import LedgerError
from ledger.sqlite.store import open_store
from ledger.store import GroupBy
from ledger.timings import Timings
from ledger.units import Units
from ledger.usage import TokenUsage
from tests.ledger.kept import MONTH, Ledger, entries_in
from tests.ledger.made_up import SONNET, ended, metered, opened, whole_call


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "payback.db")
    yield ledger
    ledger.close()


def count_of(path: Path, table: str) -> int:
    connection = sqlite3.connect(path)
    number = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    connection.close()
    return int(number)


def test_what_is_written_is_read_as_it_was(ledger: Ledger) -> None:
    ledger.store.write([whole_call(1), metered(opened(2)), opened(3)])
    assert entries_in(ledger.reader) == [whole_call(1), metered(opened(2)), opened(3)]


def test_a_call_that_moves_on_is_one_row_and_counts_once(ledger: Ledger) -> None:
    for entry in (opened(), metered(opened()), whole_call()):
        ledger.store.write([entry])
    total = ledger.reader.report(MONTH, GroupBy.MODEL).total
    assert (entries_in(ledger.reader), total.calls, total.list_cost) == ([whole_call()], 1, 60_000)


def test_who_is_asked_while_entries_are_written_sees_none_of_them_before_all_are_there(
    ledger: Ledger,
) -> None:
    seen = []
    calls = [whole_call(number) for number in range(100)]
    ledger.store.write(calls, lambda: seen.append(entries_in(ledger.reader)))
    assert len(seen) > 3
    assert not any(seen)
    assert entries_in(ledger.reader) == calls
    assert ledger.reader.disagreements() == []


def test_tokens_that_grow_while_the_call_goes_on_replace_the_earlier_ones(ledger: Ledger) -> None:
    """vLLM reports usage with every event; it is cumulative, so adding would count it many times."""
    for output_tokens in (1, 2, 3):
        ledger.store.write([metered(opened(), TokenUsage(input_tokens=10, output_tokens=output_tokens))])
    assert ledger.reader.report(MONTH, GroupBy.MODEL).total.output_tokens == 3
    assert ledger.reader.disagreements() == []


@pytest.mark.parametrize("late", [opened(), metered(opened()), ended(opened(), Outcome.CLIENT_LEFT)])
def test_an_end_is_final(ledger: Ledger, late: Entry) -> None:
    ledger.store.write([whole_call()])
    ledger.store.write([late])
    assert ledger.store.replay([late]) == 0
    assert entries_in(ledger.reader) == [whole_call()]
    assert ledger.reader.disagreements() == []


def test_an_entry_written_twice_counts_once(ledger: Ledger) -> None:
    ledger.store.write([whole_call(), whole_call()])
    ledger.store.write([whole_call()])
    assert ledger.reader.report(MONTH, GroupBy.DAY).total.calls == 1


def test_a_replay_says_how_many_calls_were_new(ledger: Ledger) -> None:
    ledger.store.write([opened(1)])
    assert ledger.store.replay([whole_call(1), opened(2), whole_call(2), whole_call(3)]) == 2
    assert entries_in(ledger.reader) == [whole_call(1), whole_call(2), whole_call(3)]


def test_a_call_older_than_all_others_is_still_found_to_be_there_already(ledger: Ledger) -> None:
    """The store knows new calls by their ids; an import writes old ones."""
    ledger.store.write([whole_call(9)])
    ledger.store.write([whole_call(1)])
    assert ledger.store.replay([whole_call(1)]) == 0
    assert ledger.reader.report(MONTH, GroupBy.DAY).total.calls == 2


def test_a_batch_of_any_size_is_written_whole(ledger: Ledger) -> None:
    """Statements hold powers of two of rows: 1 + 2 + 16 + 512 = 531."""
    ledger.store.write([whole_call(number) for number in range(531)])
    assert ledger.reader.report(MONTH, GroupBy.DAY).total.calls == 531


def test_a_batch_with_one_bad_entry_changes_nothing(ledger: Ledger) -> None:
    ledger.store.write([opened(1)])
    with pytest.raises(sqlite3.IntegrityError):
        ledger.store.write([whole_call(1), whole_call(2, call_id=b"short")])
    assert entries_in(ledger.reader) == [opened(1)]
    ledger.store.write([whole_call(1)])  # and what the store remembered of it is still right
    assert ledger.reader.disagreements() == []


def test_names_and_prices_of_a_batch_that_was_rolled_back_are_given_again(ledger: Ledger) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        ledger.store.write([whole_call(1, request_model="new"), whole_call(2, call_id=b"short")])
    ledger.store.write([whole_call(1, request_model="newer"), whole_call(2, request_model="new")])
    models = [entry.call.request_model for entry in entries_in(ledger.reader)]
    assert models == ["newer", "new"]


def test_a_model_named_with_an_empty_text_is_the_one_that_answered(ledger: Ledger) -> None:
    """A request of {"model": ""} is a real one; the recount once disagreed about it."""
    ledger.store.write([whole_call(request_model="", response_model="gpt-4o")])
    assert [group.value for group in ledger.reader.report(MONTH, GroupBy.MODEL).groups] == ["gpt-4o"]
    assert ledger.reader.disagreements() == []


def test_equal_prices_from_two_price_books_are_one_row(ledger: Ledger) -> None:
    ledger.store.write([whole_call(1), ended(metered(opened(2), price=replace(SONNET)))])
    other = replace(SONNET, since=date(2026, 1, 1))
    ledger.store.write([ended(metered(opened(3), price=other))])
    assert count_of(ledger.path, "price") == 2
    assert [entry.price for entry in entries_in(ledger.reader)] == [SONNET, SONNET, other]


def test_the_secret_of_a_ledger_stays_the_same(tmp_path: Path) -> None:
    """With another one, every key would look like a new one after a restart."""
    first = open_store(tmp_path / "a.db")
    secret = first.key_secret()
    first.close()
    again, other = open_store(tmp_path / "a.db"), open_store(tmp_path / "b.db")
    assert (again.key_secret(), len(secret)) == (secret, 32)
    assert other.key_secret() != secret
    again.close()
    other.close()


def test_a_probe_tells_whether_the_ledger_can_be_written_and_changes_nothing(ledger: Ledger) -> None:
    ledger.store.write([whole_call()])
    ledger.store.probe()
    blocker = sqlite3.connect(ledger.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        ledger.store.probe()
    with pytest.raises(LedgerError, match="database is locked"):
        ledger.store.key_secret()
    blocker.close()
    assert entries_in(ledger.reader) == [whole_call()]


def test_a_store_that_somebody_blocks_can_still_be_closed(tmp_path: Path) -> None:
    store = open_store(tmp_path / "payback.db")
    blocker = sqlite3.connect(tmp_path / "payback.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    store.close()
    blocker.close()


def test_what_an_earlier_process_left_is_ended_as_interrupted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "payback.db")
    ledger.store.write([opened(1), metered(opened(2)), whole_call(3)])
    restarted = Ledger(ledger.killed(tmp_path / "copy.db"))
    assert restarted.store.recover() == 2
    assert restarted.store.recover() == 0
    assert entries_in(restarted.reader) == [
        interrupted(opened(1)),
        interrupted(metered(opened(2))),
        whole_call(3),
    ]
    total = restarted.reader.report(MONTH, GroupBy.DAY).total
    assert (total.calls, total.interrupted_calls, total.unpriced_calls, total.list_cost) == (3, 2, 1, 120_000)
    restarted.close()


def test_open_rows_alone_are_written_to_one_table_and_are_on_the_disk_after_that(ledger: Ledger) -> None:
    """One is waited for before every call upstream."""
    ledger.store.write([opened(1)])  # names are known from here on
    statements: list[str] = []
    ledger.store._connection.set_trace_callback(statements.append)
    ledger.store.write([opened(2), opened(3)])
    assert [statement[:16] for statement in statements] == [
        "BEGIN IMMEDIATE",
        *["INSERT INTO call"] * 2,
        "COMMIT",
    ]
    assert not ledger.store._connection.in_transaction
    assert entries_in(ledger.reader) == [opened(1), opened(2), opened(3)]


def test_the_log_is_as_long_at_the_start_as_it_will_get(ledger: Ledger) -> None:
    """A sync of a file that has grown takes the disk twice as long."""
    log = Path(f"{ledger.path}-wal")
    length = log.stat().st_size
    assert length >= 1000 * 4096
    ledger.store.write([whole_call(number) for number in range(100)])
    assert log.stat().st_size == length


@pytest.mark.parametrize("replaced", [False, True])
def test_a_ledger_that_was_taken_away_takes_no_more_calls_in_silence(ledger: Ledger, replaced: bool) -> None:
    """SQLite would write on into a file that nobody can find; the writer's spool takes over instead."""
    ledger.store.write([whole_call(1)])
    ledger.path.rename(ledger.path.with_name("gone.db"))
    if replaced:
        ledger.path.touch()
    with pytest.raises(sqlite3.OperationalError, match="removed or replaced; restart payback"):
        ledger.store.write([whole_call(2)])


def result(name: str, entry: Entry) -> Entry:
    """The entry as the result *name* of a batch."""
    return replace(entry, item_key=hashlib.sha256(name.encode()).digest())


def test_a_batchs_result_is_one_call_however_often_it_is_fetched(ledger: Ledger) -> None:
    ledger.store.write([result("a", whole_call(1)), result("b", whole_call(2))])
    ledger.store.write([result("b", whole_call(3)), result("a", whole_call(4)), whole_call(5)])
    assert ledger.store.replay([result("a", whole_call(6)), result("c", whole_call(7))]) == 1
    assert entries_in(ledger.reader) == [whole_call(number) for number in (1, 2, 5, 7)]
    assert ledger.reader.report(MONTH, GroupBy.MODEL).total.calls == 4
    assert ledger.reader.disagreements() == []


def test_of_a_result_that_comes_twice_at_once_the_first_is_kept(ledger: Ledger) -> None:
    entries = [result("a", whole_call(2)), whole_call(3), result("a", whole_call(1))]
    assert ledger.store.replay(entries) == 2
    assert entries_in(ledger.reader) == [whole_call(2), whole_call(3)]


def test_a_result_that_is_written_again_as_the_same_call_is_treated_like_any_entry(ledger: Ledger) -> None:
    for entry in (opened(1), metered(opened(1)), whole_call(1), whole_call(1)):
        ledger.store.write([result("a", entry)])
    assert ledger.store.replay([result("a", whole_call(1))]) == 0
    assert entries_in(ledger.reader) == [whole_call(1)]
    assert ledger.reader.report(MONTH, GroupBy.MODEL).total.calls == 1
    assert ledger.reader.disagreements() == []


def test_a_result_is_known_after_a_kill(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "payback.db")
    ledger.store.write([result("a", whole_call(1))])
    again = Ledger(ledger.killed(tmp_path / "again.db"))
    assert again.store.replay([result("a", whole_call(2))]) == 0
    assert entries_in(again.reader) == [whole_call(1)]
    again.close()


def test_a_result_that_could_not_be_written_may_be_written_later(ledger: Ledger) -> None:
    """Its key is kept in the transaction of its row: neither is there without the other."""
    unfit = whole_call(2, retry_number="none")
    with pytest.raises(sqlite3.Error):
        ledger.store.write([result("a", whole_call(1)), unfit])
    assert count_of(ledger.path, "batch_item") == 0
    ledger.store.write([result("a", whole_call(3))])
    assert entries_in(ledger.reader) == [whole_call(3)]


def test_calls_that_are_no_results_of_batches_ask_nothing_of_them(ledger: Ledger) -> None:
    statements: list[str] = []
    ledger.store._connection.set_trace_callback(statements.append)
    ledger.store.write([opened(1), whole_call(2)])
    assert len(statements) > 3
    assert not [statement for statement in statements if "batch_item" in statement]


def test_calls_with_rare_facts_and_without_are_kept_side_by_side_and_change_into_each_other(
    ledger: Ledger,
) -> None:
    """What an entry does not say any more is gone: it replaces the one before as a whole."""
    rare = metered(opened(1, units=Units(images=1), upstream_cost=5))
    ledger.store.write([rare, metered(opened(2)), opened(3, tokenizer="o200k_base"), opened(4)])
    assert entries_in(ledger.reader)[0] == rare
    ledger.store.write([whole_call(1), whole_call(2, timings=Timings(load_us=1))])
    assert entries_in(ledger.reader) == [
        whole_call(1),
        whole_call(2, timings=Timings(load_us=1)),
        opened(3, tokenizer="o200k_base"),
        opened(4),
    ]
    assert ledger.reader.report(MONTH, GroupBy.MODEL).total.upstream_cost == 0
    assert ledger.reader.disagreements() == []


def test_open_calls_with_rare_facts_and_without_are_one_transaction_too(ledger: Ledger) -> None:
    statements: list[str] = []
    ledger.store.write([opened(1, tokenizer="t")])
    ledger.store._connection.set_trace_callback(statements.append)
    ledger.store.write([opened(2), opened(3, tokenizer="t")])
    assert (statements[0], statements[-1]) == ("BEGIN IMMEDIATE", "COMMIT")


def test_a_ledger_has_an_identity_of_its_own_that_lasts(tmp_path: Path) -> None:
    names = []
    for file in ("a.db", "b.db", "a.db"):
        store = open_store(tmp_path / file)
        names.append(store.identity())
        store.close()
    assert names[0] == names[2] != names[1]
