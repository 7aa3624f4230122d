"""Self-hosted beside cloud: the upstreams of a month, by whether somebody bills their tokens. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.period import Period
from ledger.rollup import Rollup
from ledger.store import Group
from web.costs import Cost, Mark, cost_of_sums, marks_of
from web.links import calls_of_link


@dataclass(frozen=True, slots=True)
class Side:
    words: str
    upstreams: tuple[str, ...]
    sums: Rollup
    cost: Cost
    marks: tuple[Mark, ...]
    href: str
    """To its calls; empty: there is no address for those of very many upstreams."""


def sides_of(by_upstream: Iterable[Group], month: Period) -> tuple[Side, ...]:
    """Those that have calls. An upstream that was the one and then the other is a side of its own, as its
    tokens cannot be told apart."""
    found: dict[str, list[Group]] = {"Cloud, billed per token": [], "Self-hosted": [], "Both at times": []}
    for group in by_upstream:
        found[_side_of(group.sums)].append(group)
    return tuple(_side(words, groups, month) for words, groups in found.items() if groups)


def _side_of(sums: Rollup) -> str:
    if not sums.self_hosted_calls:
        return "Cloud, billed per token"
    billed = sums.calls - sums.self_hosted_calls - sums.unpriced_calls - sums.not_billed_calls
    return "Both at times" if billed else "Self-hosted"


def _side(words: str, groups: list[Group], month: Period) -> Side:
    sums = sum((group.sums for group in groups), Rollup())
    marks = tuple(mark for mark in marks_of(sums) if mark.count and mark.word != "self-hosted")
    names = tuple(group.value for group in groups)
    href = calls_of_link(month, "upstream", names)
    return Side(words, tuple(name or "" for name in names), sums, cost_of_sums(sums), marks, href)
