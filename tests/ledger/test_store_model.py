"""Any sequence of writes, replays, kills and restarts: rows, rollups and a plain dict tell the same."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from ledger.call import Entry, Outcome, Pricing, State, UsageBasis, interrupted
from ledger.ids import CallId
from ledger.money import NanoUsd
from ledger.period import time_of
from ledger.rollup import Rollup
from ledger.spool import Spool
from ledger.sqlite.reader import SqliteReader
from ledger.store import GroupBy
from ledger.tally import Tally
from tests.ledger.kept import MONTH, Ledger, Model, entries_in, keep
from tests.ledger.made_up import lives_of_results

Owners = dict[bytes, CallId]
"""Which call each result of a batch is: the first that came with it."""


def plain_sums(entries: Sequence[Entry]) -> Rollup:
    """Counted once more, as one would by hand."""
    usages = [entry.call.usage for entry in entries if entry.call.usage is not None]
    outcomes = [entry.call.outcome for entry in entries]
    pricings = [entry.pricing for entry in entries]
    bases = [entry.call.usage_basis for entry in entries]
    return Rollup(
        calls=len(entries),
        input_tokens=sum(usage.input_tokens for usage in usages),
        cache_read_tokens=sum(usage.cache_read_tokens or 0 for usage in usages),
        cache_write_tokens=sum(usage.cache_write_tokens or 0 for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        reasoning_tokens=sum(usage.reasoning_tokens or 0 for usage in usages),
        list_cost=NanoUsd(sum(entry.list_cost or 0 for entry in entries)),
        unpriced_calls=pricings.count(Pricing.UNPRICED),
        self_hosted_calls=pricings.count(Pricing.SELF_HOSTED),
        not_billed_calls=pricings.count(Pricing.NOT_BILLED),
        estimated_calls=bases.count(UsageBasis.ESTIMATED) + bases.count(UsageBasis.PARTIAL),
        interrupted_calls=outcomes.count(Outcome.INTERRUPTED),
        failed_calls=sum(
            outcomes.count(bad) for bad in (Outcome.UPSTREAM_ERROR, Outcome.UPSTREAM_BROKE, Outcome.TIMEOUT)
        ),
        upstream_cost=NanoUsd(sum(entry.call.upstream_cost or 0 for entry in entries)),
        upstream_cost_list=NanoUsd(
            sum(entry.list_cost or 0 for entry in entries if entry.call.upstream_cost is not None)
        ),
        estimated_list_cost=NanoUsd(
            sum(
                entry.list_cost or 0
                for entry in entries
                if entry.call.usage_basis in (UsageBasis.ESTIMATED, UsageBasis.PARTIAL)
            )
        ),
    )


def name_of(entry: Entry, by: GroupBy) -> str | None:
    who = entry.call.who
    names = {
        GroupBy.MODEL: entry.call.model,
        GroupBy.WORKLOAD: who.workload,
        GroupBy.PROJECT: who.project,
        GroupBy.USER: who.user,
        GroupBy.KEY: who.key,
        GroupBy.UPSTREAM: entry.call.upstream,
        GroupBy.CLIENT: who.client,
        GroupBy.DAY: f"{time_of(entry.call.started_us):%Y-%m-%d}",
    }
    return names[by] or None


def plain_groups(entries: Iterable[Entry], by: GroupBy) -> dict[str | None, Rollup]:
    groups: defaultdict[str | None, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.state is not State.OPEN:
            groups[name_of(entry, by)].append(entry)
    return {name: plain_sums(calls) for name, calls in groups.items()}


def kept_of(entries: Iterable[Entry], owners: Owners) -> list[Entry]:
    """Without the results that another call is; no row tells which result a call is."""
    kept = []
    for entry in entries:
        call_id = entry.call.call_id
        if entry.item_key is None or owners.setdefault(entry.item_key, call_id) == call_id:
            kept.append(replace(entry, item_key=None))
    return kept


def assert_agrees(reader: SqliteReader, model: Model) -> None:
    assert entries_in(reader) == sorted(model.values(), key=lambda entry: entry.call.call_id)
    assert reader.disagreements() == []
    exported = Tally()
    assert len(list(exported.of(reader.calls(MONTH)))) == exported.rows == len(model)
    assert exported.sums == reader.report(MONTH, GroupBy.MODEL).total
    for by in GroupBy:
        if by is not GroupBy.HOUR:
            report = reader.report(MONTH, by)
            groups = {group.value: group.sums for group in report.groups if group.sums != Rollup()}
            assert groups == plain_groups(model.values(), by)
            assert report.total == plain_sums([e for e in model.values() if e.state is not State.OPEN])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_rollups_are_the_rows_whatever_comes_when_in_whatever_batches(data: st.DataObject) -> None:
    """Several calls' entries, shuffled together with repetitions, cut into batches, written or replayed."""
    stories = [data.draw(lives_of_results(number)) for number in range(data.draw(st.integers(1, 4)))]
    entries = data.draw(st.permutations([entry for story in stories for entry in story]))
    entries += data.draw(st.lists(st.sampled_from(entries), max_size=6))
    model: Model = {}
    owners: Owners = {}
    with TemporaryDirectory() as folder, closing(Ledger(Path(folder) / "payback.db")) as ledger:
        while entries:
            size = data.draw(st.integers(1, len(entries)))
            batch, entries = entries[:size], entries[size:]
            (ledger.store.write if data.draw(st.booleans()) else ledger.store.replay)(batch)
            keep(model, kept_of(batch, owners))
        assert_agrees(ledger.reader, model)


