from datetime import UTC, date, datetime
from decimal import Decimal

from ledger.meter import Meter
from ledger.pricebook import Alias, Override, PriceBook
from ledger.pricelist import nearest_models, prices_of, provider_of_model

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def own(provider: str, model: str, usd: str, tier: str = "standard") -> Override:
    rates = {Meter.INPUT: Decimal(usd), Meter.OUTPUT: Decimal(usd)}
    return Override(
        provider=provider, model=model, since=date(2026, 1, 1), service_tier=tier, usd_per_mtok=rates
    )


def test_the_users_own_price_comes_first_and_takes_the_catalogues_place() -> None:
    found = prices_of(PriceBook([own("openai", "gpt-4o-mini", "1")]), "gpt-4o-mini", NOW)
    assert (found[0].provider, found[0].source) == ("openai", "configuration")
    assert [price.provider for price in found].count("openai") == 1
    assert len(found) > 1


def test_a_price_of_another_service_tier_is_listed_as_one() -> None:
    book = PriceBook([own("lab", "m", "1"), own("lab", "m", "2", tier="priority")])
    assert {(price.service_tier, price.rates[0].usd) for price in prices_of(book, "m", NOW)} == {
        ("standard", Decimal(1)),
        ("priority", Decimal(2)),
    }


def test_a_price_from_another_day_is_not_todays() -> None:
    later = Override(
        provider="lab", model="m", since=date(2027, 1, 1), usd_per_mtok={Meter.INPUT: Decimal(1)}
    )
    assert prices_of(PriceBook([later]), "m", NOW) == []


def test_a_model_that_is_priced_under_another_name_has_that_names_price() -> None:
    book = PriceBook(aliases=[Alias(model="our-deployment", priced_as="gpt-4o-mini", provider="azure")])
    assert [price.provider for price in prices_of(book, "our-deployment", NOW)] == ["azure"]


def test_the_provider_of_a_model_is_its_maker_and_not_one_of_its_sellers() -> None:
    book = PriceBook()
    assert provider_of_model(book, "claude-sonnet-4-5") == "anthropic"
    assert provider_of_model(book, "gpt-4o-mini") == "openai"
    assert provider_of_model(book, "no-such-model") is None


def test_a_model_of_the_users_own_price_list_has_its_provider() -> None:
    assert provider_of_model(PriceBook([own("lab", "gpt-4o-mini", "1")]), "gpt-4o-mini") == "lab"
    two = PriceBook([own("lab", "m", "1"), own("home", "m", "1")])
    assert provider_of_model(two, "m") is None


def test_a_misspelt_name_is_answered_with_the_right_one_first() -> None:
    book = PriceBook([own("lab", "my-finetune", "1")])
    assert nearest_models(book, "claude-sonet-4-5")[0] == "claude-sonnet-4-5"
    assert nearest_models(book, "my-fintune")[0] == "my-finetune"
    assert nearest_models(book, "\x1b[31m" * 40) == []
