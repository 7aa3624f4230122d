"""The catalogue as prices: what is read of it, which service tier holds, and what is no price."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from genai_prices.data_snapshot import get_snapshot

from ledger.catalogue import provider_of_url
from ledger.meter import Meter
from ledger.price import NoPrice, Price, Rate
from ledger.pricebook import PriceBook

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
BOOK = PriceBook()


def price_of(provider: str, model: str, tier: str | None = None, at: datetime = NOON) -> Price | NoPrice:
    return BOOK.price_at(provider, [model], tier, at)


def rate_of(found: Price | NoPrice, meter: Meter) -> Rate:
    assert isinstance(found, Price), found
    rate = found.rate_of(meter)
    assert rate is not None, found
    return rate


def input_usd(found: Price | NoPrice) -> Decimal:
    return rate_of(found, Meter.INPUT).usd


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}+00:00")


def test_the_catalogues_price_says_where_it_is_from() -> None:
    price = price_of("anthropic", "claude-sonnet-4-5")
    assert isinstance(price, Price)
    assert price.source.startswith("genai-prices 0.2.")
    assert (price.provider, price.model, price.service_tier) == ("anthropic", "claude-sonnet-4-5", "standard")
    assert price.source_url is not None
    assert price.source_url.startswith("https://")


def test_a_tier_whose_price_was_not_known_yet_is_unknown_not_standard() -> None:
    book = PriceBook()
    before = book.price_at("openai", ["gpt-4o"], "priority", at("2026-10-11T23:59"))
    assert before == NoPrice("no price for service tier priority of openai gpt-4o")
    price = book.price_at("openai", ["gpt-4o"], "priority", at("2026-10-12"))
    assert input_usd(price) == Decimal("4.25")
    assert isinstance(price, Price)
    assert (price.service_tier, price.since) == ("priority", date(2026, 10, 12))


def test_a_tier_of_another_sellers_model_is_unknown_not_the_makers() -> None:
    """Azure sells OpenAI's models; the catalogue gives OpenAI's standard price for them and no tier."""
    book = PriceBook()
    assert input_usd(book.price_at("azure", ["gpt-4.1"], None, NOON)) == 2
    assert isinstance(book.price_at("azure", ["gpt-4.1"], "priority", NOON), NoPrice)


@pytest.mark.parametrize(
    ("provider", "model", "tier", "usd"),
    [
        ("openai", "gpt-5", "batch", "0.625"),
        ("openai", "gpt-5", "flex", "0.625"),
        ("openai", "gpt-5", "priority", "2.5"),
        ("openai", "gpt-5", "fast", "2.5"),
        ("anthropic", "claude-opus-4-6", "batch", "2.5"),
        ("google", "gemini-2.5-flash", "batch", "0.15"),
    ],
)
def test_a_tier_is_found_whatever_the_catalogue_calls_its_condition(
    provider: str, model: str, tier: str, usd: str
) -> None:
    """A batch is a processing there and flex a service_tier: by another name, it is the standard."""
    price = price_of(provider, model, tier)
    assert input_usd(price) == Decimal(usd)
    assert input_usd(price) != input_usd(price_of(provider, model))
    assert isinstance(price, Price)
    assert price.service_tier == tier


def test_anthropics_fast_is_a_speed() -> None:
    fast = [
        (model.id, variant.prices)
        for provider in get_snapshot().providers
        if provider.id == "anthropic"
        for model in provider.models
        for variant in model.price_variants or ()
        if variant.when == {"speed": "fast"}
    ]
    assert fast
    for model, prices in fast:
        assert rate_of(price_of("anthropic", model, "fast"), Meter.OUTPUT).usd == prices.output_mtok


@pytest.mark.parametrize(
    ("provider", "model", "tier"),
    [
        ("openai", "gpt-5", "ultrafast"),
        ("openai", "gpt-5", "scale"),
        ("anthropic", "claude-sonnet-4-5", "priority"),
        ("openai", "gpt-4o", "flex"),
        ("perplexity", "sonar", "fast"),
    ],
)
def test_a_tier_without_a_list_price_is_never_the_standard_one(provider: str, model: str, tier: str) -> None:
    """Anthropic's priority is bought ahead. A kind of search of the same name is no tier."""
    reason = f"no price for service tier {tier} of {provider} {model}"
    assert price_of(provider, model, tier) == NoPrice(reason)


