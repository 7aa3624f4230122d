"""Calls as they come are let through as the ledger's search lets them through."""

from contextlib import closing
from pathlib import Path

import pytest

from ledger.asking import MOST_AT_ONCE, CallFilter
from ledger.call import Attribution, Call, Outcome, Pricing, State, UsageBasis
from ledger.money import NanoUsd
from ledger.rollup import ESTIMATED, FAILED, Dimension
from ledger.sqlite.reader import open_sqlite_reader
from tests.web.sample import NOW, entry_at, hostile_entries, varied_entries, write_ledger
from web.calls.passing import passes

_ENTRIES = [*varied_entries(calls_a_day=4), *hostile_entries()]
_SOME = _ENTRIES[40]
_FROM_US, _TO_US = _ENTRIES[20].call.started_us, _ENTRIES[60].call.started_us
FILTERS = (
    CallFilter(),
    CallFilter(from_us=_FROM_US, to_us=_TO_US),
    *(CallFilter(model=name) for name in ("gpt-4o", "", "__proto__", "nobody's")),
    *(CallFilter(workload=name) for name in ("search", "", "=1+1")),
    CallFilter(project="shop", user=""),
    CallFilter(upstream="ollama", key="k_8f3a1c"),
    CallFilter(client="", session=""),
    CallFilter(session="=1+1"),
    CallFilter(tag="=1+1"),
    CallFilter(tag="team=search"),
    CallFilter(operation="other"),
    *(CallFilter(outcomes=frozenset({outcome})) for outcome in Outcome),
    CallFilter(outcomes=FAILED),
    CallFilter(one_of={Dimension.MODEL: frozenset({"gpt-4o", "", "nobody's"})}),
    CallFilter(one_of={Dimension.USER: frozenset({""})}, none_of={Dimension.UPSTREAM: frozenset({"openai"})}),
    CallFilter(none_of={Dimension.WORKLOAD: frozenset({"search", ""}), Dimension.KEY: frozenset({"k"})}),
    *(CallFilter(reason=reason) for reason in ("interrupted", "no price for =1+1")),
    *(CallFilter(pricing=pricing) for pricing in Pricing),
    *(CallFilter(usage_bases=frozenset({basis})) for basis in UsageBasis),
    CallFilter(usage_bases=ESTIMATED, from_us=_FROM_US, to_us=_TO_US),
    CallFilter(http_status=529),
    CallFilter(stream=True),
    CallFilter(stream=False, least_tokens=20_000),
    CallFilter(least_cost=NanoUsd(50_000_000)),
    CallFilter(most_cost=NanoUsd(50_000_000)),
    CallFilter(least_latency_us=20_000_000),
    CallFilter(logical_call_id=_SOME.call.logical_call_id),
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tagged = entry_at(1_790_000_000_000_000, who=Attribution(tags="env=prod,team=search,a=b"))
    return write_ledger(tmp_path_factory.mktemp("passing") / "payback.db", [*_ENTRIES, tagged])


@pytest.mark.parametrize("which", FILTERS, ids=range(len(FILTERS)))
def test_a_call_passes_as_the_ledgers_own_search_says(ledger: Path, which: CallFilter) -> None:
    with closing(open_sqlite_reader(ledger)) as reader:
        found = reader.calls_page(which, limit=MOST_AT_ONCE, search_s=10)
        every = reader.calls_page(CallFilter(), limit=MOST_AT_ONCE, search_s=10)
    assert len(every.entries) == len(_ENTRIES) + 1 <= MOST_AT_ONCE
    assert [entry for entry in every.entries if passes(entry, which)] == list(found.entries)


def test_the_filters_above_tell_calls_apart() -> None:
    """Two that let all through, or none, would say nothing."""
    telling = [
        which for which in FILTERS if 0 < sum(passes(entry, which) for entry in _ENTRIES) < len(_ENTRIES)
    ]
    assert len(telling) >= len(FILTERS) - 8


def test_what_is_not_known_yet_of_a_call_under_way_does_not_pass() -> None:
    entry = entry_at(int(NOW.timestamp()) * 1_000_000, outcome=None, state=State.OPEN, pricing=None)
    assert isinstance(entry.call, Call)
    assert passes(entry, CallFilter(upstream="openai"))
    for which in (
        CallFilter(outcomes=frozenset({Outcome.OK})),
        CallFilter(pricing=Pricing.PRICED),
        CallFilter(most_cost=NanoUsd(1)),
        CallFilter(least_cost=NanoUsd(0)),
        CallFilter(least_latency_us=0),
        CallFilter(least_tokens=0),
    ):
        assert not passes(entry, which)
