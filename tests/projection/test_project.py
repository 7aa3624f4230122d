"""The whole of a projection, on traffic that was made up: what it names, what it refuses to name."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import numpy as np
import pytest

from ledger.period import US_PER_DAY
from ledger.price import NoPrice, Price
from ledger.pricebook import PriceBook
from projection.assumptions import Assumptions
from projection.case import NothingToProject
from projection.catalogue import catalogue
from projection.columns import UNKNOWN, Ints
from projection.forecast import Outlook, TooShort
from projection.outcome import Binding, Projection
from projection.plan import Constraints, Kind, Plan, Volume, Wanted
from projection.price_columns import repriced
from projection.project import project
from projection.traffic import Traffic
from projection.volume import traffic_of

CATALOGUE = catalogue()
BOOK = PriceBook()
NOW = datetime(2026, 11, 22, tzinfo=UTC)
OWN = frozenset({Kind.RENT, Kind.RENT_BUSY_HOURS, Kind.BUY, Kind.HYBRID})
LARGE, DEAR = 250.0, "claude-opus-4-5"
"""Mtok a month; some $2,900."""
ON_A_4090 = Wanted(model="Llama 3.1 8B", hardware="RTX 4090", quantisation="fp8", engine="vLLM")


READ = date(2026, 11, 22)
"""Of the catalogue's rows."""


def prices(provider: str | None, models: Sequence[str | None], tier: str | None) -> Price | NoPrice:
    return BOOK.price_at(provider, models, tier, NOW)


@cache
def made_up(mtok: float = 150.0, days: int = 28, model: str = "claude-sonnet-4-5") -> Traffic:
    """Two thirds of the tokens are input."""
    volume = Volume(
        input_tokens_per_month=mtok * 2 / 3 * 1e6,
        output_tokens_per_month=mtok / 3 * 1e6,
        model=model,
        provider="anthropic" if model.startswith("claude") else "openai",
    )
    return repriced(traffic_of(volume, np.random.default_rng(1), days=days), prices)


def projected(traffic: Traffic, plan: Plan | None = None) -> Projection:
    return project(traffic, plan or Plan(paths=200), CATALOGUE, prices)


@cache
def large() -> Projection:
    return projected(made_up(LARGE, model=DEAR), Plan(paths=200, wanted=(ON_A_4090,)))


def test_every_course_is_compared_with_staying_and_with_the_same_model_by_api() -> None:
    found = large()
    kinds = {course.kind for course in found.courses}
    assert {Kind.STAY, Kind.HOSTED, Kind.RENT, Kind.BUY} <= kinds
    assert found.courses[0].kind is Kind.STAY
    assert len(found.against_stay) == len(found.courses) - 1
    assert {each.course.kind for each in found.against_hosted} <= OWN
    assert found.against_hosted


def test_dear_traffic_in_bulk_pays_a_card_back_and_says_in_which_month() -> None:
    found = large()
    assert found.pays_off is True
    assert found.binding is None
    assert "pays off in month" in found.sentence
    assert found.tornado
    assert {each.assumption.name for each in found.must_be_true} >= {"volume_factor", "api_price_factor"}


def test_the_same_ledger_and_seed_give_the_same_answer() -> None:
    plan = Plan(paths=200, wanted=(ON_A_4090,))
    one, other = (project(made_up(LARGE, model=DEAR), plan, CATALOGUE, prices) for _ in range(2))
    assert one.sentence == other.sentence
    assert one.tornado == other.tornado
    assert [each.npv_usd for each in one.against_stay] == [each.npv_usd for each in other.against_stay]


def test_the_share_that_failed_is_of_all_calls_and_not_of_those_with_a_price() -> None:
    """A call that fails has no price: of the priced ones hardly any failed."""
    traffic = made_up()
    fails = np.arange(len(traffic)) % 10 == 0
    calls = replace(traffic.calls, failed=fails.astype(np.int64))
    costs = np.where(fails, UNKNOWN, traffic.list_cost_nusd)
    calls = replace(calls, retry_number=np.where(np.arange(len(traffic)) % 4 == 0, 2, 0))
    today = projected(replace(traffic, calls=calls, list_cost_nusd=costs)).today
    assert today.failed_share == pytest.approx(0.1, abs=0.001)
    assert today.retried_share == pytest.approx(0.25, abs=0.001)


def test_prices_of_machines_that_were_read_long_ago_have_drifted_and_it_is_said() -> None:
    """Three years at -10 %/yr or so: the same machine costs less, and a reader is told of it."""
    plan = Plan(paths=200, wanted=(Wanted(model="Llama 3.3 70B", hardware="H100 SXM 80GB"),))
    now, later = (
        project(made_up(3000.0), plan, catalogue(), prices, today)
        for today in (READ, READ.replace(year=2029))
    )
    spent = [
        next(float(np.median(each.upfront_usd)) for each in found.courses if each.kind is Kind.BUY)
        for found in (now, later)
    ]
    assert spent[1] < spent[0]
    assert [any("were read on 2026-11-22" in note for note in found.notes) for found in (now, later)] == [
        False,
        True,
    ]