def test_no_other_choice_is_taken_for_a_tier() -> None:
    """Perplexity has a price for search_type = fast."""
    conditions = {
        (key, value)
        for provider in get_snapshot().providers
        for model in provider.models
        for variant in model.price_variants or ()
        for key, value in variant.when.items()
    }
    tiers = {value for key, value in conditions if key in ("processing", "service_tier", "speed")}
    assert tiers == {"batch", "default", "fast", "flex", "priority"}
    assert ("search_type", "fast") in conditions
    (search,) = [
        model.id
        for provider in get_snapshot().providers
        for model in provider.models
        if any(variant.when == {"search_type": "fast"} for variant in model.price_variants or ())
    ]
    assert price_of("perplexity", search, "fast") == NoPrice(
        f"no price for service tier fast of perplexity {search}"
    )


def test_the_standard_price_is_that_of_the_default_tier_for_every_model() -> None:
    """OpenAI's answers say default; the catalogue has a price for that beside the one without conditions."""
    day = datetime(2026, 11, 22, tzinfo=UTC)
    compared = 0
    for provider in get_snapshot().providers:
        for model in provider.models:
            if any(variant.when == {"service_tier": "default"} for variant in model.price_variants or ()):
                plain, default = model.get_prices(day, {}), model.get_prices(day, {"service_tier": "default"})
                assert vars(plain) == vars(default), model.id
                compared += 1
    assert compared >= 28


@pytest.mark.parametrize(
    ("provider", "model", "meter", "rate"),
    [
        ("openai", "gpt-image-1.5", Meter.INPUT_IMAGE, ("8", 1_000_000)),
        ("openai", "gpt-image-1.5", Meter.OUTPUT_IMAGE, ("32", 1_000_000)),
        ("openai", "gpt-image-1.5", Meter.CACHE_READ_IMAGE, ("2", 1_000_000)),
        ("google", "gemini-2.5-flash", Meter.CACHE_READ_AUDIO, ("0.1", 1_000_000)),
        ("openai", "whisper-1", Meter.AUDIO, ("0.36", 3_600_000)),
        ("openai", "gpt-live-transcribe", Meter.AUDIO, ("1.02", 3_600_000)),
        ("openai", "tts-1", Meter.CHARACTERS, ("15", 1_000_000)),
        ("openai", "gpt-5", Meter.WEB_SEARCH, ("10", 1000)),
        ("openai", "gpt-5", Meter.FILE_SEARCH, ("2.5", 1000)),
        ("mistral", "mistral-ocr-2503", Meter.PAGE, ("1", 1000)),
        ("perplexity", "sonar", Meter.REQUEST, ("12", 1000)),
    ],
)
def test_every_rate_is_read_with_what_it_is_per(
    provider: str, model: str, meter: Meter, rate: tuple[str, int]
) -> None:
    """An hour of audio at whisper-1 is 0.36 USD: 0.006 a minute, as OpenAI writes it."""
    found = rate_of(price_of(provider, model), meter)
    assert (found.usd, found.per) == (Decimal(rate[0]), rate[1])