class LedgerMachine(RuleBasedStateMachine):
    """A ledger through writes, replays, kills and restarts; the model is a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.kills = 0
        self.ledger = Ledger(Path(self.folder.name) / "0.db")
        self.model: Model = {}
        self.owners: Owners = {}
        self.stories: list[list[Entry]] = []
        self.written: list[Entry] = []

    @rule(data=st.data())
    def begin_a_call(self, data: st.DataObject) -> None:
        self.stories.append(data.draw(lives_of_results(len(self.stories))))

    @precondition(lambda self: any(self.stories))
    @rule(data=st.data())
    def write(self, data: st.DataObject) -> None:
        """The next entries of some of the calls under way."""
        live = [story for story in self.stories if story]
        chosen = data.draw(st.lists(st.sampled_from(live), min_size=1, unique_by=id))
        self._keep([story.pop(0) for story in chosen])

    @precondition(lambda self: self.written)
    @rule(data=st.data(), replayed=st.booleans())
    def write_again(self, data: st.DataObject, replayed: bool) -> None:
        """As a spool does that was replayed and not emptied."""
        first = data.draw(st.integers(0, len(self.written) - 1))
        self._keep(self.written[first:], replayed=replayed)

    @rule()
    def kill_and_restart(self) -> None:
        self._kill()
        assert self.ledger.store.recover() == sum(e.state is not State.ENDED for e in self.model.values())
        for call_id, entry in self.model.items():
            if entry.state is not State.ENDED:
                self.model[call_id] = interrupted(entry)

    @rule()
    def kill_and_replay_before_recovery(self) -> None:
        """What the spool holds is newer than what the ledger holds: it goes before recovery."""
        self._kill()
        spool = Spool(Path(self.folder.name) / f"{self.kills}.spool", self.ledger.store.identity())
        spool.append([story.pop(0) for story in self.stories if story])
        self._keep(list(Spool(spool.path, self.ledger.store.identity()).entries()), replayed=True)

    @invariant()
    def rows_rollups_and_model_agree(self) -> None:
        assert_agrees(self.ledger.reader, self.model)

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    def _keep(self, entries: list[Entry], *, replayed: bool = False) -> None:
        kept = kept_of(entries, self.owners)
        new = len({entry.call.call_id for entry in kept} - self.model.keys())
        if replayed:
            assert self.ledger.store.replay(entries) == new
        else:
            self.ledger.store.write(entries)
        keep(self.model, kept)
        self.written += entries

    def _kill(self) -> None:
        self.kills += 1
        self.ledger = Ledger(self.ledger.killed(Path(self.folder.name) / f"{self.kills}.db"))


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
