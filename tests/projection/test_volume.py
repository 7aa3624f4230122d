"""Traffic that is made up adds up to what was stated, to the token and to the cent."""

from typing import Any

import numpy as np
import pytest

from ledger.period import US_PER_DAY, US_PER_HOUR
from projection.arrivals import minutes_of
from projection.columns import UNKNOWN
from projection.demand import demand_of
from projection.period import DAYS_PER_MONTH
from projection.plan import Volume
from projection.traffic import Needs, Traffic
from projection.volume import FROM_US, MOST_CALLS, calls_per_month, traffic_of

NANO: dict[str, Any] = {"input_usd_per_mtok": 0.05, "output_usd_per_mtok": 0.40}
SONNET: dict[str, Any] = {"input_usd_per_mtok": 3.0, "output_usd_per_mtok": 15.0}


def made_up(mtok_in: float, mtok_out: float, *, days: int = 28, seed: int = 1, **stated: Any) -> Traffic:
    volume = Volume(
        input_tokens_per_month=mtok_in * 1e6, output_tokens_per_month=mtok_out * 1e6, model="m", **stated
    )
    return traffic_of(volume, np.random.default_rng(seed), days)


def months(traffic: Traffic) -> float:
    return (traffic.to_us - traffic.from_us) / US_PER_DAY / DAYS_PER_MONTH


@pytest.mark.parametrize(
    ("prices", "mtok_in", "mtok_out", "usd"),
    [
        (NANO, 1, 0.2, 0.13),
        (NANO, 10, 2, 1.30),
        (NANO, 100, 20, 13.00),
        (NANO, 1000, 200, 130.00),
        (SONNET, 1, 0.5, 10.50),
        (SONNET, 10, 5, 105.00),
        (SONNET, 50, 25, 525.00),
        (SONNET, 100, 50, 1050.00),
    ],
)
def test_the_articles_bills_come_out(
    prices: dict[str, Any], mtok_in: float, mtok_out: float, usd: float
) -> None:
    traffic = made_up(mtok_in, mtok_out, **prices)
    assert traffic.list_cost_usd / months(traffic) == pytest.approx(usd, rel=2e-6)
    assert traffic.unpriced_calls == 0


def test_tokens_add_up_to_the_token() -> None:
    traffic = made_up(100, 50)
    # 28 of 30.4375 days: 100e6 * 0.91991786...
    assert int(traffic.calls.input_tokens.sum()) == 91_991_786
    assert int(traffic.calls.output_tokens.sum()) == 45_995_893
    assert traffic.to_us - traffic.from_us == 28 * US_PER_DAY


def test_without_a_size_a_call_has_as_many_tokens_as_in_the_trace_in_the_stated_ratio() -> None:
    traffic = made_up(100, 50)
    mean_input, mean_output = (
        float(tokens.mean()) for tokens in (traffic.calls.input_tokens, traffic.calls.output_tokens)
    )
    assert mean_input + mean_output == pytest.approx(1155 + 211, rel=1e-3)
    assert mean_input / mean_output == pytest.approx(2, rel=1e-6)


def test_there_are_as_many_calls_as_stated() -> None:
    traffic = made_up(304.375, 152.1875, calls_per_month=304_375, days=14)
    assert len(traffic) == 140_000  # 10,000 a day
    assert int(traffic.calls.input_tokens.sum()) == 140_000 * 1000


def test_one_call_in_a_hundred_is_as_long_as_in_the_trace_and_none_is_without_tokens() -> None:
    inputs, outputs = (made_up(100, 50).calls.input_tokens, made_up(100, 50).calls.output_tokens)
    assert np.quantile(inputs, 0.99) / inputs.mean() == pytest.approx(4142 / 1154.7, rel=0.03)
    assert np.quantile(outputs, 0.99) / outputs.mean() == pytest.approx(601 / 211.1, rel=0.03)
    assert min(int(inputs.min()), int(outputs.min())) >= 1
    assert int(inputs.max()) < 13 * float(inputs.mean())


def test_calls_come_in_the_busy_hours_only_and_the_peak_follows() -> None:
    busy, steady = made_up(500, 100, hours_per_day=8), made_up(500, 100)
    hours = (busy.calls.started_us - FROM_US) // US_PER_HOUR % 24
    assert (int(hours.min()), int(hours.max())) == (9, 16)
    factors = [minutes_of(each.calls, each.from_us, each.to_us).peak_factor for each in (busy, steady)]
    assert factors[0] is not None
    assert factors[1] is not None
    assert factors[0] > 2 * factors[1] > 3  # 24 hours by 8; chance evens it out


def test_the_demand_of_made_up_calls_can_be_read() -> None:
    traffic = made_up(10, 5, hours_per_day=20.5)
    demand = demand_of(traffic.calls, from_us=traffic.from_us, to_us=traffic.to_us)
    assert len(demand.daily.calls) == 28
    assert (demand.cached_share, demand.concurrency.most) == (None, 0)


