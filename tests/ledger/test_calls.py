"""Lists of calls while others arrive, one call, its attempts, what is under way."""

import sqlite3

from ledger.asking import CallFilter
from ledger.call import Entry
from ledger.period import US_PER_HOUR
from ledger.sqlite.schema import migrations
from tests.ledger.kept import Ledger, filled, nobody_writing
from tests.ledger.made_up import START_US, called_at, id_of, metered, opened, whole_call

ALL = CallFilter()


def test_pages_list_every_call_once_while_new_ones_arrive(ledger: Ledger) -> None:
    """By place instead of by id, each new call would push one that was seen onto the next page."""
    earlier = [whole_call(number) for number in range(7)]
    ledger.store.write(earlier)
    page, found, number = ledger.reader.calls_page(ALL, limit=3), list[Entry](), 7
    while True:
        found += page.entries
        ledger.store.write([whole_call(number)])
        number += 1
        if page.next_before is None:
            break
        page = ledger.reader.calls_page(ALL, before=page.next_before, limit=3)
    assert found == earlier[::-1]


def test_the_way_back_leads_over_the_same_calls_and_then_to_the_new_ones(ledger: Ledger) -> None:
    ledger.store.write([whole_call(number) for number in range(5)])
    newest = ledger.reader.calls_page(ALL, limit=2)
    older = ledger.reader.calls_page(ALL, before=newest.next_before, limit=2)
    ledger.store.write([whole_call(5)])
    back = ledger.reader.calls_page(ALL, after=older.newer_after, limit=2)
    assert back.entries == newest.entries
    assert back.next_before == newest.next_before
    top = ledger.reader.calls_page(ALL, after=back.newer_after, limit=2)
    assert (top.entries, top.newer_after) == ((whole_call(5),), None)


def test_a_page_says_where_there_is_more_and_where_there_is_not(ledger: Ledger) -> None:
    ledger.store.write([whole_call(number) for number in range(4)])
    first = ledger.reader.calls_page(ALL, limit=2)
    assert (first.next_before, first.newer_after) == (id_of(2), None)
    last = ledger.reader.calls_page(ALL, before=first.next_before, limit=2)
    assert (last.next_before, last.newer_after, last.looked_back_to_us) == (None, id_of(1), None)
    beyond = ledger.reader.calls_page(ALL, before=id_of(0), limit=2)
    assert beyond.entries == ()
    back = ledger.reader.calls_page(ALL, after=beyond.newer_after, limit=1)
    assert back.entries == (whole_call(0),)


def test_an_answer_has_no_more_than_500_entries(ledger: Ledger) -> None:
    filled(ledger, hours=1, calls=700)
    page = ledger.reader.calls_page(ALL, limit=10_000)
    assert len(page.entries) == 500
    assert page.next_before == page.entries[-1].call.call_id
    assert len(ledger.reader.calls_page(ALL, limit=0).entries) == 1


def test_a_call_is_found_by_its_id(ledger: Ledger) -> None:
    ledger.store.write([whole_call(1), opened(2)])
    assert ledger.reader.call(id_of(1)) == whole_call(1)
    assert ledger.reader.call(id_of(2)) == opened(2)
    assert ledger.reader.call(id_of(3)) is None


def test_attempts_of_one_call_come_in_the_order_of_time(ledger: Ledger) -> None:
    """The first one, a second try an hour later, and a result of a batch; a call beside them is none."""
    again = called_at(1, 2, logical_call_id=id_of(1), retry_number=1)
    result = called_at(2, 3, logical_call_id=id_of(1))
    ledger.store.write([result, whole_call(1), again, whole_call(9)])
    assert ledger.reader.attempts(id_of(1)) == [whole_call(1), again, result]
    assert ledger.reader.attempts(id_of(1), limit=2) == [whole_call(1), again]
    assert ledger.reader.attempts(again.call.call_id) == []
    page = ledger.reader.calls_page(CallFilter(logical_call_id=id_of(1)), search_s=0)
    assert page.entries[:2] == (result, again)


def test_the_tail_is_what_began_since_the_latest_first(ledger: Ledger) -> None:
    ledger.store.write([whole_call(1), whole_call(2), opened(3), whole_call(4)])
    assert ledger.reader.tail(id_of(1), limit=2) == [whole_call(4), opened(3)]
    assert ledger.reader.tail(id_of(4)) == []


def test_unfinished_are_those_under_way_and_nobodys_are_not(ledger: Ledger) -> None:
    ledger.store.write([opened(1), whole_call(2), metered(opened(3))])
    assert ledger.reader.unfinished() == [metered(opened(3)), opened(1)]
    assert ledger.reader.unfinished(limit=1) == [metered(opened(3))]
    with nobody_writing(ledger):
        assert ledger.reader.unfinished() == []


def test_the_facts_are_those_of_the_file(ledger: Ledger) -> None:
    ledger.store.write([whole_call(1), called_at(5), opened(7)])
    facts = ledger.reader.ledger_facts()
    assert (facts.path, facts.size_bytes) == (str(ledger.path), ledger.path.stat().st_size)
    assert facts.wal_bytes == ledger.path.with_name("payback.db-wal").stat().st_size > 0
    assert (facts.schema_version, facts.sqlite_version) == (len(migrations()), sqlite3.sqlite_version)
    assert (facts.first_us, facts.last_us, facts.calls) == (START_US + 1, START_US + 5 * US_PER_HOUR, 2)
