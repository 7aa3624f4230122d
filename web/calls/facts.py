"""A call -> every fact of it, in sections. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from ledger.call import Call, Entry, State
from ledger.ids import render_call_id
from ledger.needs import render_needs
from ledger.period import time_of
from ledger.units import Units
from ledger.usage import TokenUsage
from web.calls.words import BASIS_WORDS, LABELS, NONE
from web.filters import duration
from web.manner import number

_TOKENS = {
    "input_tokens": ("Input", ""),
    "cache_read_tokens": ("Read from the cache", "input"),
    "cache_write_tokens": ("Written to the cache", "input"),
    "cache_write_1h_tokens": ("Kept for an hour", "cache writes"),
    "input_audio_tokens": ("Audio in", "input"),
    "input_image_tokens": ("Images in", "input"),
    "cache_read_audio_tokens": ("Audio read from the cache", "cache reads and audio in"),
    "cache_read_image_tokens": ("Images read from the cache", "cache reads and images in"),
    "output_tokens": ("Output", ""),
    "reasoning_tokens": ("Reasoning", "output"),
    "output_audio_tokens": ("Audio out", "output"),
    "output_image_tokens": ("Images out", "output"),
    "rejected_prediction_tokens": ("Predicted and not taken", "output"),
    "inferred_tokens": ("Only in the total of upstream", "output"),
}
"""By field: what it is called, and what it is part of."""
_UNITS = {
    "images": "Images made",
    "audio_ms": "Milliseconds of audio",
    "characters": "Characters",
    "web_searches": "Web searches",
    "file_searches": "File searches",
    "search_units": "Search units",
    "pages": "Pages",
}
_STATES = {
    State.OPEN: "under way",
    State.METERED: "under way, its tokens are known",
    State.ENDED: "ended",
}
_LONGEST_LINK = 1000
"""Characters of a name; a longer one is shown and not linked."""
MOST_REPORTED = 200
"""Numbers that upstream reported; an agent with many rounds in one answer can have thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    label: str
    text: str | None
    """None: not known, or there is none."""
    at_us: int | None = None
    """A point in time, said after the text."""
    title: str = ""
    query: str = ""
    """Of the list of calls that share it."""
    is_foreign: bool = False
    """Written by a client, a user or an upstream."""
    instead: str = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    id: str
    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    label: str
    count: int
    part_of: str = ""


def sections_of(entry: Entry) -> tuple[Section, ...]:
    call = entry.call
    return (
        Section(id="times", title="Time", facts=tuple(_times(call))),
        Section(id="who", title="Who pays", facts=tuple(_who(call))),
        Section(id="asked", title="What was asked", facts=tuple(_asked(call))),
        Section(id="answered", title="What came of it", facts=tuple(_answered(entry))),
        Section(id="ids", title="Numbers to look it up by", facts=tuple(_ids(entry))),
    )


def tokens_of(usage: TokenUsage | None, units: Units | None) -> tuple[Count, ...]:
    """What is known; what upstream did not say is left out."""
    rows = [(label, getattr(usage, name, None), part_of) for name, (label, part_of) in _TOKENS.items()]
    rows += [(label, getattr(units, name, None), "") for name, label in _UNITS.items()]
    return tuple(
        Count(label=label, count=count, part_of=part_of)
        for label, count, part_of in rows
        if count is not None
    )


def reported_of(call: Call) -> tuple[tuple[str, str], ...]:
    """Path and number, as upstream wrote them."""
    if call.reported_usage is None:
        return ()
    try:
        told = json.loads(call.reported_usage, parse_float=str)
    except ValueError:
        return (("as it was kept", call.reported_usage),)
    return tuple(islice(_leaves(told), MOST_REPORTED))


