"""Calls at a price: one number for each, the one that ledger.rating gives it.

Nothing is priced as a sum: a context tier is a cliff on one call's own input."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from ledger.meter import Meter
from ledger.money import LARGEST_CHARGE, NANO_PER_USD, cost_of
from ledger.price import NoPrice, Price, Rate
from ledger.rating import Unpriced
from projection.columns import UNKNOWN, Ints
from projection.period import Floats
from projection.traffic import Flags, Traffic

Prices = Callable[[str | None, Sequence[str | None], str | None], Price | NoPrice]
"""Provider, the names that a model goes by, service tier -> today's price: ledger.pricebook with a day."""

_MOST_NUSD = 2**59
"""As much for one line fits into 64 bits eight times, and is far more than LARGEST_CHARGE."""


def cost_usd(traffic: Traffic, price: Price) -> Floats | Unpriced:
    """USD of each call; see cost_nusd."""
    found = cost_nusd(traffic, price)
    return found if isinstance(found, Unpriced) else found / NANO_PER_USD


def cost_nusd(traffic: Traffic, price: Price) -> Ints | Unpriced:
    """Nano-USD of each call at *price*, each line of it rounded half-even. A call without usage costs 0.

    Tokens that *price* has no rate for make all of it Unpriced. Cached tokens and reasoning that nobody
    reported are taken as none. Raises ValueError where parts exceed their total."""
    quantities = quantities_of(traffic, price)
    for meter in quantities:
        if price.rate_of(meter) is None:
            return Unpriced(f"no {meter} price for {price.provider} {price.model}")
    costs = _sum_of_lines(traffic, price, quantities)
    if costs.max(initial=0) > LARGEST_CHARGE:
        return Unpriced("the charge is too large to be true")
    return costs


def total_usd(traffic: Traffic, price: Price) -> float | Unpriced:
    """The sum of cost_usd, but for the rounding of each line: tokens are added up by meter and context tier,
    which is all that the price of one depends on, so that nothing crosses a cliff that did not before."""
    if any(rate.at_least for rate in price.rates):
        found = cost_usd(traffic, price)
        return found if isinstance(found, Unpriced) else float(found.sum())
    usd = 0.0
    for meter, quantity in quantities_of(traffic, price).items():
        rate = price.rate_of(meter)
        if rate is None:
            return Unpriced(f"no {meter} price for {price.provider} {price.model}")
        usd += _total_of_line(quantity, rate, traffic.calls.input_tokens)
    return usd


def each_nusd(traffic: Traffic, price: Price) -> Ints:
    """As cost_nusd, but a call that cannot be priced is UNKNOWN by itself; so is one without usage."""
    quantities = quantities_of(traffic, price)
    rated = {meter: column for meter, column in quantities.items() if price.rate_of(meter) is not None}
    costs = _sum_of_lines(traffic, price, rated)
    unpriced = (traffic.calls.input_tokens < 0) | (costs > LARGEST_CHARGE)
    for meter in quantities.keys() - rated.keys():
        unpriced |= quantities[meter] > 0
    costs[unpriced] = UNKNOWN
    return costs


def repriced(traffic: Traffic, prices: Prices) -> Traffic:
    """The same calls; those without a list cost have the price list's, where it can price them."""
    costs = traffic.list_cost_nusd.copy()
    for number, billed in enumerate(traffic.billings):
        lacking = (traffic.billed == number) & (costs == UNKNOWN)
        if lacking.any():
            price = prices(billed.provider, billed.models, billed.service_tier)
            if isinstance(price, Price):
                costs[lacking] = each_nusd(some_of(traffic, lacking), price)
    return replace(traffic, list_cost_nusd=costs)


def as_billed_by(traffic: Traffic, price: Price) -> Traffic:
    """The same calls as somebody with *price* would bill them: cached tokens that it has no rate for are
    plain input. Where it has the rates, its cache is taken to find and keep the same tokens as today's."""
    calls, none = traffic.calls, np.zeros(len(traffic), dtype=np.int64)
    if price.rate_of(Meter.CACHE_READ) is None:
        calls = replace(calls, cache_read_tokens=none)
        return replace(traffic, calls=calls, cache_write_tokens=none, cache_write_1h_tokens=none)
    if price.rate_of(Meter.CACHE_WRITE) is None:
        return replace(traffic, cache_write_tokens=none, cache_write_1h_tokens=none)
    if price.rate_of(Meter.CACHE_WRITE_1H) is None:
        return replace(traffic, cache_write_1h_tokens=none)
    return traffic


