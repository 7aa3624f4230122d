"""What the page of health says: the ledger's facts, how its writing goes, the upstreams' last day. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.asking import LedgerFacts, Quantiles, UpstreamHealth
from ledger.call import Outcome
from ledger.money import NanoUsd
from ledger.period import us_at
from ledger.rollup import Rollup
from web.costs import Mark, marks_of
from web.filters import DASH, counted, duration, share, stamp, tokens
from web.links import calls_since_link, is_linkable
from web.manner import number
from web.report_settings import BudgetState, BudgetStates, Writing

HOURS = 24
NO_BUDGETS = BudgetStates()
_FEW_FREE_BYTES = 1 << 30
"""Then the page warns: at a kilobyte a call that is a million calls."""
_KINDS: Mapping[Outcome, str] = {
    Outcome.UPSTREAM_ERROR: "answered an error",
    Outcome.UPSTREAM_BROKE: "broke off",
    Outcome.TIMEOUT: "timed out",
    Outcome.CLIENT_LEFT: "left by the client",
    Outcome.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    label: str
    words: str
    note: str = ""
    is_warning: bool = False
    is_foreign: bool = False
    """Its words come from outside, and may run from right to left."""


@dataclass(frozen=True, slots=True)
class Kind:
    count: int
    words: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRow:
    name: str
    href: str
    sums: Rollup
    marks: tuple[Mark, ...]
    kinds: tuple[Kind, ...]
    """How calls went that did not go well, of those that were looked at."""
    looked_at: int
    latency: tuple[str, str, str]
    """P50, P90, P99; a dash where there was nothing to measure."""
    first_byte: tuple[str, str, str]
    speed: tuple[str, str, str]
    """Output tokens per second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRow:
    name: str
    whose: str
    """Empty: of all calls."""
    anew: str
    """The day (UTC) on which it begins anew."""
    limit: NanoUsd
    spent: NanoUsd
    reserved: NanoUsd
    share: str
    """Of the limit, what is spent."""
    state: str
    """Empty while there is something left."""
    unpriced_calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPage:
    verdict: str
    is_well: bool
    ledger: tuple[Fact, ...]
    writing: tuple[Fact, ...]
    """Empty where nobody writes the ledger here."""
    upstreams: tuple[UpstreamRow, ...]
    budgets: tuple[BudgetRow, ...] = ()
    more_budgets: int = 0
    """Further ones that are not shown."""
    read_at: datetime


def since(now: datetime) -> datetime:
    """The start of the hour in which the last HOURS began."""
    return (now - timedelta(hours=HOURS)).replace(minute=0, second=0, microsecond=0)


def health_page(
    facts: LedgerFacts,
    upstreams: Sequence[UpstreamHealth],
    writing: Writing | None,
    now: datetime,
    budgets: BudgetStates = NO_BUDGETS,
) -> HealthPage:
    told = tuple(_writing(writing)) if writing else ()
    warnings = [fact for fact in told if fact.is_warning]
    return HealthPage(
        verdict=_verdict(warnings),
        is_well=not warnings,
        ledger=tuple(_ledger(facts, now)),
        writing=told,
        upstreams=tuple(_upstream(health, now) for health in upstreams),
        budgets=tuple(map(_budget, budgets.shown)),
        more_budgets=budgets.more,
        read_at=now,
    )


def _verdict(warnings: Sequence[Fact]) -> str:
    if not warnings:
        return "The ledger is well."
    return (
        f"{counted(len(warnings), 'thing')} to look at: {', '.join(fact.label.lower() for fact in warnings)}."
    )


def _ledger(facts: LedgerFacts, now: datetime) -> Iterator[Fact]:
    yield Fact(label="File", words=facts.path, is_foreign=True)
    yield Fact(label="Size", words=bytes_in_words(facts.size_bytes), note=counted(facts.size_bytes, "byte"))
    log_note = f"{counted(facts.wal_bytes, 'byte')} that are not in the file itself yet"
    yield Fact(label="Write-ahead log", words=bytes_in_words(facts.wal_bytes), note=log_note)
    yield Fact(label="Calls", words=tokens(facts.calls), note="in all, those under way left out")
    yield Fact(label="First call", words=_moment(facts.first_us))
    yield Fact(label="Last call", words=_moment(facts.last_us), note=_ago(facts.last_us, now))
    yield Fact(label="Schema", words=str(facts.schema_version), note=f"SQLite {facts.sqlite_version}")


