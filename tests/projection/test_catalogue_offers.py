"""Who sells open models, and what is cheaper: a name that the price list lacks would never be priced."""

from collections import Counter
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase

import pytest
from genai_prices.data_snapshot import get_snapshot

from ledger.meter import Meter
from ledger.price import Price
from ledger.pricebook import PriceBook
from projection.catalogue import catalogue
from projection.specs import Cheaper, Hosted

NOVEMBER = datetime(2026, 11, 22, 12, tzinfo=UTC)
BOOK = PriceBook()
CATALOGUE = catalogue()
READ = date(2026, 11, 1)


def price_of(provider: str, model: str) -> Price:
    found = BOOK.price_at(provider, [model], None, NOVEMBER)
    assert isinstance(found, Price), found
    return found


def usd(price: Price, meter: Meter) -> float:
    found = price.rate_of(meter)
    assert found is not None, f"{price.provider} {price.model} has no {meter} price"
    return float(found.usd)


@pytest.mark.parametrize("row", CATALOGUE.hosted, ids=lambda row: f"{row.provider}/{row.model}")
def test_every_offer_has_a_price_of_its_own_for_input_and_output(row: Hosted) -> None:
    price = price_of(row.provider, row.model)
    assert price.model == row.model  # and not that of a model with a similar name
    assert 0 < usd(price, Meter.INPUT) <= usd(price, Meter.OUTPUT) < 10


def test_every_model_of_the_catalogue_is_sold_by_two_at_least() -> None:
    sellers = Counter(row.open_model for row in CATALOGUE.hosted)
    assert all(sellers[name] >= 2 for name in CATALOGUE.models)


def test_an_offer_that_is_shorter_than_its_model_says_so() -> None:
    told = {(row.provider, row.model): row.context_tokens for row in CATALOGUE.hosted}
    for provider in get_snapshot().providers:
        for model in provider.models:
            row = next(
                (r for r in CATALOGUE.hosted if (r.provider, r.model) == (provider.id, model.id)), None
            )
            own = CATALOGUE.models[row.open_model].context_tokens if row else 0
            if row and model.context_window and model.context_window < 0.95 * own:
                assert told[provider.id, model.id] == model.context_window


@pytest.mark.parametrize("row", CATALOGUE.cheaper, ids=lambda row: f"{row.provider}/{row.cloud_model}")
def test_what_is_called_cheaper_is_cheaper_than_all_that_its_pattern_fits(row: Cheaper) -> None:
    cheaper = price_of(row.provider, row.cheaper_model)
    assert len(row.gap) > 10
    models = [model for provider in get_snapshot().providers for model in provider.models]
    names = [model.id for model in models if fnmatchcase(model.id, row.cloud_model)]
    assert not fnmatchcase(row.cheaper_model, row.cloud_model)
    for name in names:
        today = BOOK.price_at(row.provider, [name], None, NOVEMBER)
        if isinstance(today, Price) and today.rate_of(Meter.OUTPUT) is not None:
            for meter in (Meter.INPUT, Meter.OUTPUT):
                assert usd(cheaper, meter) < usd(today, meter), name


@pytest.mark.parametrize(
    ("model", "steps"),
    [
        ("claude-opus-4-5-20251101", ["claude-sonnet-4-5", "claude-haiku-4-5", "claude-haiku-5-5"]),
        ("claude-opus-5-5", ["claude-sonnet-5-5", "claude-haiku-5-5"]),
        ("gpt-4o-2024-08-06", ["gpt-4o-mini", "gpt-4.1-nano"]),
        ("GPT-5", ["gpt-5-mini", "gpt-5-nano"]),
        ("gpt-6-astra", ["gpt-6.1-sol", "gpt-6.1-terra", "gpt-6-luna"]),
        ("gemini-2.5-pro", ["gemini-2.5-flash", "gemini-2.5-flash-lite"]),
        ("gemini-4-argon", ["gemini-3.8-flash", "gemini-3.5-flash-lite"]),
    ],
)
def test_from_the_largest_model_it_goes_down_step_by_step_and_ends(model: str, steps: list[str]) -> None:
    provider = {"cl": "anthropic", "gp": "openai", "ge": "google"}[model[:2].lower()]
    found = []
    row = CATALOGUE.cheaper_than(provider, model)
    while row is not None:
        found.append(row.cheaper_model)
        row = CATALOGUE.cheaper_than(provider, row.cheaper_model)
    assert found == steps


def test_another_providers_row_says_nothing() -> None:
    assert CATALOGUE.cheaper_than("openrouter", "gpt-4o") is None
    assert CATALOGUE.cheaper_than(None, "gpt-4o") is None


def test_own_rows_come_on_top_and_replace_those_of_the_same_name() -> None:
    offer = {"open_model": "llama-3.1-8b", "provider": "us", "model": "ours", "read": READ}
    step = {"provider": "openai", "cloud_model": "gpt-4o", "cheaper_model": "gpt-4.1-mini", "gap": "newer"}
    own = catalogue({"hosted": [offer], "cheaper": [step]})
    assert (own.hosted[-1].model, own.hosted[-1].source) == ("ours", "your own")
    changed = own.cheaper_than("openai", "gpt-4o")
    assert changed is not None
    assert (changed.cheaper_model, changed.gap) == ("gpt-4.1-mini", "newer")
    assert len(own.cheaper) == len(CATALOGUE.cheaper)


def test_an_offer_of_a_model_that_nobody_knows_is_refused() -> None:
    offer = {"open_model": "Llama 9", "provider": "us", "model": "ours", "read": READ}
    with pytest.raises(ValueError, match=r"^offer of Llama 9 at us: no model Llama 9; nearest: Llama"):
        catalogue({"hosted": [offer]})
    with pytest.raises(
        ValueError, match=r"^hosted 1: context_tokens is 0; write a whole number of 1 or more$"
    ):
        catalogue({"hosted": [offer | {"context_tokens": 0}]})
