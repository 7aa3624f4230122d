"""Looking around in the price lists: what people ask of them. What a call costs, ledger.pricebook says."""

from collections.abc import Iterator
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ledger.price import STANDARD, Price
from ledger.pricebook import PriceBook

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo

_LEAST_LIKENESS = 0.5
"""Of a name that is offered for an unknown one, as difflib measures it: 1 is the same."""


def prices_of(book: PriceBook, model: str, at: datetime) -> list[Price]:
    """What *model* costs at *at* at every provider that has a price for it; the user's own prices first."""
    found = [book.price_at(provider, [model], tier, at) for provider, tier in _offers(book)]
    prices = [price for price in found if isinstance(price, Price)]
    return sorted(prices, key=lambda price: price.source != "configuration")


def _offers(book: PriceBook) -> dict[tuple[str, str], None]:
    """Provider and service tier of all lists, in order: a dict is an ordered set."""
    own = [(override.provider, override.service_tier) for override in book.overrides]
    return dict.fromkeys(own + [(provider, STANDARD) for provider in _catalogue_providers()])


def provider_of_model(book: PriceBook, model: str) -> str | None:
    """Whose model it is, where nobody says: the user's own price list, then the maker, then the only
    seller that does not also sell other makers' models."""
    own = {override.provider for override in book.overrides if override.model == model}
    if len(own) == 1:
        return own.pop()
    from genai_prices.data_snapshot import get_snapshot

    sellers = [provider for provider in get_snapshot().providers if provider.find_model(model)]
    for provider in sellers:
        if provider.model_match is not None and provider.model_match.is_match(model.lower()):
            return str(provider.id)
    names = [str(provider.id) for provider in sellers if not provider.fallback_model_providers]
    return names[0] if len(names) == 1 else None


def nearest_models(book: PriceBook, model: str, count: int = 3) -> list[str]:
    """Names of models with a price that are most like *model*."""
    known = {override.model for override in book.overrides} | set(_catalogue_models())
    return get_close_matches(model.lower(), sorted(known), n=count, cutoff=_LEAST_LIKENESS)


def newest_price_day(today: date) -> date | None:
    """The last day up to *today* on which a price of the catalogue began; None: it dates none."""
    from genai_prices.data_snapshot import get_snapshot

    models = [model for provider in get_snapshot().providers for model in provider.models]
    dated = [_dated_from(model) for model in models]
    return max((day for days in dated for day in days if day <= today), default=None)


def _dated_from(model: "ModelInfo") -> list[date]:
    from genai_prices.types import StartDateConstraint

    prices = [*(model.prices if isinstance(model.prices, list) else ()), *(model.price_variants or ())]
    starts = [price.constraint for price in prices if isinstance(price.constraint, StartDateConstraint)]
    return [start.start_date for start in starts]


def _catalogue_providers() -> Iterator[str]:
    from genai_prices.data_snapshot import get_snapshot

    for provider in get_snapshot().providers:
        yield str(provider.id)


def _catalogue_models() -> Iterator[str]:
    from genai_prices.data_snapshot import get_snapshot

    for provider in get_snapshot().providers:
        for model in provider.models:
            yield str(model.id)