def test_under_two_weeks_of_history_no_month_is_named_anywhere() -> None:
    found = projected(made_up(150.0, days=10))
    assert isinstance(found.forecast, TooShort)
    assert found.pays_off is None
    assert "Too early to name a month: 10 days of history, 14 are needed" in found.sentence
    assert (found.against_stay, found.against_hosted, found.must_be_true, found.tornado) == ((),) * 4
    assert found.courses  # what each would cost at today's volume


def test_days_before_the_first_call_are_no_quiet_days() -> None:
    traffic = made_up(150.0)
    late = replace(traffic, from_us=traffic.from_us - 60 * US_PER_DAY)
    assert projected(late).today.usd_per_month == pytest.approx(projected(traffic).today.usd_per_month)


def test_a_stated_volume_is_no_forecast_and_says_that_it_was_made_up() -> None:
    volume = Volume(input_tokens_per_month=2e9, output_tokens_per_month=1e9, model="claude-sonnet-4-5")
    found = projected(made_up(LARGE, model=DEAR), Plan(paths=200, volume=volume, wanted=(ON_A_4090,)))
    assert found.forecast is None
    assert any("made up" in note for note in found.notes)


def test_a_stated_volume_of_few_calls_is_what_was_stated_and_no_more() -> None:
    """The first of three calls comes days after the beginning of what is made up."""
    volume = Volume(
        input_tokens_per_month=3e5, output_tokens_per_month=3e4, calls_per_month=3.0, provider="anthropic",
        model="claude-sonnet-4-5",
    )  # fmt: skip
    traffic = repriced(traffic_of(volume, np.random.default_rng(1)), prices)
    assert traffic.calls.started_us[0] - traffic.from_us > US_PER_DAY
    today = projected(traffic, Plan(paths=100, volume=volume)).today
    assert today.input_tokens_per_month == pytest.approx(3e5, rel=1e-3)
    assert today.usd_per_month == pytest.approx(0.9 + 0.45, rel=1e-3)


def test_a_model_that_nothing_replaces_has_no_course_and_says_so() -> None:
    volume = Volume(
        input_tokens_per_month=2e7,
        output_tokens_per_month=1e7,
        model="a-model-of-our-own",
        input_usd_per_mtok=3.0,
        output_usd_per_mtok=15.0,
    )
    found = projected(traffic_of(volume, np.random.default_rng(1)))
    assert found.pays_off is False
    assert found.binding is Binding.NO_SUBSTITUTE
    assert "a-model-of-our-own" in found.sentence


def test_a_model_that_fits_on_no_machine_that_is_wanted_is_refused_with_its_size() -> None:
    plan = Plan(paths=200, wanted=(Wanted(model="Llama 3.1 405B", hardware="RTX 4090", quantisation="fp16"),))
    found = projected(made_up(150.0), plan)
    assert found.binding is Binding.DOES_NOT_FIT
    assert any("GB" in each.reason for each in found.refused)


def test_what_must_not_leave_the_house_is_offered_no_api_and_no_rented_machine() -> None:
    inside = Plan(paths=200, wanted=(ON_A_4090,), constraints=Constraints(must_stay_in_house=True))
    found = projected(made_up(150.0), inside)
    assert {course.kind for course in found.courses} == {Kind.STAY, Kind.BUY}
    (bought,) = (course for course in found.courses if course.kind is Kind.BUY)
    assert bought.parts_usd["fallback"] == bought.parts_usd["overflow"] == 0.0


def test_calls_without_a_price_are_in_no_sum_and_are_told_of() -> None:
    traffic = made_up(150.0)
    nusd = traffic.list_cost_nusd.copy()
    nusd[:100] = UNKNOWN
    found = projected(replace(traffic, list_cost_nusd=nusd))
    assert found.today.unpriced_calls == 100
    assert any(note.startswith("100 of ") for note in found.notes)
    assert found.today.usd_per_month == pytest.approx(int(nusd[100:].sum()) / 1e9 / (28 / 30.4375), rel=1e-3)


def with_calls(traffic: Traffic, costs: Ints, **columns: Ints) -> Traffic:
    return replace(traffic, calls=replace(traffic.calls, **columns), list_cost_nusd=costs)


def unpriced(count: int) -> Traffic:
    """The first *count* calls of many fail without a token; so they have no price."""
    traffic = made_up()
    fails = np.arange(len(traffic)) < count
    told = {
        name: np.where(fails, UNKNOWN, getattr(traffic.calls, name))
        for name in ("input_tokens", "output_tokens")
    }
    costs = np.where(fails, UNKNOWN, traffic.list_cost_nusd)
    return with_calls(traffic, costs, failed=fails.astype(np.int64), **told)


def test_a_call_that_failed_without_a_token_does_not_want_a_price() -> None:
    found = projected(unpriced(100))
    assert (found.today.unpriced_calls, found.today.calls_without_usage) == (100, 100)
    (note,) = found.notes
    assert note.startswith("Of 100 of ")
    assert "the tokens are not known (100 of them failed)" in note
    assert "price" not in note


