"""Forecasts put to the test: on the calls of a ledger, and on made-up kinds of traffic."""

from collections.abc import Callable
from datetime import date

import numpy as np

from ledger.period import US_PER_DAY, Period
from ledger.store import GroupBy, Reader
from payback.backtest_text import OwnScore
from projection.backtest import AHEAD_DAYS, HISTORY_DAYS, SERIES, Row, backtest_families, backtest_of
from projection.period import Floats
from projection.traffic import Traffic

_EPOCH = date(1970, 1, 1)
OWN_AHEAD_DAYS = (28, AHEAD_DAYS)
"""A few months of calls are enough for the first."""


def whole_history(reader: Reader, today: date) -> Period | None:
    """From the first day with a call up to yesterday; None where that is no day."""
    groups = reader.report(Period(_EPOCH, today), GroupBy.DAY).groups
    first = groups[0].value if groups else None
    return None if first is None else Period(date.fromisoformat(first), today)


def own_scores(traffic: Traffic, seed: int) -> list[OwnScore]:
    daily = daily_tokens(traffic)
    return [
        (history, ahead, backtest_of(daily, rng=_rng(seed), history_days=history, ahead_days=ahead))
        for ahead in OWN_AHEAD_DAYS
        for history in HISTORY_DAYS
    ]


def made_up_scores(seed: int, progress: Callable[[int, int], None], series: int = SERIES) -> list[Row]:
    rng, rows = _rng(seed), list[Row]()
    for done, history in enumerate(HISTORY_DAYS):
        rows += backtest_families(rng=rng, series=series, history_days=(history,))
        progress(done + 1, len(HISTORY_DAYS))
    return rows


def daily_tokens(traffic: Traffic) -> Floats:
    """Input and output of each whole UTC day, from the first that has any."""
    calls = traffic.calls
    first, end = -(-traffic.from_us // US_PER_DAY), traffic.to_us // US_PER_DAY
    days = calls.started_us // US_PER_DAY - first
    whole = (days >= 0) & (days < end - first)
    tokens = np.maximum(calls.input_tokens, 0) + np.maximum(calls.output_tokens, 0)
    daily = np.bincount(days[whole], weights=tokens[whole], minlength=max(end - first, 0))
    begun = np.flatnonzero(daily)
    return daily[begun[0] if len(begun) else len(daily) :].astype(np.float64)


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, *b"backtest"])
