"""Usage times price, by hand; and the same as the catalogue's own arithmetic wherever we give a charge."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random

import msgspec
import pytest
from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, Provider
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.meter import Meter
from ledger.money import NanoUsd
from ledger.price import NoPrice, Price, Rate, Tier
from ledger.pricebook import PriceBook
from ledger.rating import Charge, ChargeLine, Unpriced, rate
from ledger.usage import MAX_TOKENS, TokenUsage
from tests.ledger.made_up import MTOK, SONNET, usages


def priced(usd_per_mtok: dict[Meter, str], *tiers: Tier) -> Price:
    rates = tuple(Rate(meter, Decimal(usd), MTOK, tiers) for meter, usd in usd_per_mtok.items())
    return Price(provider="p", model="m", rates=rates, source="configuration")


def lines_of(charge: Charge | Unpriced) -> list[tuple[str, int, int]]:
    assert isinstance(charge, Charge)
    return [(line.meter.value, line.quantity, line.list_cost) for line in charge.lines]


def test_cached_input_is_charged_once_at_the_cache_price() -> None:
    charge = rate(TokenUsage(input_tokens=2459, cache_read_tokens=2455, output_tokens=23), SONNET)
    assert lines_of(charge) == [
        ("input", 4, 12_000),
        ("cache_read", 2455, 736_500),
        ("output", 23, 345_000),
    ]  # 0.0010935 USD; LiteLLM #11789 charged the cached part at the full price
    assert isinstance(charge, Charge)
    assert charge.list_cost == 1_093_500


def test_each_line_is_rounded_and_the_total_is_their_sum() -> None:
    """Two lines of 0.5 nano-USD are 0 each: a total that was rounded by itself would be 1."""
    charge = rate(
        TokenUsage(input_tokens=1, output_tokens=1), priced({Meter.INPUT: "0.0005", Meter.OUTPUT: "0.0005"})
    )
    assert lines_of(charge) == [("input", 1, 0), ("output", 1, 0)]


@pytest.mark.parametrize(("tokens", "nano_usd"), [(200_000, 200_000_000), (200_001, 400_002_000)])
def test_a_tier_is_a_cliff_for_all_tokens_of_the_request(tokens: int, nano_usd: int) -> None:
    price = priced({Meter.INPUT: "1"}, Tier(200_000, Decimal(2)))
    assert lines_of(rate(TokenUsage(input_tokens=tokens), price)) == [("input", tokens, nano_usd)]


def test_cached_tokens_count_towards_the_tier_and_output_has_the_tier_of_the_input() -> None:
    price = priced({Meter.INPUT: "1", Meter.CACHE_READ: "1", Meter.OUTPUT: "1"}, Tier(200_000, Decimal(2)))
    usage = TokenUsage(input_tokens=200_001, cache_read_tokens=200_000, output_tokens=3)
    assert lines_of(rate(usage, price)) == [
        ("input", 1, 2_000),
        ("cache_read", 200_000, 400_000_000),
        ("output", 3, 6_000),
    ]


def test_half_a_price_is_no_price() -> None:
    no_output = priced({Meter.INPUT: "1"})
    assert rate(TokenUsage(input_tokens=1, output_tokens=1), no_output) == Unpriced("no output price for p m")
    assert isinstance(rate(TokenUsage(input_tokens=1), no_output), Charge)


def test_cached_tokens_without_a_cache_price_are_not_charged_as_plain_input() -> None:
    usage = TokenUsage(input_tokens=2, cache_read_tokens=1)
    assert rate(usage, priced({Meter.INPUT: "1"})) == Unpriced("no cache_read price for p m")


def test_a_cache_write_of_an_hour_has_its_own_price() -> None:
    price = priced({Meter.INPUT: "3", Meter.CACHE_WRITE: "3.75", Meter.CACHE_WRITE_1H: "6"})
    usage = TokenUsage(input_tokens=100, cache_write_tokens=90, cache_write_1h_tokens=40)
    assert lines_of(rate(usage, price)) == [
        ("input", 10, 30_000),
        ("cache_write", 50, 187_500),
        ("cache_write_1h", 40, 240_000),
    ]


def test_reasoning_is_output_unless_it_has_a_price_of_its_own() -> None:
    usage = TokenUsage(input_tokens=0, output_tokens=100, reasoning_tokens=60)
    assert lines_of(rate(usage, priced({Meter.OUTPUT: "1"}))) == [("output", 100, 100_000)]
    apart = priced({Meter.OUTPUT: "1", Meter.OUTPUT_REASONING: "2"})
    assert lines_of(rate(usage, apart)) == [("output", 40, 40_000), ("output_reasoning", 60, 120_000)]


@pytest.mark.parametrize("part", ["cache_read_tokens", "cache_write_tokens"])
def test_audio_that_may_be_among_the_cached_tokens_is_unpriced(part: str) -> None:
    """60 + 60 of 100 overlap by 20 at least: subtracting both would leave -20 tokens of input."""
    every = priced({Meter.INPUT: "1", Meter.CACHE_READ: "1", Meter.CACHE_WRITE: "1", Meter.INPUT_AUDIO: "1"})
    usage = TokenUsage(input_tokens=100, input_audio_tokens=60, **{part: 60})
    assert rate(usage, every) == Unpriced("how many cached tokens are audio is not reported")


def test_audio_has_its_own_prices_both_ways() -> None:
    price = priced({Meter.INPUT: "1", Meter.INPUT_AUDIO: "10", Meter.OUTPUT: "2", Meter.OUTPUT_AUDIO: "20"})
    usage = TokenUsage(input_tokens=10, input_audio_tokens=4, output_tokens=10, output_audio_tokens=3)
    assert lines_of(rate(usage, price)) == [
        ("input", 6, 6_000),
        ("input_audio", 4, 40_000),
        ("output", 7, 14_000),
        ("output_audio", 3, 60_000),
    ]


def test_a_price_for_the_request_itself_is_charged_once() -> None:
    price = Price(provider="p", model="m", rates=(Rate(Meter.REQUEST, Decimal(5), 1000),), source="x")
    assert rate(TokenUsage(input_tokens=0), price) == Charge(
        (ChargeLine(Meter.REQUEST, 1, NanoUsd(5_000_000)),),
        NanoUsd(5_000_000),
        price,
    )


def test_without_a_price_the_reason_is_the_price_books() -> None:
    assert rate(TokenUsage(input_tokens=1), NoPrice("nobody knows")) == Unpriced("nobody knows")


def test_a_count_that_would_cost_millions_is_a_fault_and_would_overflow_the_sums() -> None:
    assert rate(TokenUsage(input_tokens=MAX_TOKENS), SONNET) == Unpriced("the charge is too large to be true")


@given(usages())
def test_a_charge_leaves_no_token_out_and_counts_none_twice(usage: TokenUsage) -> None:
    every = priced({meter: "1" for meter in Meter if meter is not Meter.REQUEST})
    charge = rate(usage, every)
    if isinstance(charge, Charge):
        assert sum(line.quantity for line in charge.lines) == usage.input_tokens + usage.output_tokens
        assert all(line.quantity > 0 for line in charge.lines)


FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
MINUTES = int(timedelta(days=1200) / timedelta(minutes=1))
BOOK = PriceBook()


@cache
def catalogue() -> list[tuple[Provider, ModelInfo]]:
    return [(provider, model) for provider in get_snapshot().providers for model in provider.models]


def theirs(provider: Provider, model: ModelInfo, usage: TokenUsage, at: datetime) -> Decimal:
    """What the catalogue's own package charges, in nano-USD."""
    counts = msgspec.structs.asdict(usage)
    told = Usage(output_reasoning_tokens=counts.pop("reasoning_tokens"), **counts)
    return model.calc_price(told, provider, genai_request_timestamp=at).total_price * 1_000_000_000


@settings(max_examples=400, deadline=None)
@given(
    st.randoms(use_true_random=False),
    usages(audio=False),
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


def test_every_model_of_the_catalogue_that_has_a_price_has_the_catalogues() -> None:
    """All of them, at one plain usage: most are charged, so the property above is about something."""
    usage = TokenUsage(input_tokens=1_234, output_tokens=567)
    at = datetime(2026, 11, 2, 12, tzinfo=UTC)
    compared = 0
    for provider, model in catalogue():
        charge = rate(usage, BOOK.price_at(provider.id, [model.id], None, at))
        if isinstance(charge, Charge) and charge.price.model == model.id:
            assert abs(charge.list_cost - theirs(provider, model, usage, at)) <= 1, model.id
            compared += 1
    assert compared > 0.8 * len(catalogue())
