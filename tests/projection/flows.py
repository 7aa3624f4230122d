"""Flows of who buys once and saves every month."""

import numpy as np
from numpy.typing import ArrayLike

from projection.period import Floats


def flows_of(upfront_usd: ArrayLike, saved_usd: ArrayLike) -> Floats:
    """Month 0 is what is spent first; then what each month saves, below 0 where it costs more."""
    saved = np.asarray(saved_usd, dtype=float)
    upfront = np.broadcast_to(np.asarray(upfront_usd, dtype=float), saved.shape[:-1])
    return np.concatenate([-upfront[..., None], saved], axis=-1)
