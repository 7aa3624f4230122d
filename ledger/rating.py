"""Rating: usage and a price make a charge, or the reason why there is none."""

from typing import NamedTuple

import msgspec

from ledger.meter import Meter
from ledger.money import LARGEST_CHARGE, NanoUsd
from ledger.price import NoPrice, Price
from ledger.units import Units
from ledger.usage import TokenUsage, has_parts


class ChargeLine(msgspec.Struct, frozen=True):
    meter: Meter
    quantity: int
    """As it is charged: at least what the rate says."""
    list_cost: NanoUsd


class Charge(msgspec.Struct, frozen=True):
    """What the call costs at list price."""

    lines: tuple[ChargeLine, ...]
    list_cost: NanoUsd
    """The sum of the rounded lines."""
    price: Price


class Unpriced(msgspec.Struct, frozen=True):
    reason: str


TOO_LARGE = Unpriced("the charge is too large to be true")
_Quantities = list[tuple[Meter, int]]


def rate(usage: TokenUsage, price: Price | NoPrice, units: Units | None = None) -> Charge | Unpriced:
    """Charge *usage* and *units* at *price*.

    A meter with a quantity but no rate makes the whole call Unpriced: half a price is a wrong price."""
    if isinstance(price, NoPrice):
        return Unpriced(price.reason)
    quantities = _quantities(usage, price)
    if isinstance(quantities, Unpriced):
        return quantities
    lines, total = [], 0
    for meter, quantity in quantities + (_unit_quantities(units) if units else []):
        if not quantity:
            continue
        rated = price.rate_of(meter)
        if rated is None:
            return Unpriced(f"no {meter} price for {price.provider} {price.model}")
        charged = max(quantity, rated.at_least)
        cost = rated.cost_of(charged, usage.input_tokens)
        lines.append(ChargeLine(meter, charged, cost))
        total += cost
    if total > LARGEST_CHARGE:
        return TOO_LARGE
    return Charge(tuple(lines), NanoUsd(total), price)


def list_cost_of(usage: TokenUsage, price: Price | NoPrice, units: Units | None = None) -> NanoUsd | Unpriced:
    """The sum alone of that charge: of each call more than this is seldom asked for."""
    whole = price.whole_nusd if isinstance(price, Price) and units is None else None
    if whole is not None and not has_parts(usage):
        total = usage.input_tokens * whole[0] + usage.output_tokens * whole[1]
        if total <= LARGEST_CHARGE:
            return NanoUsd(total)
    charge = rate(usage, price, units)
    return charge if isinstance(charge, Unpriced) else charge.list_cost


def _quantities(usage: TokenUsage, price: Price) -> _Quantities | Unpriced:
    """The call's tokens by meter, zeros among them; they do not overlap and leave nothing out."""
    if not has_parts(usage):
        found = [(Meter.INPUT, usage.input_tokens), (Meter.OUTPUT, usage.output_tokens)]
        return [*found, (Meter.REQUEST, 1)] if price.charges_requests else found
    media = _media_quantities(usage, price) if usage.input_audio_tokens or usage.input_image_tokens else []
    if isinstance(media, Unpriced):
        return media
    beside = dict(media)
    cached_media = beside.get(Meter.CACHE_READ_AUDIO, 0) + beside.get(Meter.CACHE_READ_IMAGE, 0)
    cache_read = usage.cache_read_tokens or 0
    cache_write = usage.cache_write_tokens or 0
    cache_write_1h = usage.cache_write_1h_tokens or 0
    output_audio = usage.output_audio_tokens or 0
    output_image = usage.output_image_tokens or 0
    reasoning = usage.reasoning_tokens or 0
    if reasoning and price.rate_of(Meter.OUTPUT_REASONING) is None:
        reasoning = 0
    uncached_media = sum(beside.values()) - cached_media
    return [
        (Meter.INPUT, usage.input_tokens - cache_read - cache_write - uncached_media),
        (Meter.CACHE_READ, cache_read - cached_media),
        (Meter.CACHE_WRITE, cache_write - cache_write_1h),
        (Meter.CACHE_WRITE_1H, cache_write_1h),
        *media,
        (Meter.OUTPUT, usage.output_tokens - output_audio - output_image - reasoning),
        (Meter.OUTPUT_REASONING, reasoning),
        (Meter.OUTPUT_AUDIO, output_audio),
        (Meter.OUTPUT_IMAGE, output_image),
        (Meter.REQUEST, int(price.charges_requests)),
    ]


class _Media(NamedTuple):
    """One kind of input that is not text."""

    kind: str
    tokens: int
    cached_tokens: int | None
    """None: not said."""
    meter: Meter
    cached_meter: Meter


def _media_quantities(usage: TokenUsage, price: Price) -> _Quantities | Unpriced:
    """Audio and images that went in, cached or not. Nothing of what costs the same as text."""
    found: _Quantities = []
    for media in (_audio_of(usage), _images_of(usage)):
        if not media.tokens or _costs_as_text(price, media.meter, media.cached_meter):
            continue
        if usage.cache_write_tokens or (usage.cache_read_tokens and media.cached_tokens is None):
            return Unpriced(f"how many cached tokens are {media.kind} is not reported")
        cached = media.cached_tokens or 0
        found += [(media.meter, media.tokens - cached), (media.cached_meter, cached)]
    return found


def _audio_of(usage: TokenUsage) -> _Media:
    audio, cached = usage.input_audio_tokens or 0, usage.cache_read_audio_tokens
    return _Media("audio", audio, cached, Meter.INPUT_AUDIO, Meter.CACHE_READ_AUDIO)


def _images_of(usage: TokenUsage) -> _Media:
    images, cached = usage.input_image_tokens or 0, usage.cache_read_image_tokens
    return _Media("images", images, cached, Meter.INPUT_IMAGE, Meter.CACHE_READ_IMAGE)


def _costs_as_text(price: Price, meter: Meter, cached_meter: Meter) -> bool:
    """Then it does not matter how many of the cached tokens are of this kind."""
    same = _terms(price, meter) == _terms(price, Meter.INPUT)
    same_cached = _terms(price, cached_meter) == _terms(price, Meter.CACHE_READ)
    return same and same_cached and price.rate_of(meter) is not None


def _terms(price: Price, meter: Meter) -> tuple[object, ...] | None:
    found = price.rate_of(meter)
    return (found.usd, found.per, found.tiers, found.at_least) if found else None


def _unit_quantities(units: Units) -> _Quantities:
    return [
        (Meter.IMAGES, units.images or 0),
        (Meter.AUDIO, units.audio_ms or 0),
        (Meter.CHARACTERS, units.characters or 0),
        (Meter.WEB_SEARCH, units.web_searches or 0),
        (Meter.FILE_SEARCH, units.file_searches or 0),
        (Meter.SEARCH_UNIT, units.search_units or 0),
        (Meter.PAGE, units.pages or 0),
    ]
