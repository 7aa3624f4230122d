"""The genai-prices catalogue, read as prices.

Source of its rules: https://github.com/pydantic/genai-prices, package version 0.2.3, read 2026-11-22:
types.py says which variant and which day hold, data_units.py what each rate is per."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from ledger.meter import Meter
from ledger.price import STANDARD, NoPrice, Price, Rate, Tier

if TYPE_CHECKING:
    from genai_prices.types import (
        ConditionalPrice,
        ModelInfo,
        ModelPrice,
        PriceVariant,
        Provider,
        TieredPrices,
    )

_METERS = {
    "input_mtok": Meter.INPUT,
    "cache_read_mtok": Meter.CACHE_READ,
    "cache_write_mtok": Meter.CACHE_WRITE,
    "cache_write_1h_mtok": Meter.CACHE_WRITE_1H,
    "input_audio_mtok": Meter.INPUT_AUDIO,
    "output_mtok": Meter.OUTPUT,
    "output_reasoning_mtok": Meter.OUTPUT_REASONING,
    "output_audio_mtok": Meter.OUTPUT_AUDIO,
    "requests_kcount": Meter.REQUEST,
    "input_image_mtok": Meter.INPUT_IMAGE,
    "output_image_mtok": Meter.OUTPUT_IMAGE,
    "cache_audio_read_mtok": Meter.CACHE_READ_AUDIO,
    "cache_image_read_mtok": Meter.CACHE_READ_IMAGE,
    "audio_hours": Meter.AUDIO,
    "input_audio_hours": Meter.AUDIO,
    "input_mchars": Meter.CHARACTERS,
    "web_searches_kcount": Meter.WEB_SEARCH,
    "storage_searches_kcount": Meter.FILE_SEARCH,
    "rerank_searches_kcount": Meter.SEARCH_UNIT,
    "input_document_kpages": Meter.PAGE,
}
"""A price with any other rate is none: that is for what no wire format reports, such as video tokens.
The two rates for hours of audio name one thing: where a model has both they are the same."""

_TIER_KEYS = frozenset({"processing", "service_tier", "speed"})
"""What the catalogue calls the condition of a service tier: batch is a processing, Anthropic's fast a speed.
Its other conditions are choices of another kind, such as Perplexity's search_type."""


class _BilledAs(NamedTuple):
    """A class of tokens that has no rate of its own because the provider bills it at a more general one."""

    provider: str
    models: str
    meter: Meter
    general: Meter


_AUDIO_AS_TEXT = ((Meter.INPUT_AUDIO, Meter.INPUT), (Meter.CACHE_READ_AUDIO, Meter.CACHE_READ))
_BILLED_AS = (
    # "Input price (text / image / video)": https://ai.google.dev/gemini-api/docs/pricing
    _BilledAs("google", "gemini-*", Meter.INPUT_IMAGE, Meter.INPUT),
    _BilledAs("google", "gemini-*", Meter.CACHE_READ_IMAGE, Meter.CACHE_READ),
    # The same page has one price for these whatever goes in, audio too.
    *(
        _BilledAs("google", models, meter, general)
        for models in (
            "gemini-2.5-pro",
            "gemini-3-pro-*",
            "gemini-3.1-pro-*",
            "gemini-3.[5-8]-flash*",
            "gemini-4-*",
        )
        for meter, general in _AUDIO_AS_TEXT
    ),
    # These make nothing but speech: its rate is what the catalogue has for all output.
    _BilledAs("google", "gemini-*-tts*", Meter.OUTPUT_AUDIO, Meter.OUTPUT),
    _BilledAs("openai", "*-tts", Meter.OUTPUT_AUDIO, Meter.OUTPUT),
    # These make nothing but images: https://developers.openai.com/api/docs/pricing
    _BilledAs("openai", "gpt-image-*", Meter.OUTPUT_IMAGE, Meter.OUTPUT),
)

_BILLED_AT_LEAST = {
    ("groq", "whisper-large-v3"): 10_000,
    ("groq", "whisper-large-v3-turbo"): 10_000,
}
"""Milliseconds: Groq charges ten seconds for a shorter file; see the package's ModelInfo.calc_price."""


class FromThen(NamedTuple):
    """A price and the time of day (UTC) from which it holds."""

    start: time
    price: Price | NoPrice


def catalogue_day(provider_id: str, model_name: str, tier: str, day: date) -> Iterator[FromThen]:
    """The catalogue's prices through one UTC day; more than one where the hour decides (DeepSeek)."""
    found = _find(provider_id, model_name)
    if isinstance(found, NoPrice):
        yield FromThen(time.min, found)
        return
    provider, model = found
    for start in _changes_within_a_day(model):
        yield FromThen(start, _price_of(provider, model, tier, datetime.combine(day, start, UTC)))


def provider_of_url(base_url: str) -> str | None:
    """The catalogue's provider for an API address, such as https://api.openai.com/v1; None: it knows none."""
    import re

    from genai_prices.data_snapshot import get_snapshot

    for provider in get_snapshot().providers:
        if re.match(provider.api_pattern, base_url):
            return str(provider.id)
    return None


