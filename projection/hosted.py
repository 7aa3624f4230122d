"""Open models by somebody else's API: the same calls at the prices of those who sell them.

Left out are offers without a known price, and those too short for the largest call. A cache of today's
provider does not exist elsewhere: cached tokens are plain input, unless the offer has a price for cache
reads; then it is taken to find as much as today's does. Tokens are counted as today: another model's
tokenizer makes somewhat more or fewer of the same text."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.meter import Meter
from ledger.price import Price, Rate
from ledger.rating import Unpriced
from projection.catalogue.shelf import folded
from projection.outcome import Offer
from projection.period import Floats
from projection.price_columns import Prices, as_billed_by, cost_usd
from projection.specs import Hosted
from projection.totals import Totals
from projection.traffic import Traffic

MOST_OFFERS = 3
"""Each has a column as long as the traffic."""
_MTOK = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PricedOffer:
    offer: Offer
    usd: Floats
    """One for each call."""


def offers_of(
    rows: Sequence[Hosted], model: str, totals: Totals, prices: Prices, most: int = MOST_OFFERS
) -> tuple[PricedOffer, ...]:
    """What the traffic would cost at the *most* cheapest of those who sell *model*, the cheapest first."""
    ranked = _ranked(rows, model, totals, prices)[:most]
    found = [_priced(offer, price, totals.traffic) for _, offer, price in ranked]
    return tuple(priced for priced in found if priced is not None)


def best_offer_of(
    rows: Sequence[Hosted], model: str, totals: Totals, prices: Prices
) -> tuple[Offer, float] | None:
    """The cheapest one with its sum in USD, as offers_of has it, but quicker."""
    return next(((offer, usd) for usd, offer, _ in _ranked(rows, model, totals, prices)), None)


def _ranked(
    rows: Sequence[Hosted], model: str, totals: Totals, prices: Prices
) -> list[tuple[float, Offer, Price]]:
    """The cheapest first; of two that cost the same, the one that is listed first."""
    name, found = folded(model), []
    largest = totals.largest_tokens
    for row in rows:
        price = prices(row.provider, (row.model,), None) if folded(row.open_model) == name else None
        if isinstance(price, Price) and (row.context_tokens is None or largest <= row.context_tokens):
            offer, usd = _offer_of(row, price), totals.usd(price)
            if offer is not None and not isinstance(usd, Unpriced):
                found.append((usd, offer, price))
    return sorted(found, key=lambda ranked: ranked[0])


def _priced(offer: Offer, price: Price, traffic: Traffic) -> PricedOffer | None:
    usd = cost_usd(as_billed_by(traffic, price), price)
    return None if isinstance(usd, Unpriced) else PricedOffer(offer=offer, usd=usd)


def _offer_of(row: Hosted, price: Price) -> Offer | None:
    """None: a text model without a price for input or for output is none to move to."""
    read, written = price.rate_of(Meter.INPUT), price.rate_of(Meter.OUTPUT)
    if read is None or written is None:
        return None
    return Offer(
        provider=price.provider,
        model=row.model,
        input_usd_per_mtok=_usd_per_mtok(read),
        output_usd_per_mtok=_usd_per_mtok(written),
        source=f"{price.source}, {price.source_url}" if price.source_url else price.source,
    )


def _usd_per_mtok(rate: Rate) -> float:
    return float(rate.usd * _MTOK / rate.per)
