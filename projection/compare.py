"""One course against another, path by path: when it has paid back, and what it is worth."""

import numpy as np

from projection.finance import (
    WINDOWS_MONTHS,
    net_present_usd,
    paid_back_shares,
    payback_months,
    spread_of,
    summed_up,
)
from projection.outcome import Comparison, Course
from projection.period import Floats
from projection.quantiles import quantiles_of
from projection.returns import per_year, rates_of_return

RETURNS_PATHS = 400
"""Rates of return are searched for, which takes long: of so many paths, of which most have to have one."""
QUANTILES = (0.1, 0.5, 0.9)


def compared(course: Course, to: Course, discount_per_year: float) -> Comparison:
    """What changes if one goes *course* instead of *to*."""
    flows, resale = flows_between(course, to), course.resale_usd - to.resale_usd
    months = payback_months(flows, discount_per_year)
    sold = payback_months(flows, discount_per_year, resale)
    npv = net_present_usd(flows, discount_per_year, resale[:, -1])
    return Comparison(
        course=course,
        against=to.kind,
        payback=spread_of(months),
        payback_with_resale=spread_of(sold),
        payback_months=months,
        within=_within(months, to.monthly_usd.shape[1]),
        npv_usd=_quantiles(npv),
        irr_per_year=_returns(flows, resale[:, -1]),
        cash_usd=quantiles_of(summed_up(flows), QUANTILES),
        saved_usd_per_month=float(np.median(flows[:, 1])),
    )


def flows_between(course: Course, to: Course) -> Floats:
    """paths x months + 1: below 0 where *course* costs more."""
    upfront = (to.upfront_usd - course.upfront_usd)[:, None]
    return np.concatenate([upfront, to.monthly_usd - course.monthly_usd], axis=1)


def _within(months: Floats, horizon: int) -> dict[float, float | None]:
    """None: nobody has looked so far ahead."""
    looked = [window for window in WINDOWS_MONTHS if window <= horizon]
    return dict.fromkeys(WINDOWS_MONTHS) | paid_back_shares(months, looked)


def _quantiles(values: Floats) -> tuple[float, float, float]:
    low, middle, high = quantiles_of(values, QUANTILES).tolist()
    return low, middle, high


def _returns(flows: Floats, resale: Floats) -> tuple[float | None, float | None, float | None]:
    some = flows[:RETURNS_PATHS].copy()
    some[:, -1] += resale[:RETURNS_PATHS]
    rates = rates_of_return(some)
    known = rates[~np.isnan(rates)]
    if 2 * len(known) < len(rates):
        return None, None, None
    return _quantiles(per_year(known))