def _leaves(told: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """
    >>> list(_leaves({"a": {"b": 1, "c": [2, None]}}))
    [('a.b', '1'), ('a.c.0', '2'), ('a.c.1', 'null')]
    """
    if isinstance(told, dict) and told:
        for name, inner in told.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(told, list) and told:
        for place, inner in enumerate(told):
            yield from _leaves(inner, f"{path}.{place}" if path else str(place))
    else:
        yield path or "usage", told if isinstance(told, str) else json.dumps(told)


def _times(call: Call) -> Iterator[Fact]:
    yield _time("Started", call.started_us, None)
    yield _time("First byte", call.first_byte_us, call.started_us)
    yield _time("Ended", call.ended_us, call.started_us)
    yield Fact(
        label="Speed of the answer",
        text=_speed(_output(call), call.first_byte_us if call.stream else None, call.ended_us),
    )
    timings = call.timings
    if timings is None:
        return
    fresh = None if call.usage is None else call.usage.input_tokens - (call.usage.cache_read_tokens or 0)
    for label, us, tokens in (
        ("Upstream loaded the model in", timings.load_us, None),
        ("Upstream read the prompt in", timings.prefill_us, fresh),
        ("Upstream wrote the answer in", timings.decode_us, _output(call)),
    ):
        speed = _speed(tokens, 0, us)
        text = None if us is None else f"{duration(us)}{f', {speed}' if speed else ''}"
        yield Fact(label=label, text=text, title="" if us is None else f"{us} µs")


def _time(label: str, us: int | None, since_us: int | None) -> Fact:
    if us is None:
        return Fact(label=label, text=None)
    return Fact(
        label=label, text="" if since_us is None else f"after {duration(max(us - since_us, 0))},", at_us=us
    )


def _output(call: Call) -> int | None:
    return None if call.usage is None else call.usage.output_tokens


def _speed(tokens: int | None, from_us: int | None, to_us: int | None) -> str | None:
    if not tokens or from_us is None or to_us is None or to_us <= from_us:
        return None
    return number(f"{tokens * 1_000_000 / (to_us - from_us):,.1f} tokens/s")


def _who(call: Call) -> Iterator[Fact]:
    who = call.who
    for name in ("workload", "project", "user", "key", "client", "session"):
        yield _name(name, getattr(who, name), instead="none")
    for tag in (who.tags or "").split(",") if who.tags else ():
        yield Fact(label="Tag", text=tag, query=_query("tag", tag) if "=" in tag else "", is_foreign=True)


def _asked(call: Call) -> Iterator[Fact]:
    yield _name("model", call.model, label="Model asked for" if call.request_model else "Model")
    yield Fact(label="Model that answered", text=call.response_model, is_foreign=True)
    yield _name("upstream", call.upstream)
    yield Fact(label="Provider", text=call.provider, is_foreign=True, instead="no price list applies")
    yield _name("operation", call.operation)
    if call.http_request is not None:
        yield Fact(label="Request", text=call.http_request, is_foreign=True)
    yield Fact(label="Service tier", text=call.service_tier, is_foreign=True)
    yield Fact(label="Streamed", text="yes" if call.stream else "no")
    yield Fact(label="Needs beside text", text=None if call.needs is None else render_needs(call.needs))


def _answered(entry: Entry) -> Iterator[Fact]:
    call = entry.call
    yield Fact(label="State", text=_STATES[entry.state])
    if call.outcome is not None:
        yield Fact(label="Outcome", text=call.outcome.value, query=urlencode({"outcome": call.outcome}))
    status = None if call.http_status is None else str(call.http_status)
    yield Fact(
        label="HTTP status",
        text=status,
        query=urlencode({"status": status}) if status else "",
        instead="the client was sent none",
    )
    yield Fact(label="Problem", text=call.problem, is_foreign=True, instead="none")
    yield Fact(label="Attempt", text=str(call.retry_number + 1))
    yield Fact(label="Tokens are", text=BASIS_WORDS[call.usage_basis])
    if call.tokenizer is not None:
        yield Fact(label="Counted with", text=call.tokenizer, is_foreign=True)


def _ids(entry: Entry) -> Iterator[Fact]:
    call = entry.call
    yield Fact(label="Call", text=render_call_id(call.call_id))
    logical = render_call_id(call.logical_call_id)
    yield Fact(label="Call of the application", text=logical, query=urlencode({"attempts_of": logical}))
    yield Fact(label="Request id of upstream", text=call.upstream_request_id, is_foreign=True)
    if entry.item_key is not None:
        yield Fact(label="Result of a batch", text=entry.item_key.hex())


def _name(name: str, text: str | None, *, label: str = "", instead: str = "not known") -> Fact:
    return Fact(
        label=label or LABELS[name],
        text=text or None,
        query=_query(name, text or NONE),
        is_foreign=True,
        instead=instead,
    )


def _query(name: str, text: str) -> str:
    return urlencode({name: text}) if len(text) <= _LONGEST_LINK else ""


def day_query(call: Call) -> str:
    """The list of the day's calls."""
    day = time_of(call.started_us).date().isoformat()
    return urlencode({"from": day, "to": day})
