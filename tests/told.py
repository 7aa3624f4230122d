"""Stories: a test tells its ledger in its docstring, one line for each call, and asks for it by a fixture.

    2026-11-02        claude-sonnet-4-5  in=2459 cached=2455 out=23 workload=support
    2026-11-02T13:30  llama3.1:8b        in=900 out=80 upstream=lab pricing=self_hosted
    2026-11-03        gpt-4o             in=10 out=2 outcome=upstream_broke basis=partial
    2026-11-03        gpt-4o             state=open

A day without a time begins the story's day at midnight; calls are a second apart. Costs are those of the
catalogue, and of what the line says there is none: `unpriced=why` or `pricing=`. `-` stands for no model."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.call import Attribution, Call, Entry, Outcome, Pricing, State, UsageBasis
from ledger.ids import call_id_at
from ledger.judgement import judged
from ledger.period import us_at
from ledger.pricebook import PriceBook
from ledger.sqlite.reader import SqliteReader, open_sqlite_reader
from ledger.sqlite.store import open_store
from ledger.usage import TokenUsage

LINE = re.compile(r"^\s*(2\d{3}-\d\d-\d\d(?:T\d\d:\d\d)?)  +(\S+)((?: +\w+=\S+)*) *$", re.MULTILINE)
COUNTS = {
    "in": "input_tokens",
    "out": "output_tokens",
    "cached": "cache_read_tokens",
    "written": "cache_write_tokens",
    "written_1h": "cache_write_1h_tokens",
    "reasoning": "reasoning_tokens",
    "audio_in": "input_audio_tokens",
    "audio_out": "output_audio_tokens",
}
WORDS = frozenset({"upstream", "provider", "operation", "response", "tier", "status", "outcome", "basis"})
OPINIONS = frozenset({"state", "pricing", "unpriced"})
MAKERS = (("claude", "anthropic"), ("gpt", "openai"), ("gemini", "google"), ("deepseek", "deepseek"))
_BOOK = PriceBook()


def calls_told_in(story: str, book: PriceBook = _BOOK) -> list[Entry]:
    """The entries of *story*, whose other lines are prose."""
    lines: list[tuple[str, str, str]] = LINE.findall(story)
    return [_entry_of(number, when, model, facts, book) for number, (when, model, facts) in enumerate(lines)]


@pytest.fixture
def told_calls(request: pytest.FixtureRequest) -> list[Entry]:
    """The calls that the test's docstring tells."""
    entries = calls_told_in(request.function.__doc__ or "")
    assert entries, "the docstring tells no call"
    return entries


@pytest.fixture
def told_ledger(told_calls: list[Entry], tmp_path: Path) -> Path:
    """A ledger of the calls that the test's docstring tells."""
    path = tmp_path / "told.db"
    store = open_store(path)
    store.write(told_calls)
    store.close()
    return path


@pytest.fixture
def told_reader(told_ledger: Path) -> Iterator[SqliteReader]:
    reader = open_sqlite_reader(told_ledger)
    yield reader
    reader.close()


def _entry_of(number: int, when: str, model: str, facts: str, book: PriceBook) -> Entry:
    said = dict(fact.split("=", 1) for fact in facts.split())
    counts = {COUNTS[name]: int(said.pop(name)) for name in COUNTS.keys() & said.keys()}
    words = {name: said.pop(name) for name in WORDS & said.keys()}
    opinions = {name: said.pop(name) for name in OPINIONS & said.keys()}
    state = State[opinions.get("state", "ended").upper()]
    started_us = us_at(datetime.fromisoformat(when).replace(tzinfo=UTC)) + number * 1_000_000
    usage = TokenUsage(**counts) if counts else None
    call = _call(
        number, started_us, None if model == "-" else model, words, usage, state, Attribution(**said)
    )
    return _opinion(call, state, opinions, book)


def _call(
    number: int,
    started_us: int,
    model: str | None,
    words: dict[str, str],
    usage: TokenUsage | None,
    state: State,
    who: Attribution,
) -> Call:
    call_id = call_id_at(started_us, number.to_bytes(8, "big"))
    maker = next((provider for name, provider in MAKERS if (model or "").startswith(name)), None)
    ended = state is State.ENDED
    return Call(
        call_id=call_id,
        logical_call_id=call_id,
        started_us=started_us,
        ended_us=started_us + 500_000 if ended else None,
        upstream=words.get("upstream", maker or "lab"),
        provider=words.get("provider", maker),
        operation=words.get("operation", "chat"),
        request_model=model,
        response_model=words.get("response"),
        service_tier=words.get("tier"),
        http_status=int(words.get("status", 200)) if ended else None,
        outcome=Outcome(words.get("outcome", "ok")) if ended else None,
        usage=usage,
        usage_basis=UsageBasis(words.get("basis", "reported" if usage else "none")),
        who=who,
    )


def _opinion(call: Call, state: State, said: dict[str, str], book: PriceBook) -> Entry:
    if "unpriced" in said:
        return Entry(call=call, state=state, pricing=Pricing.UNPRICED, unpriced_reason=said["unpriced"])
    pricing = said.get("pricing")
    billable = pricing != Pricing.NOT_BILLED
    return judged(call, state, book, self_hosted=pricing == Pricing.SELF_HOSTED, billable=billable)
