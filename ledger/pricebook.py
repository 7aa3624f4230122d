"""Which price holds: the user's dated overrides first, then the genai-prices catalogue.

A price is resolved once per provider, model, service tier and day and then remembered; the catalogue
(20 MB in memory) is loaded when the first model is looked up. Source of the catalogue's rules:
https://github.com/pydantic/genai-prices, package version 0.2.3, read 2026-11-22."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fnmatch import fnmatchcase
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

from ledger.meter import Meter
from ledger.price import NoPrice, Price, Rate, Tier

if TYPE_CHECKING:
    from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice, PriceVariant, Provider

STANDARD = "standard"
_STANDARD_TOO = frozenset({None, "auto", "default", "on_demand", STANDARD, "standard_only"})
"""What providers call the tier that list prices are for. on_demand: https://console.groq.com/docs/service-tiers"""
CONFIGURATION = "configuration"
REMEMBERED_PRICES = 4096
"""Names come from clients: the memory of them is bounded."""
LONGEST_NAME = 200
_NO_PROVIDER = "the upstream has no provider whose prices apply; set provider or self_hosted for it"
PER_MTOK = 1_000_000

_CATALOGUE_METERS = {
    "input_mtok": Meter.INPUT,
    "cache_read_mtok": Meter.CACHE_READ,
    "cache_write_mtok": Meter.CACHE_WRITE,
    "cache_write_1h_mtok": Meter.CACHE_WRITE_1H,
    "input_audio_mtok": Meter.INPUT_AUDIO,
    "output_mtok": Meter.OUTPUT,
    "output_reasoning_mtok": Meter.OUTPUT_REASONING,
    "output_audio_mtok": Meter.OUTPUT_AUDIO,
    "requests_kcount": Meter.REQUEST,
}
_BESIDE_TOKENS = frozenset({"web_searches_kcount", "storage_searches_kcount", "cache_audio_read_mtok"})
"""Rates that do not make a price of tokens less whole: searches come on top, cached audio is never rated.
Any other rate that has no meter here is for what no wire format reports, such as image tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A price that the user states, from the day *since* on until a later one. *model* may be a pattern;
    a plain name goes before patterns."""

    provider: str
    model: str
    since: date
    service_tier: str = STANDARD
    usd_per_mtok: dict[Meter, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """Models that are priced under another name, such as an Azure deployment. *model* may be a pattern."""

    model: str
    priced_as: str
    provider: str | None = None
    """None: whatever provider the call went to."""
    since: date = date.min


@dataclass(frozen=True, slots=True)
class _FromThen:
    """A price and the time of day (UTC) from which it holds."""

    start: time
    price: Price | NoPrice


_Known = TypeVar("_Known")
_Told = TypeVar("_Told")
_Key = tuple[str, str, str, date]


_Question = tuple[str | None, tuple[str | None, ...], str | None, date]
"""Provider, the names that a call goes by, service tier as written, day."""


class PriceBook:
    """Answers what a model costs. One book serves all threads that only ask."""

    def __init__(self, overrides: Sequence[Override] = (), aliases: Sequence[Alias] = ()) -> None:
        self._overrides = sorted(overrides, key=lambda override: override.since, reverse=True)
        self._aliases = sorted(aliases, key=lambda alias: alias.since, reverse=True)
        self._days: OrderedDict[_Key, tuple[_FromThen, ...]] = OrderedDict()
        self._whole_days: OrderedDict[_Question, Price | NoPrice] = OrderedDict()
        """The answers to whole questions, where the time of day does not matter."""

    @property
    def overrides(self) -> Sequence[Override]:
        """The user's own prices, the latest first."""
        return self._overrides

    def price_at(
        self, provider: str | None, models: Sequence[str | None], service_tier: str | None, at: datetime
    ) -> Price | NoPrice:
        """The price of the first of *models* that has one, at the instant *at* (UTC).

        *models* are the names that a call goes by, the answer's own first; but a price that the user states
        for any of them goes before the catalogue's. *service_tier* is as the provider writes it; None, auto
        and default mean the standard tier."""
        key = (provider, tuple(models), service_tier, at.date())
        price = self._whole_days.get(key)
        return self._price_at(key, at) if price is None else price

    def _price_at(self, key: _Question, at: datetime) -> Price | NoPrice:
        provider, models, service_tier, day = key
        if provider is None:
            return NoPrice(_NO_PROVIDER)
        tier = STANDARD if service_tier in _STANDARD_TOO else str(service_tier)[:LONGEST_NAME]
        days = [self._on_day(provider, name[:LONGEST_NAME], tier, day) for name in models if name]
        if not days:
            return NoPrice("neither request nor answer names a model")
        price = _preferred([_at_time(parts, at.time()) for parts in days])
        if all(len(parts) == 1 for parts in days):
            _remember(self._whole_days, key, price)
        return price

    def _on_day(self, provider: str, model: str, tier: str, day: date) -> tuple[_FromThen, ...]:
        key = (provider, model, tier, day)
        parts = self._days.get(key)
        if parts is None:
            parts = tuple(self._resolve(*key))
            _remember(self._days, key, parts)
        return parts

    def _resolve(self, provider: str, model: str, tier: str, day: date) -> Iterator[_FromThen]:
        model = self._priced_as(provider, model, day)
        override = self._override(provider, model, tier, day)
        if override is not None:
            yield _FromThen(time.min, _price_of_override(override))
        else:
            yield from _catalogue_day(provider, model, tier, day)

    def _priced_as(self, provider: str, model: str, day: date) -> str:
        for alias in self._aliases:
            if alias.since <= day and alias.provider in (None, provider) and fnmatchcase(model, alias.model):
                return alias.priced_as
        return model

    def _override(self, provider: str, model: str, tier: str, day: date) -> Override | None:
        def fits(override: Override) -> bool:
            return (override.provider, override.service_tier) == (provider, tier) and override.since <= day

        fitting = [override for override in self._overrides if fits(override)]
        exact = [override for override in fitting if override.model == model]
        by_pattern = [override for override in fitting if fnmatchcase(model, override.model)]
        return next(iter(exact + by_pattern), None)


def _preferred(found: list[Price | NoPrice]) -> Price | NoPrice:
    prices = [price for price in found if isinstance(price, Price)]
    stated = [price for price in prices if price.source == CONFIGURATION]
    return (stated + prices or found)[0]


def _at_time(parts: tuple[_FromThen, ...], clock: time) -> Price | NoPrice:
    return next(part.price for part in reversed(parts) if part.start <= clock)


def _remember(memory: "OrderedDict[_Known, _Told]", key: "_Known", value: "_Told") -> None:
    memory[key] = value
    if len(memory) > REMEMBERED_PRICES:
        memory.popitem(last=False)


def _price_of_override(override: Override) -> Price:
    return Price(
        provider=override.provider,
        model=override.model,
        service_tier=override.service_tier,
        rates=tuple(Rate(meter, usd, PER_MTOK) for meter, usd in override.usd_per_mtok.items()),
        source=CONFIGURATION,
        since=override.since,
    )


def _catalogue_day(provider_id: str, model_name: str, tier: str, day: date) -> Iterator[_FromThen]:
    """The catalogue's prices through one UTC day; more than one where the hour decides (DeepSeek)."""
    found = _find(provider_id, model_name)
    if isinstance(found, NoPrice):
        yield _FromThen(time.min, found)
        return
    provider, model = found
    for start in _changes_within_a_day(model):
        yield _FromThen(start, _price_of_catalogue(provider, model, tier, datetime.combine(day, start, UTC)))


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


def _price_of_catalogue(provider: "Provider", model: "ModelInfo", tier: str, at: datetime) -> Price | NoPrice:
    if tier != STANDARD and not _tier_rates(provider, model, tier, at):
        return NoPrice(f"no price for service tier {tier} of {provider.id} {model.id}")
    prices = model.get_prices(at, {} if tier == STANDARD else {"service_tier": tier})
    rates = tuple(_rates(prices))
    unread = [key for key, value in vars(prices).items() if value is not None and not _is_read(key)]
    if unread:
        return NoPrice(f"the price of {provider.id} {model.id} has {unread[0]}, which is not metered")
    if not rates:
        return NoPrice(f"the price of {provider.id} {model.id} has no rate for tokens")
    return Price(
        provider=provider.id,
        model=model.id,
        service_tier=tier,
        rates=rates,
        source=f"genai-prices {version('genai-prices')}",
        source_url=next(iter(provider.pricing_urls or ()), None),
        since=_since(provider, model, tier, at),
    )


def _tier_rates(provider: "Provider", model: "ModelInfo", tier: str, at: datetime) -> "list[PriceVariant]":
    """What the catalogue says of a tier; a wrong price is worse than none.

    Where it says nothing it falls back to the standard price in silence, and so it does for another
    provider's model that is sold here."""
    if not any(model is own for own in provider.models):
        return []
    variants = [variant for variant in model.price_variants or () if variant.when == {"service_tier": tier}]
    return [variant for variant in variants if variant.constraint is None or variant.constraint.active(at)]


def _is_read(key: str) -> bool:
    return key.startswith("_") or key in _CATALOGUE_METERS or key in _BESIDE_TOKENS


def _rates(prices: "ModelPrice") -> Iterator[Rate]:
    for key, meter in _CATALOGUE_METERS.items():
        value: Any = getattr(prices, key)
        if value is None:
            continue
        per = 1000 if meter is Meter.REQUEST else PER_MTOK
        if isinstance(value, Decimal):
            yield Rate(meter, value, per)
        else:
            tiers = tuple(Tier(tier.start, tier.price) for tier in value.tiers)
            yield Rate(meter, value.base, per, tiers)


def _since(provider: "Provider", model: "ModelInfo", tier: str, at: datetime) -> date | None:
    from genai_prices.types import StartDateConstraint

    conditions: list[ConditionalPrice | PriceVariant] = [*_tier_rates(provider, model, tier, at)]
    if isinstance(model.prices, list):
        conditions += model.prices
    starts = [one.constraint for one in conditions if isinstance(one.constraint, StartDateConstraint)]
    return max((start.start_date for start in starts if start.active(at)), default=None)


def provider_of_url(base_url: str) -> str | None:
    """The catalogue's provider for an API address, such as https://api.openai.com/v1; None: it knows none."""
    import re

    from genai_prices.data_snapshot import get_snapshot

    for provider in get_snapshot().providers:
        if re.match(provider.api_pattern, base_url):
            return str(provider.id)
    return None


def listings(model_name: str, at: datetime, known: Callable[[str], bool] = lambda _: True) -> list[Price]:
    """Every provider's standard catalogue price for *model_name* at *at*, in the catalogue's order."""
    from genai_prices.data_snapshot import get_snapshot

    found = []
    for provider in get_snapshot().providers:
        model = provider.find_model(model_name)
        if model is not None and known(provider.id):
            price = _price_of_catalogue(provider, model, STANDARD, at)
            if isinstance(price, Price):
                found.append(price)
    return found
