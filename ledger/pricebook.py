"""Which price holds: the user's dated overrides first, then the genai-prices catalogue.

A price is resolved once per provider, model, service tier and day and then remembered; the catalogue
(20 MB in memory) is loaded when the first model is looked up."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TypeVar

from ledger.catalogue import FromThen, catalogue_day
from ledger.meter import Meter
from ledger.period import US_PER_DAY, time_of
from ledger.price import STANDARD, NoPrice, Price, Rate

_STANDARD_TOO = frozenset({None, "auto", "default", "on_demand", STANDARD, "standard_only"})
"""What providers call the tier that list prices are for. on_demand: https://console.groq.com/docs/service-tiers"""
CONFIGURATION = "configuration"
REMEMBERED_PRICES = 4096
"""Names come from clients: the memory of them is bounded."""
LONGEST_NAME = 200
PER_MTOK = 1_000_000
_DAY_ZERO = date(1970, 1, 1).toordinal()
_NO_PROVIDER = "the upstream has no provider whose prices apply; set provider or self_hosted for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A price that the user states, from the day *since* on until a later one. *model* may be a pattern;
    a plain name goes before patterns."""

    provider: str
    model: str
    since: date
    service_tier: str = STANDARD
    usd_per_mtok: dict[Meter, Decimal] = field(default_factory=dict)
    """Of the meters that count tokens."""
    unit_rates: tuple[Rate, ...] = ()
    """Of the others."""

    @property
    def rates(self) -> tuple[Rate, ...]:
        return (
            *(Rate(meter, usd, PER_MTOK) for meter, usd in self.usd_per_mtok.items()),
            *self.unit_rates,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """Models that are priced under another name, such as an Azure deployment. *model* may be a pattern."""

    model: str
    priced_as: str
    provider: str | None = None
    """None: whatever provider the call went to."""
    since: date = date.min


_Known = TypeVar("_Known")
_Told = TypeVar("_Told")
_Key = tuple[str, str, str, date]


_Question = tuple[str | None, tuple[str | None, ...], str | None, int]
"""Provider, the names that a call goes by, service tier as written, days since 1970."""


class PriceBook:
    """Answers what a model costs. One book serves all threads that only ask."""

    def __init__(self, overrides: Sequence[Override] = (), aliases: Sequence[Alias] = ()) -> None:
        self._overrides = sorted(overrides, key=lambda override: override.since, reverse=True)
        self._aliases = sorted(aliases, key=lambda alias: alias.since, reverse=True)
        self._days: OrderedDict[_Key, tuple[FromThen, ...]] = OrderedDict()
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
        key = (provider, tuple(models), service_tier, at.toordinal() - _DAY_ZERO)
        price = self._whole_days.get(key)
        return self._price_at(key, at) if price is None else price

    def price_of(
        self, provider: str | None, models: tuple[str | None, ...], service_tier: str | None, started_us: int
    ) -> Price | NoPrice:
        """Likewise, of a call that started then (Unix epoch): no date has to be made of it."""
        key = (provider, models, service_tier, started_us // US_PER_DAY)
        price = self._whole_days.get(key)
        return self._price_at(key, time_of(started_us)) if price is None else price

    def _price_at(self, key: _Question, at: datetime) -> Price | NoPrice:
        provider, models, service_tier, _ = key
        if provider is None:
            return NoPrice(_NO_PROVIDER)
        tier = STANDARD if is_standard(service_tier) else str(service_tier)[:LONGEST_NAME]
        days = [self._on_day(provider, name[:LONGEST_NAME], tier, at.date()) for name in models if name]
        if not days:
            return NoPrice("neither request nor answer names a model")
        price = _preferred([_at_time(parts, at.time()) for parts in days])
        if all(len(parts) == 1 for parts in days):
            _remember(self._whole_days, key, price)
        return price

    def _on_day(self, provider: str, model: str, tier: str, day: date) -> tuple[FromThen, ...]:
        key = (provider, model, tier, day)
        parts = self._days.get(key)
        if parts is None:
            parts = tuple(self._resolve(*key))
            _remember(self._days, key, parts)
        return parts

    def _resolve(self, provider: str, model: str, tier: str, day: date) -> Iterator[FromThen]:
        model = self._priced_as(provider, model, day)
        override = self._override(provider, model, tier, day)
        if override is not None:
            yield FromThen(time.min, _price_of_override(override))
        else:
            yield from catalogue_day(provider, model, tier, day)

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


def is_standard(service_tier: str | None) -> bool:
    """Whether list prices are for that tier, as providers write it. None: nothing was said of one."""
    return service_tier in _STANDARD_TOO


def _preferred(found: list[Price | NoPrice]) -> Price | NoPrice:
    prices = [price for price in found if isinstance(price, Price)]
    stated = [price for price in prices if price.source == CONFIGURATION]
    return (stated + prices or found)[0]


def _at_time(parts: tuple[FromThen, ...], clock: time) -> Price | NoPrice:
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
        rates=override.rates,
        source=CONFIGURATION,
        since=override.since,
    )
