"""Published sums of money, each computed again from its inputs.

The two articles ignore capacity, labour and resale; so do their cases here: only the arithmetic is held."""

from decimal import Decimal

import numpy as np
import pytest

from ledger.money import NanoUsd, cost_of, render_usd
from projection.finance import payback_months
from projection.owning import Electricity, Labour, Owned, Rented, usd_per_mtok
from projection.period import HOURS_PER_MONTH
from projection.price_columns import cost_nusd
from tests.projection.flows import flows_of
from tests.projection.priced import price
from tests.projection.workloads import AZURE, real_hour

MTOK = 1_000_000
NO_LABOUR = Labour(setup_h=0, ops_h_per_month=0)
NANO, SONNET, OPUS, GPT_4O = ("0.05", "0.40"), ("3", "15"), ("15", "75"), ("5", "15")
GPT_5 = ("1.25", "10")


def bill(prices: tuple[str, str], input_tokens: int, output_tokens: int) -> str:
    """At prices without tiers, where a month may be priced as one."""
    costs = (
        cost_of(input_tokens, Decimal(prices[0]), MTOK),
        cost_of(output_tokens, Decimal(prices[1]), MTOK),
    )
    return render_usd(NanoUsd(sum(costs)))


def months(upfront_usd: float, saved_usd: float, horizon: int = 60) -> float:
    return float(payback_months(flows_of(upfront_usd, np.full(horizon, saved_usd))))


@pytest.mark.parametrize(
    ("prices", "mtok_in", "mtok_out", "usd"),
    [
        (NANO, 1, 0.2, "0.13"),
        (NANO, 10, 2, "1.30"),
        (NANO, 100, 20, "13.00"),
        (NANO, 1000, 200, "130.00"),
        (SONNET, 1, 0.5, "10.50"),
        (SONNET, 10, 5, "105.00"),
        (SONNET, 50, 25, "525.00"),
        (SONNET, 100, 50, "1050.00"),
    ],
)
def test_the_first_articles_bills(prices: tuple[str, str], mtok_in: int, mtok_out: float, usd: str) -> None:
    assert bill(prices, mtok_in * MTOK, int(mtok_out * MTOK)) == usd


def test_the_first_article_replaces_nano_in_3_months_at_a_billion_tokens() -> None:
    assert months(400, 130 - 5) == pytest.approx(3.2, rel=0.01)


@pytest.mark.parametrize(("bill_usd", "expected"), [(105, 21.1), (525, 3.88), (1050, 1.92)])
def test_the_first_article_replaces_sonnet(bill_usd: float, expected: float) -> None:
    assert months(2000, bill_usd - 10) == pytest.approx(expected, rel=0.01)


def test_the_first_articles_smallest_row_takes_longer_than_any_machine_lives() -> None:
    assert months(2000, 10.50 - 10, horizon=600) == np.inf  # 4,000 months; the article says about 200


def test_the_first_articles_rented_a100() -> None:
    month_usd = Rented(usd_per_h=1.30, labour=NO_LABOUR).month_usd()
    assert month_usd == pytest.approx(949, rel=0.01)
    assert float(bill(SONNET, 500 * MTOK, 250 * MTOK)) / month_usd == pytest.approx(5.53, rel=0.01)


def test_the_second_articles_rig() -> None:
    a_day = bill(GPT_4O, 10_000 * 1000, 10_000 * 500)
    assert (a_day, 30 * Decimal(a_day)) == ("125.00", Decimal(3750))
    month_usd = float(Electricity(usd_per_kwh=0.15).usd(idle_w=0, busy_w=800, idle_h=0, busy_h=30 * 12))
    assert month_usd == pytest.approx(43.20)
    assert months(5500, 3750 - month_usd) == pytest.approx(1.48, rel=0.01)


def test_lenovos_hours() -> None:
    """A server of 833,806 against 98.32 an hour in a cloud, and 0.87 of electricity."""
    hours = months(833_806, (98.32 - 0.87) * HOURS_PER_MONTH) * HOURS_PER_MONTH
    assert hours == pytest.approx(8556, rel=0.001)


def pan(card_usd: float, watts: float, tokens_per_s: int, prices: tuple[str, str]) -> float:
    """Pan et al., arXiv 2509.18101: 176 hours a month, a third of the tokens is input."""
    third = tokens_per_s * 176 * 3600 // 3
    card = Owned(
        hardware_usd=card_usd,
        idle_w=0,
        busy_w=watts,
        electricity=Electricity(usd_per_kwh=0.15),
        labour=NO_LABOUR,
    )
    saved_usd = float(bill(prices, third, 2 * third)) - float(card.month_usd(busy_h=176))
    return months(card_usd, saved_usd)


@pytest.mark.parametrize(("prices", "expected"), [(SONNET, 11.42), (OPUS, 2.27), (GPT_5, 17.81)])
def test_pans_a100(prices: tuple[str, str], expected: float) -> None:
    assert pytest.approx(120.4e6, rel=0.01) == 190 * 176 * 3600  # tokens a month
    assert pan(15_000, 400, 190, prices) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(("prices", "expected"), [(GPT_5, 3.04), (OPUS, 0.38), (SONNET, 1.94)])
def test_pans_5090_with_magistral(prices: tuple[str, str], expected: float) -> None:
    assert pan(2000, 575, 150, prices) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(("tokens_per_s", "usd"), [(255.118, 7.600), (9271.03, 0.2091)])
def test_patils_cost_of_the_same_machine_at_two_loads(tokens_per_s: float, usd: float) -> None:
    """arXiv 2606.11690: $6.98 an hour, whatever it serves."""
    assert usd_per_mtok(6.98, tokens_per_s) == pytest.approx(usd, rel=0.001)


def test_azures_hour_of_chat_at_sonnets_price() -> None:
    """19,366 calls; without tiers their sum is the price of the sums, to the nano-dollar's rounding."""
    assert bill(SONNET, 22_361_870, 4_088_665) == "128.415585"


@pytest.mark.skipif(not AZURE.is_file(), reason="PAYBACK_AZURE_TRACE does not name the trace")
def test_azures_hour_of_chat_priced_call_by_call() -> None:
    costs = cost_nusd(real_hour(), price("sonnet", input="3", output="15"))
    assert isinstance(costs, np.ndarray)
    assert (len(costs), int(costs.sum())) == (19_366, 128_415_585_000)
