"""What the same calls come to at one price after another."""

from functools import cached_property

from ledger.meter import Meter
from ledger.price import Price
from ledger.rating import Unpriced
from projection.price_columns import as_billed_by, quantities_of, total_usd
from projection.traffic import Traffic


class Totals:
    """Of one traffic, as whoever has the price would bill it: price_columns.total_usd of as_billed_by.

    Which tokens fall to which meter depends on the meters that a price has, not on its numbers: so they are
    added up once for all prices with the same meters, unless a price has tiers."""

    def __init__(self, traffic: Traffic) -> None:
        self.traffic = traffic
        self._sums: dict[frozenset[Meter], dict[Meter, int]] = {}

    @cached_property
    def largest_tokens(self) -> int:
        """Input and output of the largest call."""
        calls = self.traffic.calls
        return int((calls.input_tokens + calls.output_tokens).max(initial=0))

    def usd(self, price: Price) -> float | Unpriced:
        if any(rate.at_least or rate.tiers for rate in price.rates):
            return total_usd(as_billed_by(self.traffic, price), price)
        usd = 0.0
        for meter, tokens in self._sums_at(price).items():
            rate = price.rate_of(meter)
            if rate is None:
                return Unpriced(f"no {meter} price for {price.provider} {price.model}")
            usd += float(tokens * rate.usd / rate.per)
        return usd

    def _sums_at(self, price: Price) -> dict[Meter, int]:
        meters = frozenset(rate.meter for rate in price.rates)
        if meters not in self._sums:
            quantities = quantities_of(as_billed_by(self.traffic, price), price)
            self._sums[meters] = {meter: int(column.sum()) for meter, column in quantities.items()}
        return self._sums[meters]
