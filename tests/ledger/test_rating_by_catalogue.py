"""Wherever we give a charge, it is what the catalogue's own package charges."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random

import msgspec
from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, Provider
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.meter import Meter
from ledger.price import Price
from ledger.pricebook import PriceBook
from ledger.rating import Charge, rate
from ledger.units import Units
from ledger.usage import TokenUsage
from tests.ledger.made_up import usages

UNIT_OF = {
    Meter.AUDIO: "audio_ms",
    Meter.CHARACTERS: "characters",
    Meter.WEB_SEARCH: "web_searches",
    Meter.FILE_SEARCH: "file_searches",
    Meter.PAGE: "pages",
}
"""Those that the catalogue has rates for."""
COUNT = st.integers(0, 99_999)
UNITS = frozenset(UNIT_OF)
MEDIA = frozenset({Meter.INPUT_AUDIO, Meter.INPUT_IMAGE, Meter.OUTPUT_AUDIO, Meter.OUTPUT_IMAGE})
NO_UNITS = Units()
NOTHING = TokenUsage(input_tokens=0)
NOVEMBER = datetime(2026, 11, 2, 12, tzinfo=UTC)
BOOK = PriceBook()
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
MINUTES = int(timedelta(days=1200) / timedelta(minutes=1))


@cache
def catalogue() -> list[tuple[Provider, ModelInfo]]:
    return [(provider, model) for provider in get_snapshot().providers for model in provider.models]


THEIR_NAMES = {
    "reasoning_tokens": "output_reasoning_tokens",
    "cache_read_audio_tokens": "cache_audio_read_tokens",
    "cache_read_image_tokens": "cache_image_read_tokens",
    "characters": "input_characters",
    "file_searches": "storage_searches",
    "search_units": "rerank_searches",
    "pages": "input_document_pages",
}
NOT_THEIRS = ("rejected_prediction_tokens", "inferred_tokens", "images", "audio_ms")


def theirs(
    provider: Provider, model: ModelInfo, usage: TokenUsage, at: datetime, units: Units = NO_UNITS
) -> Decimal:
    """What the catalogue's own package charges, in nano-USD."""
    counts = {**msgspec.structs.asdict(usage), **msgspec.structs.asdict(units)}
    told = {THEIR_NAMES.get(name, name): count for name, count in counts.items() if name not in NOT_THEIRS}
    seconds = Decimal(units.audio_ms or 0) / 1000
    told |= {"audio_seconds": seconds, "input_audio_seconds": seconds}
    calculation = model.calc_price(Usage(**told), provider, genai_request_timestamp=at)
    return calculation.total_price * 1_000_000_000


@settings(max_examples=400, deadline=None)
@given(
    st.randoms(use_true_random=False),
    usages(media=False),
    st.integers(0, MINUTES),
)
def test_our_charge_is_the_catalogues_to_a_nano_usd_a_line(
    chance: Random, usage: TokenUsage, minute: int
) -> None:
    provider, model = chance.choice(catalogue())
    at = FIRST_DAY + timedelta(minutes=minute)
    charge = rate(usage, BOOK.price_at(provider.id, [model.id], None, at))
    if isinstance(charge, Charge) and charge.price.model == model.id:
        assert abs(charge.list_cost - theirs(provider, model, usage, at)) <= len(charge.lines) / 2


@cache
def with_rates_for(meters: frozenset[Meter]) -> list[tuple[Provider, ModelInfo]]:
    """Models with a rate for one of *meters* at least."""
    found = []
    for provider, model in catalogue():
        price = BOOK.price_at(provider.id, [model.id], None, NOVEMBER)
        if isinstance(price, Price) and meters & {each.meter for each in price.rates}:
            found.append((provider, model))
    return found


PARTS = {
    "cache_read_audio_tokens": Meter.CACHE_READ_AUDIO,
    "cache_read_image_tokens": Meter.CACHE_READ_IMAGE,
    "input_audio_tokens": Meter.INPUT_AUDIO,
    "input_image_tokens": Meter.INPUT_IMAGE,
    "cache_write_tokens": None,
    "cache_write_1h_tokens": None,
    "output_audio_tokens": Meter.OUTPUT_AUDIO,
    "output_image_tokens": Meter.OUTPUT_IMAGE,
    "cache_read_tokens": Meter.CACHE_READ,
}


def as_sold(usage: TokenUsage, price: Price) -> TokenUsage:
    """Without what *price* has no rate for: most of it would be Unpriced, and compared with nothing."""
    counts = msgspec.structs.asdict(usage)
    for name, meter in PARTS.items():
        if meter is None or price.rate_of(meter) is None:
            counts[name] = None
    for kind in ("audio", "image"):
        known = counts["cache_read_tokens"] and counts[f"input_{kind}_tokens"]
        counts[f"cache_read_{kind}_tokens"] = (counts[f"cache_read_{kind}_tokens"] or 0) if known else None
    return TokenUsage(**counts)


@settings(max_examples=400, deadline=None)
@given(st.randoms(use_true_random=False), st.data())
def test_audio_and_images_are_charged_as_the_catalogue_does(chance: Random, data: st.DataObject) -> None:
    provider, model = chance.choice(with_rates_for(MEDIA))
    price = BOOK.price_at(provider.id, [model.id], None, NOVEMBER)
    assert isinstance(price, Price)
    usage = as_sold(data.draw(usages()), price)
    units = Units(**{name: data.draw(COUNT) for meter, name in UNIT_OF.items() if price.rate_of(meter)})
    charge = rate(usage, price, units)
    if isinstance(charge, Charge):
        their_charge = theirs(provider, model, usage, NOVEMBER, units)
        assert abs(charge.list_cost - their_charge) <= len(charge.lines) / 2


def test_units_alone_are_charged_as_the_catalogue_does_for_every_model() -> None:
    """Searches, hours, characters and pages; half of them with the least of audio that Groq charges."""
    compared = 0
    for provider, model in with_rates_for(UNITS):
        price = BOOK.price_at(provider.id, [model.id], None, NOVEMBER)
        assert isinstance(price, Price)
        for count in (3, 61_234):
            units = Units(**{name: count for meter, name in UNIT_OF.items() if price.rate_of(meter)})
            charge = rate(NOTHING, price, units)
            assert isinstance(charge, Charge)
            assert abs(charge.list_cost - theirs(provider, model, NOTHING, NOVEMBER, units)) <= 2
            compared += bool(charge.lines)
    assert compared > 200


def test_every_model_of_the_catalogue_that_has_a_price_has_the_catalogues() -> None:
    """All of them, at one plain usage: most are charged, so the property above is about something."""
    usage = TokenUsage(input_tokens=1_234, output_tokens=567)
    compared = 0
    for provider, model in catalogue():
        charge = rate(usage, BOOK.price_at(provider.id, [model.id], None, NOVEMBER))
        if isinstance(charge, Charge) and charge.price.model == model.id:
            assert abs(charge.list_cost - theirs(provider, model, usage, NOVEMBER)) <= 1, model.id
            compared += 1
    assert compared > 0.8 * len(catalogue())
