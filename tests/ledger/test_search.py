"""A search leaves out what cannot pass, ends in time, and says how far it came."""

from msgspec.structs import replace

from ledger.asking import CallFilter
from ledger.call import Attribution, Outcome, Pricing, State, UsageBasis
from ledger.ids import CallId, first_call_id_at
from ledger.rollup import FAILED
from ledger.sqlite.moment import FIRST_ID
from ledger.sqlite.search import next_id
from tests.ledger.kept import Ledger, filled, nobody_writing
from tests.ledger.made_up import START_US, called_at, ended, id_of, opened, whole_call


def test_a_rare_name_is_found_at_once_however_many_calls_came_after_it(ledger: Ledger) -> None:
    """Hours whose rollups do not have the name are left out: a search of no time at all looks at one step."""
    rare = called_at(0, 0, who=Attribution(workload="rare"))
    failed = ended(opened(1, who=Attribution(user="ana")), Outcome.TIMEOUT)
    ledger.store.write([rare, failed])
    filled(ledger, hours=8, calls=600)
    for which in (CallFilter(workload="rare"), CallFilter(user="ana"), CallFilter(outcomes=FAILED)):
        page = ledger.reader.calls_page(which, search_s=0)
        assert len(page.entries) == 1


def test_an_open_call_is_found_though_no_rollup_knows_its_hour(ledger: Ledger) -> None:
    filled(ledger, hours=3, calls=600)
    waiting = opened(0, who=Attribution(workload="slow"))
    ledger.store.write([waiting])
    assert ledger.reader.calls_page(CallFilter(workload="slow"), search_s=0).entries == (waiting,)
    with nobody_writing(ledger):
        cut_off = CallFilter(outcomes=frozenset({Outcome.INTERRUPTED}), pricing=Pricing.UNPRICED)
        (entry,) = ledger.reader.calls_page(cut_off, search_s=0).entries
    assert (entry.call.call_id, entry.state) == (waiting.call.call_id, State.ENDED)


def test_a_search_that_runs_out_of_time_says_how_far_it_came_and_goes_on_from_there(ledger: Ledger) -> None:
    """1,200 calls a microsecond apart, of which one step is 500."""
    ledger.store.write([whole_call(number, http_status=200) for number in range(1200)])
    ledger.store.write([replace(whole_call(5000), call=replace(whole_call(5000).call, http_status=418))])
    teapot = CallFilter(http_status=418, to_us=START_US + 1200)
    page = ledger.reader.calls_page(teapot, search_s=0)
    assert (page.entries, page.looked_back_to_us) == ((), START_US + 699)
    further = ledger.reader.calls_page(teapot, before=page.next_before, search_s=0)
    assert further.looked_back_to_us == START_US + 199
    end = ledger.reader.calls_page(teapot, before=further.next_before, search_s=9)
    assert (end.entries, end.next_before, end.looked_back_to_us) == ((), None, None)


def test_a_name_that_is_nowhere_is_answered_without_a_search(ledger: Ledger) -> None:
    filled(ledger, hours=1, calls=1200)
    page = ledger.reader.calls_page(CallFilter(workload="nobody's"), search_s=0)
    assert (page.entries, page.next_before, page.looked_back_to_us) == ((), None, None)


def test_attempts_are_found_by_their_index(ledger: Ledger) -> None:
    """Without it every such question reads the whole ledger."""
    plan = ledger.reader._connection.execute(
        "EXPLAIN QUERY PLAN SELECT call_id FROM call WHERE logical_call_id = ? AND logical_call_id <> call_id"
        " AND call_id >= ? AND call_id < ? ORDER BY call_id DESC LIMIT 1 OFFSET 5",
        (id_of(1), id_of(1), id_of(2)),
    )
    assert [row[3].split(" (")[0] for row in plan] == ["SEARCH call USING COVERING INDEX call_again"]


def test_the_next_id_is_the_very_next() -> None:
    first = first_call_id_at(START_US)
    assert first < next_id(first) <= CallId(first[:-1] + b"\x01")
    assert next_id(CallId(b"\xff" * 16)) == b"\xff" * 16


def test_where_one_step_ends_the_next_begins(ledger: Ledger) -> None:
    """Forwards the first step ends before call 500, backwards before call 699."""
    told = [whole_call(number, stream=number % 100 in (0, 99)) for number in range(1200)]
    ledger.store.write(told)
    streams = [entry for entry in told if entry.call.stream]
    which = CallFilter(stream=True)
    assert list(ledger.reader.calls_page(which, limit=500, search_s=9).entries) == streams[::-1]
    forwards = ledger.reader.calls_page(which, after=FIRST_ID, limit=500, search_s=9)
    assert list(forwards.entries) == streams[::-1]


def test_hours_without_failures_are_not_left_out_where_successes_are_asked_for_too(ledger: Ledger) -> None:
    ledger.store.write([called_at(1), called_at(2)])
    mixed = CallFilter(
        outcomes=frozenset({Outcome.OK, Outcome.TIMEOUT}),
        usage_bases=frozenset({UsageBasis.REPORTED, UsageBasis.PARTIAL}),
    )
    assert ledger.reader.calls_page(mixed).entries == (called_at(2), called_at(1))