def test_of_too_many_calls_fewer_days_are_made_up_and_a_month_is_still_what_was_stated() -> None:
    traffic = made_up(1000, 200, **NANO)  # 878,477 calls a month: 28,862 a day
    assert (traffic.to_us - traffic.from_us) / US_PER_DAY == 6
    assert len(traffic) == round(6 * 1200e6 / 1366 / DAYS_PER_MONTH)
    assert int(traffic.calls.input_tokens.sum()) / months(traffic) == pytest.approx(1e9, rel=1e-8)


def test_of_too_many_calls_for_one_day_a_part_of_it_is_made_up() -> None:
    traffic = made_up(100_000, 20_000, hours_per_day=12, **SONNET)  # 2.9 million calls a day
    assert len(traffic) == pytest.approx(MOST_CALLS, rel=1e-4)
    assert int(traffic.calls.input_tokens.sum()) / months(traffic) == pytest.approx(100e9, rel=1e-6)
    span_us = traffic.to_us - traffic.from_us
    came = (int(traffic.calls.started_us[-1]) - int(traffic.calls.started_us[0])) / span_us
    assert came == pytest.approx(0.5, abs=0.01)
    assert span_us < US_PER_DAY / 10


def test_without_prices_nothing_is_priced_and_the_model_is_told() -> None:
    traffic = made_up(1, 1, provider="openai")
    assert np.all(traffic.list_cost_nusd == UNKNOWN)
    (billed,) = traffic.billings
    assert (billed.provider, billed.models, billed.name) == ("openai", ("m",), "m")
    assert np.all(traffic.needs == Needs.NOTHING)


def test_the_same_seed_makes_up_the_same_calls_and_another_one_others() -> None:
    first, again, other = made_up(1, 1), made_up(1, 1), made_up(1, 1, seed=2)
    assert np.array_equal(first.calls.started_us, again.calls.started_us)
    assert np.array_equal(first.calls.input_tokens, again.calls.input_tokens)
    assert not np.array_equal(first.calls.input_tokens, other.calls.input_tokens)


@pytest.mark.parametrize(
    ("mtok_in", "mtok_out", "stated"),
    [(1e-6, 0, {}), (0, 1, {}), (1, 0, {"calls_per_month": 0.001}), (1e-5, 1e-5, {"calls_per_month": 1000})],
)
def test_hardly_any_traffic_is_traffic(mtok_in: float, mtok_out: float, stated: dict[str, Any]) -> None:
    traffic = made_up(mtok_in, mtok_out, **stated)
    assert len(traffic) >= 1
    assert int(traffic.calls.input_tokens.sum()) == round(mtok_in * 1e6 * months(traffic))
    assert int(traffic.calls.output_tokens.sum()) == round(mtok_out * 1e6 * months(traffic))


def test_a_cost_beyond_counting_is_refused() -> None:
    with pytest.raises(ValueError, match="is an amount or a price wrong"):
        made_up(1e9, 1e9, calls_per_month=100, input_usd_per_mtok=1e4, output_usd_per_mtok=1e4)


def test_no_days_are_refused() -> None:
    with pytest.raises(ValueError, match="days is 0"):
        made_up(1, 1, days=0)


@pytest.mark.parametrize(
    ("stated", "complaint"),
    [
        ({"input_tokens_per_month": -1.0}, "input_tokens_per_month is -1"),
        ({"output_tokens_per_month": float("nan")}, "output_tokens_per_month is nan"),
        ({"input_tokens_per_month": 0, "output_tokens_per_month": 0}, "are both 0"),
        ({"calls_per_month": 0.0}, "calls_per_month is 0"),
        ({"hours_per_day": -8.0}, "hours_per_day is -8"),
        ({"hours_per_day": 25.0}, "24 at most"),
        ({"input_usd_per_mtok": 3.0}, "one price is stated"),
        ({"input_usd_per_mtok": -3.0, "output_usd_per_mtok": 1.0}, "input_usd_per_mtok is -3"),
    ],
)
def test_a_volume_that_cannot_be_is_refused(stated: dict[str, Any], complaint: str) -> None:
    whole: dict[str, Any] = {"input_tokens_per_month": 1.0, "output_tokens_per_month": 1.0, "model": "m"}
    with pytest.raises(ValueError, match=complaint):
        Volume(**whole | stated)


def test_the_trace_is_what_the_default_call_is_from() -> None:
    """22,361,870 and 4,088,665 tokens of 19,366 requests."""
    assert (round(22_361_870 / 19_366), round(4_088_665 / 19_366)) == (1155, 211)
    volume = Volume(input_tokens_per_month=1155e3, output_tokens_per_month=211e3, model="m")
    assert calls_per_month(volume) == 1000
