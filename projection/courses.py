"""Courses that need no machine: to stay, and the same open model by somebody else's API."""

from collections.abc import Mapping

import numpy as np

from projection.hosted import PricedOffer
from projection.moves import Base, Move, fallback_usd, stays_usd
from projection.outcome import Course
from projection.period import Floats
from projection.plan import Kind
from projection.specs import Substitute


def stay(base: Base, model: str) -> Course:
    usd = base.api_usd(base.usd_per_month)
    return Course(
        kind=Kind.STAY,
        name=f"stay on {model}" if model else "stay",
        upfront_usd=np.zeros(base.draws.paths),
        monthly_usd=usd,
        resale_usd=nothing_to_sell(base),
        parts_usd=medians(api=usd),
    )


def hosted(
    base: Base, move: Move, priced: PricedOffer, months: float, substitute: Substitute | None
) -> Course:
    """*months*: those that the offer's cost was reckoned over."""
    draws, offer = base.draws, priced.offer
    api = float(priced.usd.sum()) / months * draws.volume * draws.hosted_price
    again, left = fallback_usd(base, move), stays_usd(base, move)
    return Course(
        kind=Kind.HOSTED,
        name=f"{move.model} by {offer.provider}",
        model=move.model,
        substitute=substitute,
        offer=offer,
        moved_calls_share=move.calls_share,
        upfront_usd=switch_usd(base),
        monthly_usd=api + again + left,
        resale_usd=nothing_to_sell(base),
        parts_usd=medians(hosted=api, fallback=again, stays=left),
    )


def switch_usd(base: Base) -> Floats:
    """Before any of it: trying the other model on one's own prompts."""
    return base.draws.of("switch_h") * base.draws.of("labour_usd_per_h")


def nothing_to_sell(base: Base) -> Floats:
    return np.zeros((base.draws.paths, base.months + 1), order="F")


def medians(**parts: Floats) -> Mapping[str, float]:
    """Of the first month, part by part."""
    return {name: float(np.median(usd[:, 0])) for name, usd in parts.items()}
