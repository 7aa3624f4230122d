"""A search leaves out what cannot pass, ends in time, and says how far it came."""

from msgspec.structs import replace

from ledger.asking import CallFilter
from ledger.call import Attribution, Entry, Outcome, Pricing, State, UsageBasis
from ledger.ids import CallId, first_call_id_at
from ledger.rollup import FAILED, Dimension
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


def test_a_rare_reason_is_found_at_once_however_many_calls_came_after_it(ledger: Ledger) -> None:
    """Of 700 unpriced calls, which one step of a search has, 600 have another reason; 1,200 have a price."""
    rare = [replace(ended(opened(number)), unpriced_reason="no price for x") for number in range(100)]
    later = [called_at(0, 100_000 + number) for number in range(1200)]
    ledger.store.write([*rare, *(ended(opened(1000 + number)) for number in range(300)), *later])
    page = ledger.reader.calls_page(CallFilter(reason="no price for x"), limit=100, search_s=0)
    assert list(page.entries) == rare[::-1]
    page = ledger.reader.calls_page(CallFilter(reason="nobody's"), search_s=0)
    assert (page.entries, page.looked_back_to_us) == ((), None)


def test_what_a_killed_process_left_open_has_the_reason_that_it_is_shown_with(ledger: Ledger) -> None:
    """Nothing in the file says "interrupted", and the index of reasons does not know of open calls."""
    waiting, cut_off = opened(0), CallFilter(reason="interrupted")
    ledger.store.write([waiting, ended(opened(1))])
    assert ledger.reader.calls_page(cut_off).entries == ()
    with nobody_writing(ledger):
        (entry,) = ledger.reader.calls_page(cut_off).entries
        assert len(ledger.reader.calls_page(CallFilter(reason="no usage")).entries) == 1
    assert (entry.call.call_id, entry.unpriced_reason) == (waiting.call.call_id, "interrupted")


def test_rare_names_are_found_at_once_as_one_of_several_and_as_all_the_others(ledger: Ledger) -> None:
    """4,800 calls of one model came after the only call of another."""
    rare = called_at(0, request_model="rare", upstream="lab", who=Attribution(user="ana"))
    ledger.store.write([rare])
    filled(ledger, hours=8, calls=600)
    for which in (
        CallFilter(one_of={Dimension.MODEL: frozenset({"rare", "nobody's"})}),
        CallFilter(one_of={Dimension.UPSTREAM: frozenset({"lab", "lab-2"})}),
        CallFilter(none_of={Dimension.MODEL: frozenset({"claude-sonnet-4-5", "nobody's"})}),
        CallFilter(none_of={Dimension.USER: frozenset({""})}),
    ):
        assert ledger.reader.calls_page(which, search_s=0).entries == (rare,)


def test_hours_are_left_out_by_what_the_named_ones_have_and_by_what_the_others_have(ledger: Ledger) -> None:
    """The one failure that is asked for is ana's: in later hours only bob failed, 601 times."""
    ana, bob = Attribution(user="ana"), Attribution(user="bob")
    failed = ended(opened(0, who=ana), Outcome.TIMEOUT)
    calls = [called_at(9, number, who=ana) for number in range(600)]
    calls += [as_failed(called_at(8 + number // 600, number, who=bob)) for number in range(601)]
    ledger.store.write([failed, *calls])
    for which in (
        CallFilter(outcomes=FAILED, one_of={Dimension.USER: frozenset({"ana", "eve"})}),
        CallFilter(outcomes=FAILED, none_of={Dimension.USER: frozenset({"bob", "eve"})}),
    ):
        assert ledger.reader.calls_page(which, search_s=0).entries == (failed,)


def as_failed(entry: Entry) -> Entry:
    return replace(entry, call=replace(entry.call, outcome=Outcome.TIMEOUT))


def test_one_of_names_that_are_nowhere_is_no_call_and_none_of_them_is_every_call(ledger: Ledger) -> None:
    ledger.store.write([whole_call(1)])
    nowhere = {Dimension.KEY: frozenset({"nobody's"})}
    assert ledger.reader.calls_page(CallFilter(one_of=nowhere)).entries == ()
    assert ledger.reader.calls_page(CallFilter(none_of=nowhere)).entries == (whole_call(1),)


def test_unpriced_calls_are_found_by_their_index(ledger: Ledger) -> None:
    """Without it a search for a rare reason reads every call of the hours that have unpriced ones."""
    for asked, index in (("call_id", "COVERING INDEX"), ("call_id, upstream_label", "INDEX")):
        plan = ledger.reader._connection.execute(
            f"EXPLAIN QUERY PLAN SELECT {asked} FROM call WHERE unpriced_reason_label IS NOT NULL"
            " AND call_id >= ? AND call_id < ? AND unpriced_reason_label = 7 ORDER BY call_id DESC LIMIT 5",
            (id_of(1), id_of(2)),
        )
        assert [row[3].split(" (")[0] for row in plan] == [f"SEARCH call USING {index} call_unpriced"]


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
