"""A price: what each meter of a model costs on a day, and who says so."""

from datetime import date
from decimal import Decimal
from functools import cached_property

import msgspec

from ledger.meter import Meter
from ledger.money import NANO_PER_USD, NanoUsd, cost_of

STANDARD = "standard"
"""The service tier that list prices are for."""


class Tier(msgspec.Struct, frozen=True):
    """The rate of a call whose total input, cached tokens included, is larger than *above_input_tokens*."""

    above_input_tokens: int
    usd: Decimal


class Rate(msgspec.Struct, frozen=True, dict=True):
    """*usd* per *per* units of *meter*. A tier holds for all tokens of the call, not only those above it."""

    meter: Meter
    usd: Decimal
    per: int
    tiers: tuple[Tier, ...] = ()
    """Ascending."""
    at_least: int = 0
    """A smaller quantity is charged as this one; none is charged as none."""

    def usd_at(self, input_tokens: int) -> Decimal:
        """The rate of a call with *input_tokens* in all."""
        usd = self.usd
        for tier in self.tiers:
            if input_tokens > tier.above_input_tokens:
                usd = tier.usd
        return usd

    def cost_of(self, quantity: int, input_tokens: int) -> NanoUsd:
        """List cost of *quantity* units, in a call with *input_tokens* in all. See ledger.money.cost_of."""
        if self.whole_nusd is not None:
            return NanoUsd(quantity * self.whole_nusd)
        return cost_of(quantity, self.usd_at(input_tokens), self.per)

    @cached_property
    def whole_nusd(self) -> int | None:
        """Nano-USD for one unit of every call, where that is a whole number: then nothing is rounded."""
        numerator, denominator = self.usd.as_integer_ratio()
        whole, rest = divmod(numerator * NANO_PER_USD, denominator * self.per)
        return None if rest or self.tiers else whole


class Price(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All rates of one model at one provider and service tier, with where they come from."""

    provider: str
    model: str
    """The model as the price list names it."""
    service_tier: str = STANDARD
    rates: tuple[Rate, ...]
    source: str
    """genai-prices with its version, or configuration."""
    source_url: str | None = None
    since: date | None = None
    """First day that the source gives for these rates; None: it gives none."""

    def rate_of(self, meter: Meter) -> Rate | None:
        return self._by_meter.get(meter)

    @cached_property
    def _by_meter(self) -> dict[Meter, Rate]:
        return {rate.meter: rate for rate in reversed(self.rates)}

    @cached_property
    def charges_requests(self) -> bool:
        return self.rate_of(Meter.REQUEST) is not None

    @cached_property
    def whole_nusd(self) -> tuple[int, int] | None:
        """Of each token that goes in and comes out, where a call without other classes of tokens costs that
        and nothing more, and nothing is rounded."""
        rates = [self.rate_of(meter) for meter in (Meter.INPUT, Meter.OUTPUT)]
        whole = [rate.whole_nusd for rate in rates if rate is not None and not rate.at_least]
        if self.charges_requests or len(whole) < len(rates):
            return None
        into, out_of = whole
        return None if into is None or out_of is None else (into, out_of)


class NoPrice(msgspec.Struct, frozen=True):
    """Nobody we asked knows a price; *reason* says what is missing."""

    reason: str


def fingerprint_of(price: Price) -> bytes:
    """Prices that are the same in every respect have the same."""
    from hashlib import sha256  # brings OpenSSL, which whoever writes the ledger does without

    return sha256(msgspec.json.encode(price)).digest()