@pytest.mark.parametrize(
    ("provider", "model", "meter", "general"),
    [
        ("google", "gemini-2.5-pro", Meter.INPUT_IMAGE, Meter.INPUT),
        ("google", "gemini-2.5-flash", Meter.CACHE_READ_IMAGE, Meter.CACHE_READ),
        ("google", "gemini-2.5-pro", Meter.INPUT_AUDIO, Meter.INPUT),
        ("google", "gemini-3.5-flash", Meter.CACHE_READ_AUDIO, Meter.CACHE_READ),
        ("google", "gemini-2.5-pro-tts", Meter.OUTPUT_AUDIO, Meter.OUTPUT),
        ("openai", "gpt-4o-mini-tts", Meter.OUTPUT_AUDIO, Meter.OUTPUT),
        ("openai", "gpt-image-1", Meter.OUTPUT_IMAGE, Meter.OUTPUT),
    ],
)
def test_what_the_provider_bills_at_a_more_general_rate_has_that_rate(
    provider: str, model: str, meter: Meter, general: Meter
) -> None:
    price = price_of(provider, model)
    special, plain = rate_of(price, meter), rate_of(price, general)
    assert (special.usd, special.per, special.tiers) == (plain.usd, plain.per, plain.tiers)


@pytest.mark.parametrize(
    ("provider", "model", "meter"),
    [
        ("openai", "gpt-4o-audio-preview", Meter.INPUT_AUDIO),
        ("openai", "gpt-4o-audio-preview", Meter.OUTPUT_AUDIO),
        ("google", "gemini-2.5-flash-preview", Meter.INPUT_AUDIO),
        ("openai", "gpt-5-image", Meter.OUTPUT_IMAGE),
        ("google", "claude-sonnet-4-5", Meter.INPUT_IMAGE),
    ],
)
def test_no_other_class_is_taken_for_text(provider: str, model: str, meter: Meter) -> None:
    """The catalogue has OpenAI's audio models without their audio, which costs sixteen times as much."""
    price = price_of(provider, model)
    assert isinstance(price, Price)
    assert price.rate_of(meter) is None


def test_groq_charges_ten_seconds_of_audio_at_least() -> None:
    assert rate_of(price_of("groq", "whisper-large-v3"), Meter.AUDIO).at_least == 10_000
    assert rate_of(price_of("openai", "whisper-1"), Meter.AUDIO).at_least == 0


@pytest.mark.parametrize(
    ("provider", "model", "key"),
    [
        ("google", "gemini-embedding-2", "input_video_mtok"),
        ("google", "gemini-omni-1.1-flash", "output_video_mtok"),
        ("perplexity", "sonar-deep-research", "output_citation_mtok"),
        ("x-ai", "grok-voice-latest", "input_text_messages_kcount"),
        ("mistral", "mistral-ocr-2505", "input_annotated_document_kpages"),
    ],
)
def test_a_price_with_rates_for_what_nothing_here_counts_is_no_price(
    provider: str, model: str, key: str
) -> None:
    """What is not counted would be left out of the charge, or charged as something cheaper."""
    reason = f"the price of {provider} {model} has {key}, which is not metered"
    assert price_of(provider, model) == NoPrice(reason)


def test_a_model_that_is_given_away_has_no_price() -> None:
    reason = "the price of google gemma-3 has no rate for anything that is metered"
    assert price_of("google", "gemma-3") == NoPrice(reason)


def test_a_price_that_depends_on_the_hour_changes_at_its_minute() -> None:
    """DeepSeek: half price by night, 16:30 to 00:30, until 2025-09-05."""
    book = PriceBook()
    moments = ["00:29:59", "00:30:00", "16:29:59", "16:30:00", "23:59:59"]
    found = [
        input_usd(book.price_at("deepseek", ["deepseek-chat"], None, at(f"2025-08-01T{moment}")))
        for moment in moments
    ]
    night, day = found[0], found[1]
    assert found == [night, day, day, night, night]
    assert night < day


def test_the_provider_of_an_address_is_the_one_whose_api_it_is() -> None:
    assert provider_of_url("https://api.anthropic.com/v1/messages") == "anthropic"
    assert provider_of_url("https://api.openai.com/v1") == "openai"
    assert provider_of_url("http://127.0.0.1:8000/v1") is None
