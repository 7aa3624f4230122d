"""The rates of a price, as people quote them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.as_json import render_rate
from ledger.meter import Meter
from ledger.price import Price, Rate
from web.calls.charges import METER_WORDS
from web.filters import DASH, tokens
from web.manner import number

COLUMNS = (Meter.INPUT, Meter.CACHE_READ, Meter.CACHE_WRITE, Meter.OUTPUT)
"""Have a place of their own in the table; others are told in words."""
_WORDS = {**METER_WORDS, Meter.AUDIO: "Audio", Meter.REQUEST: "Calls"}
_PER = {1: "each", 1000: "per thousand", 1_000_000: "per million", 3_600_000: "per hour"}


@dataclass(frozen=True, slots=True)
class Rates:
    columns: tuple[str, ...]
    """Of COLUMNS, in USD per million tokens; a dash where there is none."""
    others: tuple[str, ...]
    larger: tuple[str, ...]
    """What holds for calls with larger inputs."""


def rates_of(price: Price) -> Rates:
    others = (rate for rate in price.rates if rate.meter not in COLUMNS)
    return Rates(
        columns=tuple(_column(price, meter) for meter in COLUMNS),
        others=tuple(f"{_WORDS[rate.meter]} {_usd(rate, 0)} {_PER[rate.meter.per]}" for rate in others),
        larger=tuple(_larger(price.rates)),
    )


def _column(price: Price, meter: Meter) -> str:
    rate = price.rate_of(meter)
    return DASH if rate is None else _usd(rate, 0)


def _usd(rate: Rate, input_tokens: int) -> str:
    return number(f"${render_rate(rate, rate.usd_at(input_tokens))}")


def _larger(rates: Sequence[Rate]) -> Iterator[str]:
    for start in sorted({tier.above_input_tokens for rate in rates for tier in rate.tiers}):
        told = [f"{_WORDS[rate.meter].lower()} {_usd(rate, start + 1)}" for rate in rates if rate.tiers]
        yield f"Above {tokens(start)} input tokens: {', '.join(told)}"