def some_of(traffic: Traffic, which: Flags) -> Traffic:
    """Traffic.picked; nothing is copied where all are meant."""
    return traffic if which.all() else traffic.picked(which)


def quantities_of(traffic: Traffic, price: Price) -> dict[Meter, Ints]:
    """As ledger.rating splits the tokens up; meters that nothing falls to are left out."""
    calls = traffic.calls
    known = calls.input_tokens >= 0
    read, write = _reported(calls.cache_read_tokens, known), _reported(traffic.cache_write_tokens, known)
    write_1h = _reported(traffic.cache_write_1h_tokens, known)
    output, reasoning = _reported(calls.output_tokens, known), np.zeros(len(traffic), dtype=np.int64)
    if price.rate_of(Meter.OUTPUT_REASONING) is not None:
        reasoning = _reported(traffic.reasoning_tokens, known)
    found = {
        Meter.INPUT: _less(_reported(calls.input_tokens, known), read, write),
        Meter.CACHE_READ: read,
        Meter.CACHE_WRITE: _less(write, write_1h),
        Meter.CACHE_WRITE_1H: write_1h,
        Meter.OUTPUT: _less(output, reasoning),
        Meter.OUTPUT_REASONING: reasoning,
    }
    if price.rate_of(Meter.REQUEST) is not None:
        found[Meter.REQUEST] = known.astype(np.int64)
    return {meter: column for meter, column in found.items() if column.any()}


def _reported(tokens: Ints, known: Flags) -> Ints:
    """What is not known is 0. Most columns are all known or all unknown, and then nothing is copied."""
    if tokens.max(initial=0) <= 0:
        return np.zeros(len(tokens), dtype=np.int64)
    if tokens.min() >= 0 and known.all():
        return tokens
    return np.where(known & (tokens > 0), tokens, 0)


def _less(total: Ints, *parts: Ints) -> Ints:
    for part in parts:
        if part.any():
            total = total - part
            if total.min() < 0:
                raise ValueError("cached tokens or reasoning exceed the tokens that they are part of")
    return total


def _sum_of_lines(traffic: Traffic, price: Price, quantities: dict[Meter, Ints]) -> Ints:
    total: Ints = np.zeros(len(traffic), dtype=np.int64)
    for meter, quantity in quantities.items():
        rate = price.rate_of(meter)
        if rate is not None:
            total += _line(quantity, rate, traffic.calls.input_tokens)
    return total


def _line(quantity: Ints, rate: Rate, input_tokens: Ints) -> Ints:
    """What ledger.rating charges for one meter, call by call."""
    charged = np.where(quantity > 0, np.maximum(quantity, rate.at_least), 0) if rate.at_least else quantity
    costs = _times(charged, rate.usd, rate.per)
    for tier in rate.tiers:
        above = input_tokens > tier.above_input_tokens
        if above.any():
            costs[above] = _times(charged[above], tier.usd, rate.per)
    return costs


def _total_of_line(quantity: Ints, rate: Rate, input_tokens: Ints) -> float:
    steps = [rate.usd, *(tier.usd for tier in rate.tiers)]
    above = [quantity[input_tokens > tier.above_input_tokens].sum() for tier in rate.tiers]
    sums = [int(tokens) for tokens in (quantity.sum(), *above, 0)]
    return float(sum((sums[n] - sums[n + 1]) * usd for n, usd in enumerate(steps)) / rate.per)


def _times(quantity: Ints, usd: Decimal, per: int) -> Ints:
    """ledger.money.cost_of for a column."""
    nusd = Fraction(usd) * NANO_PER_USD / per
    most = max(int(quantity.max(initial=0)), 1) * nusd.numerator
    if max(most, nusd.denominator) > _MOST_NUSD:
        return _times_one_by_one(quantity, usd, per)
    product: Ints = quantity * nusd.numerator
    if nusd.denominator == 1:
        return product
    whole, rest = np.divmod(product, nusd.denominator)
    over = 2 * rest - nusd.denominator
    rounded: Ints = whole + ((over > 0) | ((over == 0) & (whole % 2 == 1)))
    return rounded


def _times_one_by_one(quantity: Ints, usd: Decimal, per: int) -> Ints:
    """Where 64 bits are too few on the way: rates with a dozen places, counts that nobody can have meant."""
    distinct, places = np.unique(quantity, return_inverse=True)
    costs = [min(cost_of(int(each), usd, per), _MOST_NUSD) for each in distinct]
    found: Ints = np.array(costs, dtype=np.int64)[places]
    return found
