"""Rating: usage and a price make a charge, or the reason why there is none."""

import msgspec

from ledger.meter import Meter
from ledger.money import NANO_PER_USD, NanoUsd, cost_of
from ledger.price import NoPrice, Price
from ledger.usage import TokenUsage

LARGEST_CHARGE = NanoUsd(1_000_000 * NANO_PER_USD)
"""A million USD for one call is a fault of upstream's counts; sums of such would leave 64 bits."""


class ChargeLine(msgspec.Struct, frozen=True):
    meter: Meter
    quantity: int
    list_cost: NanoUsd


class Charge(msgspec.Struct, frozen=True):
    """What the call costs at list price."""

    lines: tuple[ChargeLine, ...]
    list_cost: NanoUsd
    """The sum of the rounded lines."""
    price: Price


class Unpriced(msgspec.Struct, frozen=True):
    reason: str


def rate(usage: TokenUsage, price: Price | NoPrice) -> Charge | Unpriced:
    """Charge *usage* at *price*.

    A meter with a quantity but no rate makes the whole call Unpriced: half a price is a wrong price."""
    if isinstance(price, NoPrice):
        return Unpriced(price.reason)
    if usage.input_audio_tokens and (usage.cache_read_tokens or usage.cache_write_tokens):
        return Unpriced("how many cached tokens are audio is not reported")
    lines, total = [], 0
    for meter, quantity in _quantities(usage, price):
        rated = price.rate_of(meter)
        if rated is None:
            return Unpriced(f"no {meter} price for {price.provider} {price.model}")
        cost = cost_of(quantity, rated.usd_at(usage.input_tokens), rated.per)
        lines.append(ChargeLine(meter, quantity, cost))
        total += cost
    if total > LARGEST_CHARGE:
        return Unpriced("the charge is too large to be true")
    return Charge(tuple(lines), NanoUsd(total), price)


def _quantities(usage: TokenUsage, price: Price) -> list[tuple[Meter, int]]:
    """The call's quantities by meter, zeros left out; they do not overlap and leave nothing else out."""
    cache_read = usage.cache_read_tokens or 0
    cache_write = usage.cache_write_tokens or 0
    cache_write_1h = usage.cache_write_1h_tokens or 0
    input_audio = usage.input_audio_tokens or 0
    output_audio = usage.output_audio_tokens or 0
    reasoning = usage.reasoning_tokens or 0
    if reasoning and price.rate_of(Meter.OUTPUT_REASONING) is None:
        reasoning = 0
    found = [
        (Meter.INPUT, usage.input_tokens - cache_read - cache_write - input_audio),
        (Meter.CACHE_READ, cache_read),
        (Meter.CACHE_WRITE, cache_write - cache_write_1h),
        (Meter.CACHE_WRITE_1H, cache_write_1h),
        (Meter.INPUT_AUDIO, input_audio),
        (Meter.OUTPUT, usage.output_tokens - output_audio - reasoning),
        (Meter.OUTPUT_REASONING, reasoning),
        (Meter.OUTPUT_AUDIO, output_audio),
        (Meter.REQUEST, int(price.rate_of(Meter.REQUEST) is not None)),
    ]
    return [line for line in found if line[1]]
