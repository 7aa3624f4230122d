"""Usage times price, by hand."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.meter import Meter
from ledger.money import NanoUsd
from ledger.price import NoPrice, Price, Rate, Tier
from ledger.pricebook import PriceBook
from ledger.rating import Charge, ChargeLine, Unpriced, list_cost_of, rate
from ledger.units import Units
from ledger.usage import MAX_TOKENS, TokenUsage
from tests.ledger.made_up import MTOK, SONNET, usages

NOTHING = TokenUsage(input_tokens=0)
NOVEMBER = datetime(2026, 11, 2, 12, tzinfo=UTC)
BOOK = PriceBook()


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


def test_images_have_their_own_prices_in_out_and_cached() -> None:
    """1,000 in: 600 image, 200 of them cached, and 300 cached text; 100 plain text is left."""
    price = priced(
        {
            Meter.INPUT: "1",
            Meter.CACHE_READ: "0.1",
            Meter.INPUT_IMAGE: "8",
            Meter.CACHE_READ_IMAGE: "2",
            Meter.OUTPUT: "10",
            Meter.OUTPUT_IMAGE: "32",
        }
    )
    usage = TokenUsage(
        input_tokens=1000,
        cache_read_tokens=500,
        input_image_tokens=600,
        cache_read_image_tokens=200,
        output_tokens=50,
        output_image_tokens=40,
    )
    assert lines_of(rate(usage, price)) == [
        ("input", 100, 100_000),
        ("cache_read", 300, 30_000),
        ("input_image", 400, 3_200_000),
        ("cache_read_image", 200, 400_000),
        ("output", 10, 100_000),
        ("output_image", 40, 1_280_000),
    ]


def test_cached_audio_is_charged_once_at_its_own_price() -> None:
    price = priced(
        {Meter.INPUT: "1", Meter.CACHE_READ: "1", Meter.INPUT_AUDIO: "10", Meter.CACHE_READ_AUDIO: "3"}
    )
    usage = TokenUsage(
        input_tokens=100, cache_read_tokens=50, input_audio_tokens=60, cache_read_audio_tokens=20
    )
    assert lines_of(rate(usage, price)) == [
        ("input", 10, 10_000),
        ("cache_read", 30, 30_000),
        ("input_audio", 40, 400_000),
        ("cache_read_audio", 20, 60_000),
    ]


@pytest.mark.parametrize(
    ("usage", "meter"),
    [
        (TokenUsage(input_tokens=1, input_image_tokens=1), "input_image"),
        (TokenUsage(input_tokens=1, input_audio_tokens=1), "input_audio"),
        (TokenUsage(input_tokens=0, output_tokens=1, output_image_tokens=1), "output_image"),
        (TokenUsage(input_tokens=0, output_tokens=1, output_audio_tokens=1), "output_audio"),
        (
            TokenUsage(input_tokens=1, cache_read_tokens=1, input_audio_tokens=1, cache_read_audio_tokens=1),
            "cache_read_audio",
        ),
    ],
)
def test_audio_and_images_are_never_charged_as_text(usage: TokenUsage, meter: str) -> None:
    text = priced({Meter.INPUT: "1", Meter.CACHE_READ: "1", Meter.OUTPUT: "1"})
    assert rate(usage, text) == Unpriced(f"no {meter} price for p m")


def test_of_images_that_cost_as_much_as_text_it_need_not_be_known_how_many_were_cached() -> None:
    """Gemini: one price for text, images and video."""
    price = priced(
        {Meter.INPUT: "1", Meter.CACHE_READ: "0.1", Meter.INPUT_IMAGE: "1", Meter.CACHE_READ_IMAGE: "0.1"}
    )
    usage = TokenUsage(input_tokens=100, cache_read_tokens=90, input_image_tokens=80)
    assert lines_of(rate(usage, price)) == [("input", 10, 10_000), ("cache_read", 90, 9_000)]
    dearer = priced({Meter.INPUT: "1", Meter.CACHE_READ: "0.1", Meter.INPUT_IMAGE: "2"})
    assert rate(usage, dearer) == Unpriced("how many cached tokens are images is not reported")


def test_rejected_predictions_are_output_like_any_other() -> None:
    usage = TokenUsage(input_tokens=0, output_tokens=100, rejected_prediction_tokens=60, inferred_tokens=5)
    assert lines_of(rate(usage, priced({Meter.OUTPUT: "1"}))) == [("output", 100, 100_000)]


def test_searches_come_on_top_of_tokens() -> None:
    """Ten USD for a thousand searches."""
    search = Rate(Meter.WEB_SEARCH, Decimal(10), 1000)
    price = Price(provider="p", model="m", rates=(Rate(Meter.INPUT, Decimal(1), MTOK), search), source="x")
    assert lines_of(rate(TokenUsage(input_tokens=5), price, Units(web_searches=3, file_searches=0))) == [
        ("input", 5, 5_000),
        ("web_search", 3, 30_000_000),
    ]
    assert rate(TokenUsage(input_tokens=5), price, Units(web_searches=3, file_searches=1)) == Unpriced(
        "no file_search price for p m"
    )


def test_a_minute_of_audio_without_tokens_costs_its_part_of_an_hour() -> None:
    """whisper-1: 0.36 USD an hour is 0.006 a minute; nothing but the minute is charged."""
    price = BOOK.price_at("openai", ["whisper-1"], None, NOVEMBER)
    assert lines_of(rate(NOTHING, price, Units(audio_ms=60_000))) == [("audio", 60_000, 6_000_000)]


@pytest.mark.parametrize(("audio_ms", "charged_ms"), [(0, None), (1, 10_000), (10_001, 10_001)])
def test_what_is_shorter_than_the_least_is_charged_as_that_and_nothing_as_nothing(
    audio_ms: int, charged_ms: int | None
) -> None:
    hour = Rate(Meter.AUDIO, Decimal("3.6"), 3_600_000, at_least=10_000)
    price = Price(provider="p", model="m", rates=(hour,), source="x")
    lines = lines_of(rate(NOTHING, price, Units(audio_ms=audio_ms)))
    assert [(quantity, cost) for _, quantity, cost in lines] == (
        [] if charged_ms is None else [(charged_ms, charged_ms * 1000)]
    )


@given(usages(), st.builds(Units, **dict.fromkeys(Units.__struct_fields__, st.none() | st.integers(0, 99))))
def test_a_charge_leaves_nothing_out_and_counts_nothing_twice(usage: TokenUsage, units: Units) -> None:
    every = priced({meter: "1" for meter in Meter if meter is not Meter.REQUEST})
    other = sum(getattr(units, name) or 0 for name in units.__struct_fields__)
    charge = rate(usage, every, units)
    if isinstance(charge, Charge):
        assert sum(line.quantity for line in charge.lines) == usage.input_tokens + usage.output_tokens + other
        assert all(line.quantity > 0 for line in charge.lines)


@given(usages())
def test_with_media_and_text_apart_no_line_is_negative_either(usage: TokenUsage) -> None:
    apart = priced(
        {meter: str(number) for number, meter in enumerate(Meter, 1) if meter is not Meter.REQUEST}
    )
    charge = rate(usage, apart)
    if isinstance(charge, Charge):
        assert sum(line.quantity for line in charge.lines) == usage.input_tokens + usage.output_tokens
        assert all(line.quantity > 0 for line in charge.lines)


PLAIN = st.builds(TokenUsage, input_tokens=st.integers(0, MAX_TOKENS), output_tokens=st.integers(0, 300_000))
RATES = st.builds(
    Rate,
    st.sampled_from([Meter.INPUT, Meter.OUTPUT, Meter.REQUEST, Meter.OUTPUT_REASONING]),
    st.sampled_from([Decimal(0), Decimal("0.1"), Decimal("2.50"), Decimal("0.0005"), Decimal(10)]),
    st.sampled_from([1000, MTOK]),
    st.sampled_from([(), (Tier(200_000, Decimal(3)),)]),
    st.sampled_from([0, 0, 20]),
)
PRICES = st.lists(RATES, max_size=4, unique_by=lambda rate: rate.meter).map(
    lambda rates: Price(provider="p", model="m", rates=tuple(rates), source="configuration")
)


@given(
    PLAIN | usages(),
    PRICES | st.just(SONNET) | st.just(NoPrice("none")),
    st.sampled_from([None, Units(images=2)]),
)
@example(TokenUsage(input_tokens=9, output_tokens=2, reasoning_tokens=0), SONNET, None)
@example(TokenUsage(input_tokens=MAX_TOKENS), SONNET, None)
def test_the_cost_alone_is_that_of_the_whole_charge(
    usage: TokenUsage, price: Price | NoPrice, units: Units | None
) -> None:
    charge = rate(usage, price, units)
    told = charge.list_cost if isinstance(charge, Charge) else charge
    assert list_cost_of(usage, price, units) == told


def test_most_prices_need_no_lines_to_be_summed() -> None:
    """Else the quick way would be tested by nothing above."""
    price = BOOK.price_at("openai", ["gpt-4o"], None, NOVEMBER)
    assert isinstance(price, Price)
    assert price.whole_nusd == (2500, 10_000)
    assert SONNET.whole_nusd is not None
    halves = priced({Meter.INPUT: "0.0005", Meter.OUTPUT: "10"})
    tiers = priced({Meter.INPUT: "1", Meter.OUTPUT: "1"}, Tier(200_000, Decimal(2)))
    no_output = priced({Meter.INPUT: "1"})
    assert [each.whole_nusd for each in (halves, tiers, no_output)] == [None] * 3
