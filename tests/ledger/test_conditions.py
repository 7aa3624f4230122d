"""Lists of calls: every call that passes is there once, in order, whatever the filter and whatever comes."""

from contextlib import closing, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.asking import CallFilter
from ledger.call import Entry, Outcome, Pricing, State, UsageBasis
from ledger.ids import CallId
from ledger.money import NanoUsd
from ledger.period import US_PER_HOUR
from ledger.rollup import ESTIMATED, FAILED, Rollup
from ledger.sqlite.conditions import NAMED
from ledger.sqlite.reader import SqliteReader
from tests.ledger.kept import MONTH, Ledger, nobody_writing
from tests.ledger.made_up import NAMES, START_US, lives, whole_call

HOUR_LATER = START_US + US_PER_HOUR


def walked(reader: SqliteReader, which: CallFilter, *, limit: int = 2, search_s: float = 0) -> list[Entry]:
    """All pages from the newest to the oldest. A search without time looks at few calls at once."""
    page = reader.calls_page(which, limit=limit, search_s=search_s)
    found = [*page.entries]
    while page.next_before is not None:
        page = reader.calls_page(which, before=page.next_before, limit=limit, search_s=search_s)
        found += page.entries
    return found


def walked_back(reader: SqliteReader, which: CallFilter, *, limit: int = 2) -> list[Entry]:
    """All pages from the oldest to the newest, in the order of time."""
    page = reader.calls_page(which, after=CallId(bytes(16)), limit=limit, search_s=0)
    found = [*reversed(page.entries)]
    while page.newer_after is not None:
        page = reader.calls_page(which, after=page.newer_after, limit=limit, search_s=0)
        found += reversed(page.entries)
    return found


def passes(which: CallFilter, entry: Entry) -> bool:
    """The filter as its fields' docstrings say it, once more and in plain Python."""
    call, who, usage = entry.call, entry.call.who, entry.call.usage
    lasted_us = None if call.ended_us is None else call.ended_us - call.started_us
    tokens = None if usage is None else usage.input_tokens + usage.output_tokens
    names = {
        "model": call.model,
        "upstream": call.upstream,
        **{name: getattr(who, name) for name in ("workload", "project", "user", "key", "client", "session")},
    }
    return all(
        [
            which.from_us is None or call.started_us >= which.from_us,
            which.to_us is None or call.started_us < which.to_us,
            all(getattr(which, name) in (None, value or "") for name, value in names.items()),
            all((names[dimension] or "") in some for dimension, some in which.one_of.items()),
            all((names[dimension] or "") not in some for dimension, some in which.none_of.items()),
            which.reason in (None, entry.unpriced_reason),
            which.operation in (None, call.operation),
            not which.outcomes or call.outcome in which.outcomes,
            which.pricing in (None, entry.pricing),
            not which.usage_bases or call.usage_basis in which.usage_bases,
            which.http_status in (None, call.http_status),
            which.stream in (None, call.stream),
            which.least_cost is None or (entry.list_cost is not None and entry.list_cost >= which.least_cost),
            which.most_cost is None or (entry.list_cost is not None and entry.list_cost <= which.most_cost),
            which.least_latency_us is None or (lasted_us is not None and lasted_us >= which.least_latency_us),
            which.least_tokens is None or (tokens is not None and tokens >= which.least_tokens),
            which.logical_call_id in (None, call.logical_call_id),
            which.tag is None or (who.tags is not None and which.tag in who.tags.split(",")),
        ]
    )


WORDS = st.none() | NAMES
UPSTREAMS = st.sampled_from(["one", "two", "three"])
SETS = st.dictionaries(
    st.sampled_from(NAMED),
    st.frozensets(NAMES.map(lambda name: name or "") | UPSTREAMS, min_size=1, max_size=3),
    max_size=2,
)
FILTERS = st.builds(
    CallFilter,
    from_us=st.none() | st.integers(START_US - 1, START_US + 3 * US_PER_HOUR),
    to_us=st.none() | st.integers(START_US - 1, START_US + 3 * US_PER_HOUR),
    **dict.fromkeys(("model", "workload", "project", "user", "key", "client", "session"), WORDS),
    upstream=st.none() | UPSTREAMS,
    operation=st.sampled_from([None, "chat", "embeddings"]),
    outcomes=st.sampled_from([frozenset[Outcome](), FAILED]) | st.frozensets(st.sampled_from(Outcome)),
    one_of=SETS,
    none_of=SETS,
    pricing=st.none() | st.sampled_from(Pricing),
    reason=st.sampled_from([None, "interrupted", "why", "", "nobody's"]),
    usage_bases=st.sampled_from([frozenset[UsageBasis](), ESTIMATED])
    | st.frozensets(st.sampled_from(UsageBasis)),
    http_status=st.sampled_from([None, 200, 429]),
    stream=st.none() | st.booleans(),
    least_cost=st.none() | st.integers(0, 10**12).map(NanoUsd),
    most_cost=st.none() | st.integers(0, 10**12).map(NanoUsd),
    least_latency_us=st.none() | st.integers(0, 9),
    least_tokens=st.none() | st.integers(0, 2000),
    logical_call_id=st.none(),
    tag=st.none() | st.sampled_from(["a=1", "b=2", "a", ""]),
)