def test_estimated_tokens_are_counted_and_told_with_their_part_of_the_cost() -> None:
    traffic = made_up()
    some = np.arange(len(traffic)) < 100
    found = projected(with_calls(traffic, traffic.list_cost_nusd, estimated=some.astype(np.int64)))
    assert found.today.estimated_calls == 100
    share = int(traffic.list_cost_nusd[:100].sum()) / int(traffic.list_cost_nusd.sum())
    (note,) = found.notes
    assert note.startswith(f"The tokens of 100 of {len(traffic):,} calls are estimates, {share:.0%} of the")


def test_where_all_is_reported_and_priced_there_is_nothing_to_note() -> None:
    assert projected(made_up()).notes == ()


@pytest.mark.parametrize(
    ("traffic", "words"),
    [
        (unpriced(len(made_up())), "calls are unknown;"),
        (
            with_calls(
                made_up(),
                made_up().list_cost_nusd,
                **dict.fromkeys(("input_tokens", "output_tokens"), np.zeros_like(made_up().list_cost_nusd)),
            ),
            "calls with a known price have no tokens",
        ),
        (made_up().picked(np.zeros(len(made_up()), dtype=np.bool_)), "there are no calls"),
        (
            replace(made_up(), list_cost_nusd=np.full(len(made_up()), UNKNOWN)),
            "calls has a known price; add [[price]] entries for their models",
        ),
        (
            replace(made_up().picked(np.zeros(len(made_up()), dtype=np.bool_)), self_hosted_calls=3),
            "all 3 calls are self-hosted already",
        ),
    ],
)
def test_nothing_to_project_says_what_is_missing(traffic: Traffic, words: str) -> None:
    with pytest.raises(NothingToProject) as told:
        projected(traffic)
    assert words in str(told.value)


def test_one_call_is_too_early_and_divides_by_nothing() -> None:
    one = np.zeros(len(made_up()), dtype=np.bool_)
    one[0] = True
    found = projected(made_up().picked(one))
    assert found.today.calls == 1
    assert found.pays_off is None or found.pays_off is False


def test_one_day_is_too_early() -> None:
    found = projected(made_up(days=1))
    assert (found.pays_off, found.against_stay) == (None, ())
    assert isinstance(found.forecast, TooShort)
    assert found.forecast.days == 1


def test_input_that_is_cached_whole_is_projected_all_the_same() -> None:
    traffic = made_up()
    cached = replace(traffic.calls, cache_read_tokens=traffic.calls.input_tokens)
    found = projected(replace(traffic, calls=cached))
    assert found.today.cached_share == 1.0
    assert len(found.against_stay) > 0


def test_traffic_that_costs_nothing_never_pays_anything_back() -> None:
    free = replace(made_up(), list_cost_nusd=np.zeros(len(made_up()), dtype=np.int64))
    found = projected(free)
    assert found.pays_off is False
    assert all(math.isinf(each.payback.p50) for each in found.against_stay if each.course.kind in OWN)


def test_a_history_of_four_weeks_is_forecast_on_all_paths() -> None:
    found = large()
    assert isinstance(found.forecast, Outlook)
    assert found.courses[0].monthly_usd.shape == (200, 36)


def break_even(name: str, value: float, *, sold: bool = False) -> float:
    """The middle month of buying one card. *sold*: with what a sale of it brings."""
    plan = Plan(
        paths=200,
        wanted=(replace(ON_A_4090, kinds=(Kind.BUY,), units=1),),
        assumptions=Assumptions().with_value(name, value),
    )
    found = projected(made_up(LARGE, model=DEAR), plan)
    (bought,) = (each for each in found.against_stay if each.course.kind is Kind.BUY)
    return (bought.payback_with_resale if sold else bought.payback).p50


def test_the_less_a_sale_brings_the_later_it_breaks_even_with_one() -> None:
    months = [break_even("resale_decay_per_year", decay, sold=True) for decay in (0.0, 0.4, 0.99)]
    assert months == sorted(months)
    assert months[0] < months[-1] <= break_even("resale_decay_per_year", 0.0)


@pytest.mark.parametrize(
    ("name", "values", "is_worse"),
    [
        ("api_price_factor", (0.5, 1.0, 2.0), False),
        ("volume_factor", (0.5, 1.0, 2.0), False),
        ("ops_h_per_month", (2.0, 8.0, 32.0), True),
        ("electricity_usd_per_kwh", (0.1, 0.3, 0.9), True),
        ("discount_per_year", (0.0, 0.1, 0.3), True),
        ("hardware_price_factor", (0.5, 1.0, 2.0), True),
    ],
)
def test_break_even_moves_the_way_that_it_must(name: str, values: tuple[float, ...], is_worse: bool) -> None:
    months = [break_even(name, value) for value in values]
    assert months == sorted(months, reverse=not is_worse)
    assert months[0] != months[-1]
