"""Money over months: the month that pays back, present values, rates of return; on many paths at once.

*flows* are USD of the difference to staying, as floats: month 0 first, the months along the last axis, so
that one row is one path. A rate is a year's, of which a month has a twelfth. Months are floats; infinity is
never."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from projection.period import Floats

MONTHS_PER_YEAR = 12
WINDOWS_MONTHS = (12, 24, 36)


@dataclass(frozen=True, slots=True)
class Spread:
    """P10, P50 and P90 of months over all paths, those that never pay back the latest; infinity is never."""

    p10: float
    p50: float
    p90: float
    never_share: float


def net_present_usd(flows: ArrayLike, rate_per_year: float, resale_usd: ArrayLike = 0.0) -> Floats:
    """At month 0, of all flows and of what a sale in the last month brings."""
    usd = _flows(flows)
    discount = _discount(usd.shape[-1], rate_per_year)
    value: Floats = usd @ discount + np.asarray(resale_usd, dtype=float) * discount[-1]
    return value


def payback_months(flows: ArrayLike, rate_per_year: float = 0.0, resale_usd: ArrayLike = 0.0) -> Floats:
    """Months until the discounted sum of the flows is first 0 or more; infinity: not in these months.

    Within the month it is a straight line. *resale_usd* is what a sale in each month, 0 included, would bring
    on top: the same for all paths, or a row for each. Who spends nothing first has paid back at once, unless
    the first month costs; where nothing is ever spent or saved, nothing pays back."""
    usd = _flows(flows)
    discount = _discount(usd.shape[-1], rate_per_year)
    position = summed_up(usd * discount) + np.asarray(resale_usd, dtype=float) * discount
    back = (position >= 0) & (position != 0).any(axis=-1, keepdims=True)
    back[..., 0] &= (position[..., 0] > 0) | (position[..., min(1, usd.shape[-1] - 1)] >= 0)
    month = np.argmax(back, axis=-1)
    after = np.take_along_axis(position, month[..., None], -1)[..., 0]
    before = np.take_along_axis(position, np.maximum(month - 1, 0)[..., None], -1)[..., 0]
    rose = after - before
    # Where it did not rise, it crossed nothing: paid back at once, or never.
    since = np.divide(after, rose, out=np.zeros_like(after), where=rose > 0)
    return np.where(back.any(axis=-1), month - since, math.inf)


def summed_up(usd: Floats) -> Floats:
    """The sums up to each month, as of np.cumsum: month by month for all paths, in a fifth of its time."""
    sums = usd.copy(order="K")
    for month in range(1, usd.shape[-1]):
        sums[..., month] += sums[..., month - 1]
    return sums


def spread_of(months: ArrayLike) -> Spread:
    """Percentiles are months of paths that there are, so that never is not mixed with a number."""
    values = np.asarray(months, dtype=float)
    if not values.size or np.isnan(values).any():
        raise ValueError("a spread needs one path at least, and a month or infinity for each")
    p10, p50, p90 = np.quantile(values, (0.1, 0.5, 0.9), method="inverted_cdf").tolist()
    return Spread(p10, p50, p90, float(np.isinf(values).mean()))


def paid_back_shares(months: ArrayLike, within: Sequence[float] = WINDOWS_MONTHS) -> dict[float, float]:
    """Share of the paths that are paid back in so many months or fewer."""
    values = np.asarray(months, dtype=float)
    if not values.size:
        raise ValueError("a share needs one path at least")
    return {window: float((values <= window).mean()) for window in within}


def _discount(months: int, rate_per_year: float) -> Floats:
    if not -MONTHS_PER_YEAR < rate_per_year < math.inf:
        raise ValueError(f"a rate of {rate_per_year} a year leaves nothing of a month")
    factors: Floats = (1 + rate_per_year / MONTHS_PER_YEAR) ** -np.arange(float(months))
    return factors


def _flows(flows: ArrayLike) -> Floats:
    usd = np.asarray(flows, dtype=float)
    if usd.ndim == 0 or usd.shape[-1] == 0:
        raise ValueError("flows need one month at least")
    if not np.isfinite(usd).all():
        raise ValueError("flows have to be finite numbers")
    return usd
