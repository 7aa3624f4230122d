"""Which price holds, and that nobody's price is no price."""

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ledger.meter import Meter
from ledger.price import NoPrice, Price, Rate
from ledger.pricebook import REMEMBERED_PRICES, Alias, Override, PriceBook

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def stated(usd: str, since: str = "2026-01-01", model: str = "gpt-4o", tier: str = "standard") -> Override:
    return Override(
        provider="openai",
        model=model,
        since=date.fromisoformat(since),
        service_tier=tier,
        usd_per_mtok={Meter.INPUT: Decimal(usd)},
    )


def input_usd(found: Price | NoPrice) -> Decimal:
    assert isinstance(found, Price), found
    rate = found.rate_of(Meter.INPUT)
    assert rate is not None
    return rate.usd


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}+00:00")


def test_what_the_user_states_beats_the_catalogue() -> None:
    price = PriceBook([stated("1.25")]).price_at("openai", ["gpt-4o"], None, NOON)
    assert (input_usd(price), price) == (Decimal("1.25"), price)
    assert isinstance(price, Price)
    assert (price.source, price.since) == ("configuration", date(2026, 1, 1))


def test_what_the_user_states_for_the_requested_name_beats_the_catalogue_for_the_answers() -> None:
    """The app asks for gpt-4o and gpt-4o-2024-08-06 answers: the user's price is for what the app says."""
    names = ["gpt-4o-2024-08-06", "gpt-4o"]
    assert input_usd(PriceBook().price_at("openai", names, None, NOON)) == Decimal("2.5")
    assert input_usd(PriceBook([stated("1.25")]).price_at("openai", names, None, NOON)) == Decimal("1.25")


def test_an_override_holds_from_its_day_until_a_later_one() -> None:
    book = PriceBook([stated("7", "2026-11-10"), stated("6", "2026-11-03")])
    days = ["2026-11-02T23:59", "2026-11-03", "2026-11-09T23:59", "2026-11-10"]
    prices = [input_usd(book.price_at("openai", ["gpt-4o"], None, at(day))) for day in days]
    assert prices == [Decimal("2.5"), 6, 6, 7]


def test_a_pattern_holds_for_what_it_matches_and_a_plain_name_goes_before_it() -> None:
    book = PriceBook([stated("1", model="lab-*"), stated("2", model="lab-large", since="2025-01-01")])
    assert input_usd(book.price_at("openai", ["lab-small"], None, NOON)) == 1
    assert input_usd(book.price_at("openai", ["lab-large"], None, NOON)) == 2
    assert isinstance(book.price_at("openai", ["my-lab-small"], None, NOON), NoPrice)


def test_a_pattern_is_one_price_however_many_names_clients_make_up_for_it() -> None:
    book = PriceBook([stated("1", model="lab-*")])
    assert book.price_at("openai", ["lab-a"], None, NOON) == book.price_at("openai", ["lab-b"], None, NOON)


def test_an_override_is_for_its_provider_and_its_service_tier_only() -> None:
    book = PriceBook([stated("1", tier="flex"), stated("2", model="made-up")])
    assert input_usd(book.price_at("openai", ["gpt-4o"], "flex", NOON)) == 1
    assert input_usd(book.price_at("openai", ["gpt-4o"], None, NOON)) == Decimal("2.5")
    assert isinstance(book.price_at("openai", ["made-up"], "flex", NOON), NoPrice)
    assert isinstance(book.price_at("anthropic", ["made-up"], None, NOON), NoPrice)


def test_an_alias_is_priced_as_what_it_stands_for() -> None:
    book = PriceBook(aliases=[Alias(model="prod-*", priced_as="gpt-4o", provider="openai")])
    assert input_usd(book.price_at("openai", ["prod-eu"], None, NOON)) == Decimal("2.5")
    assert isinstance(book.price_at("anthropic", ["prod-eu"], None, NOON), NoPrice)


def test_an_alias_stands_for_another_model_from_a_day_on() -> None:
    book = PriceBook(
        aliases=[
            Alias(model="prod", priced_as="gpt-4o"),
            Alias(model="prod", priced_as="gpt-4o-mini", since=date(2026, 11, 2)),
        ]
    )
    days = [at("2026-11-01T23:59"), at("2026-11-02")]
    assert [input_usd(book.price_at("openai", ["prod"], None, day)) for day in days] == [
        Decimal("2.5"),
        Decimal("0.15"),
    ]


def test_an_alias_may_stand_for_a_model_that_the_user_prices() -> None:
    book = PriceBook([stated("4", model="house")], [Alias(model="prod", priced_as="house")])
    assert input_usd(book.price_at("openai", ["prod"], None, NOON)) == 4


@pytest.mark.parametrize("tier", [None, "auto", "default", "standard", "on_demand"])
def test_providers_names_for_their_plain_service_are_the_standard_tier(tier: str | None) -> None:
    """on_demand is what every answer of Groq says."""
    assert input_usd(PriceBook().price_at("openai", ["gpt-4o"], tier, NOON)) == Decimal("2.5")


@pytest.mark.parametrize(
    ("provider", "models", "reason"),
    [
        (None, ["gpt-4o"], "the upstream has no provider whose prices apply"),
        ("openai", [None, ""], "neither request nor answer names a model"),
        ("nobody", ["gpt-4o"], "no price list for provider nobody"),
        ("openai", ["made-up"], "no price for openai made-up"),
    ],
)
def test_who_is_unknown_has_no_price(provider: str | None, models: list[str | None], reason: str) -> None:
    found = PriceBook().price_at(provider, models, None, NOON)
    assert isinstance(found, NoPrice)
    assert found.reason.startswith(reason)


def test_the_answers_model_is_priced_and_the_requested_one_where_that_is_unknown() -> None:
    book = PriceBook()
    assert input_usd(book.price_at("openai", ["gpt-4o-mini", "gpt-4o"], None, NOON)) == Decimal("0.15")
    assert input_usd(book.price_at("openai", ["made-up", "gpt-4o"], None, NOON)) == Decimal("2.5")
    assert input_usd(book.price_at("openai", [None, "gpt-4o"], None, NOON)) == Decimal("2.5")


def test_names_that_clients_make_up_do_not_fill_the_memory() -> None:
    book = PriceBook([stated("1", model="lab-*")])
    for number in range(10_000):
        book.price_at("openai", [f"lab-{number}" + "x" * 1_000], None, NOON)
    assert len(book._days) <= REMEMBERED_PRICES
    assert max(len(key[1]) for key in book._days) <= 200
    assert input_usd(book.price_at("openai", ["lab-0"], None, NOON)) == 1


def test_the_catalogue_is_loaded_when_a_model_is_looked_up_and_not_before() -> None:
    code = (
        "import sys; from ledger.pricebook import PriceBook; book = PriceBook();"
        "assert 'genai_prices.data' not in sys.modules;"
        "from datetime import *;"
        "book.price_at('openai', ['gpt-4o'], None, datetime(2026, 1, 1, tzinfo=UTC));"
        "assert 'genai_prices.data' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_what_the_user_states_may_be_for_other_things_than_tokens() -> None:
    minute = Rate(Meter.AUDIO, Decimal("0.006"), 60_000)
    override = Override(
        provider="openai",
        model="whisper-1",
        since=date(2026, 1, 1),
        usd_per_mtok={Meter.INPUT: Decimal(1)},
        unit_rates=(minute,),
    )
    price = PriceBook([override]).price_at("openai", ["whisper-1"], None, NOON)
    assert isinstance(price, Price)
    assert price.rates == (Rate(Meter.INPUT, Decimal(1), 1_000_000), minute)
