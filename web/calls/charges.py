"""A call's cost, line by line, and whose price it is; or what would give it a price. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from ledger.call import Entry, Pricing
from ledger.meter import Meter
from ledger.money import NanoUsd
from ledger.period import time_of
from ledger.price import STANDARD, Price, Rate
from ledger.pricebook import LONGEST_NAME, is_standard
from ledger.rating import Charge, ChargeLine, rate
from web.filters import counted, tokens
from web.manner import number
from web.override_toml import meters_to_price, override_toml

METER_WORDS = {
    Meter.INPUT: "Input tokens",
    Meter.CACHE_READ: "Input tokens read from the cache",
    Meter.CACHE_WRITE: "Input tokens written to the cache",
    Meter.CACHE_WRITE_1H: "Input tokens written to the cache for an hour",
    Meter.INPUT_AUDIO: "Audio input tokens",
    Meter.OUTPUT: "Output tokens",
    Meter.OUTPUT_REASONING: "Reasoning tokens",
    Meter.OUTPUT_AUDIO: "Audio output tokens",
    Meter.REQUEST: "Requests",
    Meter.INPUT_IMAGE: "Image input tokens",
    Meter.OUTPUT_IMAGE: "Image output tokens",
    Meter.CACHE_READ_AUDIO: "Audio input tokens read from the cache",
    Meter.CACHE_READ_IMAGE: "Image input tokens read from the cache",
    Meter.IMAGES: "Images made",
    Meter.AUDIO: "Milliseconds of audio",
    Meter.CHARACTERS: "Characters",
    Meter.WEB_SEARCH: "Web searches",
    Meter.FILE_SEARCH: "File searches",
    Meter.SEARCH_UNIT: "Search units",
    Meter.PAGE: "Pages",
}
_PER_WORDS = {1: "each", 1000: "per thousand", 1_000_000: "per million"}
_MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRow:
    """*quantity* at *usd* per *per* is *cost*, rounded half-even to 1 nano-USD."""

    words: str
    quantity: int
    usd: str
    per: str
    cost: NanoUsd
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    rows: tuple[ChargeRow, ...]
    total: NanoUsd
    """The sum of the rows."""
    price: Price
    agrees: bool
    """The total is the cost that the ledger has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """How a call without a price gets one."""

    toml: str
    """To paste into the configuration; empty where that does not help."""
    needs_provider: bool = False
    """The upstream has nobody whose prices apply."""


def charges_of(entry: Entry) -> Charges | None:
    """None: the call has no cost."""
    usage, price = entry.call.usage, entry.price
    if entry.pricing is not Pricing.PRICED or usage is None or price is None:
        return None
    charge = rate(usage, price, entry.call.units)
    if not isinstance(charge, Charge):
        return None
    return Charges(
        rows=tuple(_row(line, price, usage.input_tokens) for line in charge.lines),
        total=charge.list_cost,
        price=price,
        agrees=charge.list_cost == entry.list_cost,
    )


def remedy_of(entry: Entry) -> Remedy | None:
    """None: the cost is known, or it is not a price that is missing."""
    call = entry.call
    if entry.pricing is not Pricing.UNPRICED or call.usage is None:
        return None
    if call.provider is None:
        return Remedy(toml="", needs_provider=True)
    meters = meters_to_price(call.usage, call.units)
    if not meters or not call.model or max(len(call.provider), len(call.model)) > LONGEST_NAME:
        return None
    tier = STANDARD if is_standard(call.service_tier) else str(call.service_tier)
    since = time_of(call.started_us).date()
    return Remedy(toml=override_toml(call.provider, call.model, since, meters, tier))


def _row(line: ChargeLine, price: Price, input_tokens: int) -> ChargeRow:
    rated = price.rate_of(line.meter)
    assert rated is not None
    return ChargeRow(
        words=METER_WORDS[line.meter],
        quantity=line.quantity,
        usd=_dollars(rated.usd_at(input_tokens)),
        per=_per(rated),
        cost=line.list_cost,
        note=_note(line, rated, input_tokens),
    )


def _dollars(usd: Decimal) -> str:
    """Every digit, two places at least.

    >>> _dollars(Decimal("15")), _dollars(Decimal("0.0250")), _dollars(Decimal("1E+1"))
    ('$15.00', '$0.025', '$10.00')
    """
    whole, _, places = f"{usd:f}".partition(".")
    return number(f"${int(whole):,}.{places.rstrip('0').ljust(2, '0')}")


def _per(rated: Rate) -> str:
    if rated.meter is Meter.AUDIO and rated.per == _MS_PER_HOUR:
        return "per hour"
    return _PER_WORDS.get(rated.per, f"per {tokens(rated.per)}")


def _note(line: ChargeLine, rated: Rate, input_tokens: int) -> str:
    told = []
    above = [tier for tier in rated.tiers if input_tokens > tier.above_input_tokens]
    if above:
        told.append(f"the rate of calls with more than {tokens(above[-1].above_input_tokens)} input tokens")
    if rated.at_least and line.quantity == rated.at_least:
        told.append(f"{counted(rated.at_least, 'unit')} at least are charged")
    return "; ".join(told)