def _find(provider_id: str, model_name: str) -> "tuple[Provider, ModelInfo] | NoPrice":
    from genai_prices.data_snapshot import find_provider_by_id, get_snapshot

    providers = get_snapshot().providers
    provider = find_provider_by_id(providers, provider_id)
    if provider is None:
        return NoPrice(f"no price list for provider {provider_id}")
    model = provider.find_model(model_name, all_providers=providers)
    if model is None:
        return NoPrice(f"no price for {provider_id} {model_name}")
    return provider, model


def _changes_within_a_day(model: "ModelInfo") -> list[time]:
    from genai_prices.types import TimeOfDateConstraint

    starts = {time.min}
    for conditional in model.prices if isinstance(model.prices, list) else ():
        if isinstance(conditional.constraint, TimeOfDateConstraint):
            starts |= {conditional.constraint.start_time, conditional.constraint.end_time}
    return sorted({_in_utc(start) for start in starts})


def _in_utc(clock: time) -> time:
    """Without a time zone it is in UTC already."""
    if clock.tzinfo is None:
        return clock
    return datetime.combine(date(1970, 1, 1), clock).astimezone(UTC).time()


def _price_of(provider: "Provider", model: "ModelInfo", tier: str, at: datetime) -> Price | NoPrice:
    variants = _variants_of(provider, model, tier, at)
    if tier != STANDARD and len({tuple(variant.when) for variant in variants}) != 1:
        return NoPrice(f"no price for service tier {tier} of {provider.id} {model.id}")
    prices = model.get_prices(at, variants[0].when if variants else {})
    rates = _rates_of(provider, model, prices)
    if isinstance(rates, NoPrice):
        return rates
    return Price(
        provider=provider.id,
        model=model.id,
        service_tier=tier,
        rates=rates,
        source=_source(),
        source_url=next(iter(provider.pricing_urls or ()), None),
        since=_since(model, variants, at),
    )


@cache
def _source() -> str:
    """Asking for a version reads a file each time."""
    return f"genai-prices {version('genai-prices')}"


def _variants_of(provider: "Provider", model: "ModelInfo", tier: str, at: datetime) -> "list[PriceVariant]":
    """What the catalogue says of a tier; a wrong price is worse than none.

    Where it says nothing it falls back to the standard price in silence, and so it does for another
    provider's model that is sold here."""
    if tier == STANDARD or not _is_own(provider, model):
        return []
    told = [variant for variant in model.price_variants or () if _is_of_tier(variant, tier)]
    return [variant for variant in told if variant.constraint is None or variant.constraint.active(at)]


def _is_own(provider: "Provider", model: "ModelInfo") -> bool:
    return any(model is own for own in provider.models)


def _is_of_tier(variant: "PriceVariant", tier: str) -> bool:
    return list(variant.when.values()) == [tier] and variant.when.keys() <= _TIER_KEYS


def _rates_of(provider: "Provider", model: "ModelInfo", prices: "ModelPrice") -> tuple[Rate, ...] | NoPrice:
    told = {key: value for key, value in vars(prices).items() if value is not None and key[0] != "_"}
    unread = [key for key in told if key not in _METERS]
    if unread:
        return NoPrice(f"the price of {provider.id} {model.id} has {unread[0]}, which is not metered")
    rates: dict[Meter, Rate] = {}
    for key, meter in _METERS.items():
        if key in told:
            rate = _rate_of(meter, told[key], _BILLED_AT_LEAST.get((provider.id, model.id), 0))
            if rates.setdefault(meter, rate) != rate:
                return NoPrice(f"the price of {provider.id} {model.id} has two rates for {meter}")
    if not rates:
        return NoPrice(f"the price of {provider.id} {model.id} has no rate for anything that is metered")
    if _is_own(provider, model):
        _add_general_rates(provider.id, model.id, rates)
    return tuple(rates.values())


def _rate_of(meter: Meter, value: "Decimal | TieredPrices", at_least: int) -> Rate:
    at_least = at_least if meter is Meter.AUDIO else 0
    if isinstance(value, Decimal):
        return Rate(meter, value, meter.per, at_least=at_least)
    tiers = tuple(Tier(tier.start, tier.price) for tier in value.tiers)
    return Rate(meter, value.base, meter.per, tiers, at_least)


def _add_general_rates(provider_id: str, model_id: str, rates: dict[Meter, Rate]) -> None:
    for rule in _BILLED_AS:
        general = rates.get(rule.general)
        if general is not None and provider_id == rule.provider and fnmatchcase(model_id, rule.models):
            rates.setdefault(rule.meter, Rate(rule.meter, general.usd, general.per, general.tiers))


def _since(model: "ModelInfo", variants: "list[PriceVariant]", at: datetime) -> date | None:
    from genai_prices.types import StartDateConstraint

    conditions: list[ConditionalPrice | PriceVariant] = [*variants]
    if isinstance(model.prices, list):
        conditions += model.prices
    starts = [one.constraint for one in conditions if isinstance(one.constraint, StartDateConstraint)]
    return max((start.start_date for start in starts if start.active(at)), default=None)