@st.composite
def narrow_filters(draw: st.DrawFn, entries: list[Entry]) -> CallFilter:
    """Few conditions: most of those that have all of them leave nothing through."""
    wide, told = draw(FILTERS), {}
    for field in draw(st.lists(st.sampled_from(sorted(CallFilter.__dataclass_fields__)), max_size=2)):
        told[field] = getattr(wide, field)
    if "logical_call_id" in told:
        told["logical_call_id"] = draw(st.sampled_from(entries)).call.logical_call_id
    return CallFilter(**told)


@st.composite
def ledgers(draw: st.DrawFn) -> list[list[Entry]]:
    """Some calls as far as they came, some of them attempts of another."""
    stories: list[list[Entry]] = []
    for number in range(draw(st.integers(1, 12))):
        earlier = draw(st.sampled_from([None, *stories]))
        facts = {
            "operation": draw(st.sampled_from(["chat", "embeddings"])),
            "stream": draw(st.booleans()),
            "http_status": draw(st.sampled_from([None, 200, 429])),
            "logical_call_id": earlier[0].call.call_id if earlier else None,
        }
        tags = draw(st.sampled_from([None, "", "a=1", "a=1,b=2", "b=21,ba=1"]))
        stories.append([with_facts(entry, facts, tags) for entry in draw(lives(number))])
    return stories


def with_facts(entry: Entry, facts: dict[str, object], tags: str | None) -> Entry:
    known = {name: value for name, value in facts.items() if value is not None}
    ended_us = entry.call.started_us + 5 if entry.state is State.ENDED else None
    who = replace(entry.call.who, tags=tags)
    return replace(entry, call=replace(entry.call, **known, ended_us=ended_us, who=who))


def test_any_number_may_be_asked_for(ledger: Ledger) -> None:
    """Addresses of pages have whatever people type."""
    ledger.store.write([whole_call(1)])
    for number, calls in ((2**70, 0), (-(2**70), 1)):
        for which in (CallFilter(least_tokens=number), CallFilter(least_cost=NanoUsd(number))):
            assert len(ledger.reader.calls_page(which).entries) == calls
    assert ledger.reader.calls_page(CallFilter(http_status=2**70)).entries == ()
    assert ledger.reader.sums_of(CallFilter(from_us=US_PER_HOUR * 2**70)) == Rollup()


@settings(max_examples=25, deadline=None)
@given(st.data(), ledgers(), st.booleans())
def test_pages_have_exactly_the_calls_that_pass(
    data: st.DataObject, stories: list[list[Entry]], abandoned: bool
) -> None:
    """Beside a writer and after one that was killed; walked from either end."""
    with TemporaryDirectory() as folder, closing(Ledger(Path(folder) / "payback.db")) as ledger:
        for step in range(max(map(len, stories))):
            ledger.store.write([story[step] for story in stories if step < len(story)])
        with nobody_writing(ledger) if abandoned else nullcontext():
            for _ in range(8):
                which = data.draw(narrow_filters([story[-1] for story in stories]))
                assert_pages(ledger.reader, which, data.draw(st.integers(1, 4)))


def assert_pages(reader: SqliteReader, which: CallFilter, limit: int) -> None:
    expected = [entry for entry in reader.calls(MONTH) if passes(which, entry)]
    assert walked(reader, which, limit=limit) == expected[::-1]
    assert walked_back(reader, which, limit=limit) == expected
    sums = reader.sums_of(which)
    if sums is not None:
        counted = [entry for entry in expected if entry.state is not State.OPEN]
        assert sums.calls == len(counted)
        assert sums.list_cost == sum(entry.list_cost or 0 for entry in counted)
