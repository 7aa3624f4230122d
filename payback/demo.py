"""Made-up calls, so that the report can be looked at before there are any.

The same *now* gives the same calls. Nothing here is measured: numbers of calls, sizes and faults are
chosen to look like an office's weeks, and to show every case that a report has to tell apart."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from random import Random

from ledger.call import Attribution, Call, Entry, Outcome, State, UsageBasis
from ledger.ids import RANDOM_BYTES, call_id_at
from ledger.judgement import judged
from ledger.period import US_PER_DAY, US_PER_HOUR, time_of, us_at
from ledger.pricebook import PriceBook
from ledger.usage import TokenUsage

NOTICE = "These {days} days are made up."
SEED = 8300
GROWTH = 0.6
"""By how much of itself the traffic grows from the first day to the last."""
_OFFICE = (0, 0, 0, 0, 0, 0, 1, 3, 7, 10, 11, 10, 7, 9, 11, 10, 8, 5, 3, 2, 1, 1, 0, 0)
_WAKING = (1, 1, 0, 0, 0, 1, 2, 4, 6, 8, 8, 8, 8, 8, 8, 8, 8, 7, 7, 7, 6, 4, 3, 2)
_NIGHT = (2, 9, 12, 8, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
"""Weight of each hour, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One kind of traffic. Token counts are the median calls'; most lie between half and twice that."""

    name: str | None
    project: str | None
    users: tuple[str | None, ...] = (None,)
    key: str
    client: str
    upstream: str
    provider: str
    models: tuple[str, ...]
    operation: str = "chat"
    stream: bool = False
    self_hosted: bool = False
    reports_usage: float = 1.0
    """Share of calls whose usage upstream reports; that of the others is estimated."""
    calls_per_day: float
    """Of a working day at the beginning."""
    weekend: float
    """Share of a working day's calls."""
    began_days_ago: int | None = None
    """None: on the first day of all."""
    hours: tuple[int, ...]
    input_tokens: int
    output_tokens: int
    cached: float = 0.0
    """Share of the input that is read from the provider's cache, where there is a hit."""
    reasoning: float = 0.0
    seconds: float = 2.0


WORKLOADS = (
    Workload(
        name="contract-review", project="legal", users=("clara", "web"), key="key-d46a90be15f2",
        client="Anthropic/Python", upstream="anthropic", provider="anthropic", models=("claude-opus-4-1",),
        stream=True, calls_per_day=330, weekend=0.1, hours=_OFFICE, input_tokens=8000, output_tokens=1100,
        seconds=22,
    ),
    Workload(
        name="support-bot", project="customer-care", users=("web", "mobile"), key="key-7c1fa93b20de",
        client="OpenAI/Python", upstream="openai", provider="openai", models=("gpt-4o-mini",), stream=True,
        calls_per_day=70, weekend=0.6, hours=_WAKING, input_tokens=1900, output_tokens=240, cached=0.6,
        seconds=3,
    ),
    Workload(
        name="code-review", project="engineering", users=("ada", "grace", "linus", "margaret"),
        key="key-e05b6a1d94c7", client="Anthropic/Python", upstream="anthropic", provider="anthropic",
        models=("claude-sonnet-4-5",), stream=True, calls_per_day=28, weekend=0.08, hours=_OFFICE,
        input_tokens=14_000, output_tokens=1100, cached=0.8, seconds=18,
    ),
    Workload(
        name="meeting-notes", project="engineering", users=("ada", "grace", "linus", "margaret"),
        key="key-e05b6a1d94c7", client="Anthropic/JS", upstream="anthropic", provider="anthropic",
        models=("claude-sonnet-4-5",), calls_per_day=130, weekend=0.1, began_days_ago=9, hours=_OFFICE,
        input_tokens=22_000, output_tokens=1800, seconds=20,
    ),
    Workload(
        name="search-embeddings", project="search", key="key-2b9d40f7c683", client="OpenAI/JS",
        upstream="openai", provider="openai", models=("text-embedding-3-small",), operation="embeddings",
        calls_per_day=32, weekend=0.5, hours=_WAKING, input_tokens=3200, output_tokens=0, seconds=0.3,
    ),
    Workload(
        name="batch-summaries", project="search", key="key-2b9d40f7c683", client="OpenAI/Python",
        upstream="openai", provider="openai", models=("gpt-5-mini",), calls_per_day=18, weekend=1.0,
        hours=_NIGHT, input_tokens=7500, output_tokens=700, reasoning=0.4, seconds=9,
    ),
    Workload(
        name="draft-replies", project="customer-care", users=("web",), key="key-51d8e2a70b4f", client="curl",
        upstream="lab", provider="lab", models=("qwen2.5-7b-instruct",), stream=True, self_hosted=True,
        reports_usage=0.9, calls_per_day=16, weekend=0.3, hours=_OFFICE, input_tokens=1400,
        output_tokens=260, seconds=5,
    ),
    Workload(
        name=None, project=None, users=("ada", "linus", None), key="key-9ae3305cd1f2",
        client="python-requests", upstream="openai", provider="openai",
        models=("gpt-4o-mini", "gpt-4o-mini", "acme-tuned-7"), stream=True, reports_usage=0.7,
        calls_per_day=8, weekend=0.2, hours=_OFFICE, input_tokens=800, output_tokens=350, seconds=4,
    ),
)  # fmt: skip
"""acme-tuned-7 has no price anywhere: a report must say so. Of those that are projected unasked,
contract-review is dear enough for machines to pay off, code-review is not, and meeting-notes is too young."""