def _writing(writing: Writing) -> Iterator[Fact]:
    problem = writing.problem
    words = "works" if problem is None else f"does not work: {problem}"
    note = "" if problem is None else "tried again every second; free the disk, or end what holds the file"
    yield Fact(
        label="Writing",
        words=words,
        note=note,
        is_warning=problem is not None,
        is_foreign=problem is not None,
    )
    spooled = counted(writing.spooled, "record")
    note = "kept on the disk until the ledger can be written" if writing.spooled else ""
    yield Fact(label="In the spool", words=spooled, note=note, is_warning=writing.spooled > 0)
    if writing.spool_problem is not None:
        words = f"cannot be written: {writing.spool_problem}"
        yield Fact(label="Spool", words=words, is_warning=True, is_foreign=True)
    free, whole = writing.disk_free_bytes, writing.disk_bytes
    yield Fact(
        label="Free disk",
        words=bytes_in_words(free),
        note=f"of {bytes_in_words(whole)}",
        is_warning=free < min(_FEW_FREE_BYTES, whole // 20),
    )


def _upstream(health: UpstreamHealth, now: datetime) -> UpstreamRow:
    name = health.upstream
    href = calls_since_link(f"{since(now):%Y-%m-%dT%H:%MZ}", upstream=name) if is_linkable(name) else ""
    return UpstreamRow(
        name=name,
        href=href,
        sums=health.sums,
        marks=tuple(mark for mark in marks_of(health.sums) if mark.count),
        kinds=tuple(_kinds(health.outcomes, href)),
        looked_at=health.looked_at,
        latency=_times(health.latency_us),
        first_byte=_times(health.first_byte_us),
        speed=_speeds(health.output_tokens_per_s),
    )


def _budget(budget: BudgetState) -> BudgetRow:
    is_spent = budget.spent_nusd >= budget.limit_nusd
    return BudgetRow(
        name=budget.name,
        whose=budget.whose,
        anew=budget.ends,
        limit=NanoUsd(budget.limit_nusd),
        spent=NanoUsd(budget.spent_nusd),
        reserved=NanoUsd(budget.reserved_nusd),
        share=share(budget.spent_nusd, budget.limit_nusd) if budget.limit_nusd else DASH,
        state=("spent: calls are refused" if budget.refuses else "spent: calls go on") if is_spent else "",
        unpriced_calls=budget.unpriced_calls,
    )


def _kinds(outcomes: Mapping[Outcome, int], href: str) -> Iterator[Kind]:
    for outcome, words in _KINDS.items():
        if count := outcomes.get(outcome, 0):
            yield Kind(count, words, f"{href}&outcome={outcome.value}" if href else "")


def _times(found: Quantiles) -> tuple[str, str, str]:
    p50, p90, p99 = (DASH if us is None else duration(round(us)) for us in (found.p50, found.p90, found.p99))
    return p50, p90, p99


def _speeds(found: Quantiles) -> tuple[str, str, str]:
    p50, p90, p99 = (
        DASH if speed is None else number(f"{speed:,.0f}") for speed in (found.p50, found.p90, found.p99)
    )
    return p50, p90, p99


def bytes_in_words(count: int) -> str:
    """
    >>> bytes_in_words(999), bytes_in_words(1_500_000), bytes_in_words(1_895_288_832)
    ('999 bytes', '1.5 MB', '1.9 GB')
    """
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return number(f"{count / size:.1f} {unit}")
    return counted(count, "byte")


def _moment(us: int | None) -> str:
    return DASH if us is None else stamp(us)


def _ago(us: int | None, now: datetime) -> str:
    """How long ago; a clock that was set back is no call of tomorrow."""
    if us is None:
        return "there is none yet"
    passed_us = max(us_at(now) - us, 0)
    if passed_us < 3_600_000_000:
        return f"{duration(passed_us)} ago"
    hours = passed_us // 3_600_000_000
    return f"{counted(hours, 'hour')} ago" if hours < 48 else f"{counted(hours // 24, 'day')} ago"
