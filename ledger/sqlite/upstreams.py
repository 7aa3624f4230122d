"""How upstreams have been doing: counts from rollups, times from the latest calls of each."""

from collections import Counter
from collections.abc import Sequence
from math import ceil
from typing import Any

from ledger.asking import SEARCH_S, CallFilter, Quantiles, UpstreamHealth
from ledger.call import Outcome
from ledger.period import US_PER_HOUR
from ledger.rollup import Dimension, Rollup, sum_of
from ledger.sqlite.moment import Moment, ids_between
from ledger.sqlite.rollups import sums_in
from ledger.sqlite.search import Search
from ledger.sqlite.spans import EVER

_CALLS = 1000
"""Of each upstream: the P99 is the tenth worst of them."""
_COLUMNS = "outcome, started_us, first_byte_us, ended_us, output_tokens, stream, usage_basis"
Row = tuple[Any, ...]
"""Of _COLUMNS."""


def health_since(moment: Moment, since_us: int) -> list[UpstreamHealth]:
    since = range(max(since_us, 0) // US_PER_HOUR, EVER.stop)
    sums: dict[str, Rollup] = {}
    for upstream, added in sums_in(moment, since, Dimension.UPSTREAM):
        sums[upstream] = sums.get(upstream, Rollup()) + sum_of([added])
    told = [(upstream, rollup) for upstream, rollup in sorted(sums.items()) if rollup.calls]
    search_s = 2 * SEARCH_S / max(len(told), 1)
    return [
        _health(upstream, rollup, _latest(moment, upstream, since.start * US_PER_HOUR, search_s))
        for upstream, rollup in told
    ]


def _latest(moment: Moment, upstream: str, from_us: int, search_s: float) -> Sequence[Row]:
    search = Search(moment, CallFilter(upstream=upstream), _COLUMNS, backwards=True, beside="state = 2")
    return search.within(ids_between(from_us, None), _CALLS, search_s).rows


def _health(upstream: str, sums: Rollup, rows: Sequence[Row]) -> UpstreamHealth:
    well = [row for row in rows if row[0] == Outcome.OK and row[6] != "none"]
    streams = [row for row in well if row[5] and row[2] is not None]
    return UpstreamHealth(
        upstream=upstream,
        sums=sums,
        looked_at=len(rows),
        outcomes={Outcome(outcome): calls for outcome, calls in Counter(row[0] for row in rows).items()},
        latency_us=quantiles_of([ended - start for _, start, _, ended, *_ in well if ended is not None]),
        first_byte_us=quantiles_of([first - start for _, start, first, *_ in streams]),
        output_tokens_per_s=quantiles_of(
            [
                1e6 * tokens / (ended - first)
                for _, _, first, ended, tokens, *_ in streams
                if tokens and ended is not None and ended > first
            ]
        ),
    )


def quantiles_of(values: Sequence[float]) -> Quantiles:
    """
    >>> quantiles_of([4, 1, 3, 2])
    Quantiles(p50=2, p90=4, p99=4)
    """
    if not values:
        return Quantiles()
    ranked = sorted(values)
    return Quantiles(*(ranked[ceil(share * len(ranked) / 100) - 1] for share in (50, 90, 99)))