def made_up_calls(now: datetime, days: int, book: PriceBook, seed: int = SEED) -> Iterator[Entry]:
    """Calls of the *days* before *now* (UTC), in the order of time."""
    random = Random(seed)  # noqa: S311  # nothing here is secret
    end_us = us_at(now)
    start_us = end_us - days * US_PER_DAY
    for hour in range(start_us // US_PER_HOUR, end_us // US_PER_HOUR + 1):
        grown = 1 + GROWTH * (hour * US_PER_HOUR - start_us) / (end_us - start_us)
        arrivals = [
            (hour * US_PER_HOUR + random.randrange(US_PER_HOUR), workload)
            for workload in WORKLOADS
            if hour * US_PER_HOUR >= _begin_us(workload, start_us, end_us)
            for _ in range(_how_many(random, grown * _expected(workload, hour)))
        ]
        for started_us, workload in sorted(arrivals, key=lambda arrival: arrival[0]):
            if start_us <= started_us < end_us:
                yield _entry(random, workload, started_us, end_us, book)


def _begin_us(workload: Workload, start_us: int, end_us: int) -> int:
    """At a full hour."""
    ago = workload.began_days_ago
    begin_us = start_us if ago is None else max(start_us, end_us - ago * US_PER_DAY)
    return begin_us // US_PER_HOUR * US_PER_HOUR


def _expected(workload: Workload, hour: int) -> float:
    """Calls of *workload* in that hour since the epoch, before growth."""
    start = time_of(hour * US_PER_HOUR)
    share = workload.hours[start.hour] / sum(workload.hours)
    return workload.calls_per_day * share * (workload.weekend if start.weekday() >= 5 else 1.0)


def _how_many(random: Random, expected: float) -> int:
    """Poisson, by counting the arrivals of one hour."""
    count, waited = 0, random.expovariate(1.0)
    while waited < expected:
        count += 1
        waited += random.expovariate(1.0)
    return count


def _entry(random: Random, workload: Workload, started_us: int, end_us: int, book: PriceBook) -> Entry:
    call_id = call_id_at(started_us, random.randbytes(RANDOM_BYTES))
    model = random.choice(workload.models)
    lasted_us = int(random.lognormvariate(math.log(workload.seconds * 1e6), 0.5))
    outcome = _outcome(random)
    usage, basis = _usage(random, workload, outcome)
    status, problem = _ANSWERS[outcome]
    call = Call(
        call_id=call_id,
        logical_call_id=call_id,
        started_us=started_us,
        first_byte_us=None if status is None else min(end_us, started_us + lasted_us // 4),
        ended_us=None if outcome is Outcome.INTERRUPTED else min(end_us, started_us + lasted_us),
        upstream=workload.upstream,
        provider=workload.provider,
        operation=workload.operation,
        request_model=model,
        response_model=model if usage else None,
        stream=workload.stream,
        http_status=status,
        outcome=outcome,
        usage=usage,
        usage_basis=basis,
        problem=problem,
        who=_who(random, workload),
    )
    return judged(call, State.ENDED, book, self_hosted=workload.self_hosted)


_ANSWERS: dict[Outcome, tuple[int | None, str | None]] = {
    Outcome.OK: (200, None),
    Outcome.UPSTREAM_ERROR: (429, None),
    Outcome.UPSTREAM_BROKE: (200, "upstream closed the connection in the middle of its answer"),
    Outcome.TIMEOUT: (504, None),
    Outcome.CLIENT_LEFT: (200, None),
    Outcome.INTERRUPTED: (None, None),
}
"""What the client was sent, and what the ledger says of it."""
_FAULTS = {
    Outcome.UPSTREAM_ERROR: 0.008,
    Outcome.UPSTREAM_BROKE: 0.002,
    Outcome.TIMEOUT: 0.001,
    Outcome.CLIENT_LEFT: 0.006,
    Outcome.INTERRUPTED: 0.001,
}
_OUTCOMES = [*_FAULTS, Outcome.OK]
_UP_TO = [*accumulate(_FAULTS.values()), 1.0]


def _outcome(random: Random) -> Outcome:
    return random.choices(_OUTCOMES, cum_weights=_UP_TO)[0]


def _usage(random: Random, workload: Workload, outcome: Outcome) -> tuple[TokenUsage | None, UsageBasis]:
    """A client that left has seen a part of the answer, which can be counted; other faults leave nothing."""
    if outcome not in (Outcome.OK, Outcome.CLIENT_LEFT):
        return None, UsageBasis.NONE
    input_tokens = _about(random, workload.input_tokens)
    output_tokens = _about(random, workload.output_tokens)
    if outcome is Outcome.CLIENT_LEFT:
        return TokenUsage(input_tokens=input_tokens, output_tokens=output_tokens // 3), UsageBasis.PARTIAL
    if random.random() >= workload.reports_usage:
        return TokenUsage(input_tokens=input_tokens, output_tokens=output_tokens), UsageBasis.ESTIMATED
    return _reported(random, workload, input_tokens, output_tokens), UsageBasis.REPORTED


def _reported(random: Random, workload: Workload, input_tokens: int, output_tokens: int) -> TokenUsage:
    """With the parts that the provider tells apart. On a miss, Anthropic bills the write."""
    hit = bool(workload.cached) and random.random() < 0.7
    cacheable = int(input_tokens * workload.cached)
    anthropic = workload.provider == "anthropic"
    return TokenUsage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_read_tokens=(cacheable if hit else 0) if workload.cached or anthropic else None,
        cache_write_tokens=(0 if hit else cacheable) if anthropic else None,
        reasoning_tokens=int(output_tokens * workload.reasoning) if workload.reasoning else None,
    )


def _about(random: Random, median: int) -> int:
    return int(random.lognormvariate(math.log(median), 0.5)) if median else 0


def _who(random: Random, workload: Workload) -> Attribution:
    return Attribution(
        workload=workload.name,
        project=workload.project,
        user=random.choice(workload.users),
        key=workload.key,
        client=workload.client,
    )
