import numpy as np
import pytest

from projection.assumptions import Assumption, Assumptions
from projection.courses import stay
from projection.draws import drawn
from projection.machines import buy, rent
from projection.moves import Base
from projection.options import Recipe
from projection.plan import ApiPrices, Kind
from projection.sensitivity import Question, must_be_true, searched, tornado
from tests.projection.cases import base, certain, machine, move

USD_PER_MONTH = 500.0


def question(kind: Kind = Kind.RENT, usd_per_month: float = USD_PER_MONTH, **values: float) -> Question:
    """Twelve months of a rented or bought machine, against an API for *usd_per_month*."""

    def base_of(assumptions: Assumptions) -> Base:
        draws = drawn(assumptions, np.ones((100, 12)), ApiPrices.FLAT, seed=1)
        return Base(usd_per_month=usd_per_month, draws=draws)

    run = rent if kind is Kind.RENT else buy
    return Question(
        course=Recipe(
            kind=kind, model="", course=lambda told: run(told, move(usd_per_month), machine(grows=False))
        ),
        to=Recipe(kind=Kind.STAY, model=None, course=lambda told: stay(told, "gpt-4o")),
        base_of=base_of,
        assumptions=certain(electricity_usd_per_kwh=0.0, **values),
    )


def ranged(asked: Question, name: str, low: float, high: float) -> Question:
    one = asked.assumptions[name]
    wide = Assumption(
        name=name, value=one.value, low=low, high=high, unit=one.unit, source="", is_drawn=False
    )
    return Question(
        course=asked.course,
        to=asked.to,
        base_of=asked.base_of,
        assumptions=Assumptions(dict(asked.assumptions) | {name: wide}),
    )


def needed(asked: Question, name: str) -> float | None:
    return next(each.needed for each in must_be_true(asked) if each.assumption.name == name)


def test_a_swing_is_the_present_value_at_both_ends_of_one_input() -> None:
    asked = ranged(question(discount_per_year=0.0), "ops_h_per_month", 0, 2)
    (swing,) = tornado(asked)
    assert swing.assumption.name == "ops_h_per_month"
    yearly = 12 * (500 - 365.25)
    assert swing.npv_at_low_usd == pytest.approx(yearly)
    assert swing.npv_at_high_usd == pytest.approx(yearly - 12 * 2 * 100)
    assert swing.width_usd == pytest.approx(2400)


def test_the_widest_swing_comes_first_and_what_moves_nothing_is_left_out() -> None:
    asked = ranged(question(), "ops_h_per_month", 0, 2)
    asked = ranged(asked, "api_price_factor", 0.5, 1.5)
    assert [each.assumption.name for each in tornado(asked)] == ["api_price_factor", "ops_h_per_month"]


def test_a_rented_machine_needs_the_api_price_at_which_it_just_pays_its_rent() -> None:
    assert needed(question(), "api_price_factor") == pytest.approx(365.25 / 500, rel=0.006)


def test_a_bought_card_needs_the_price_that_a_year_of_savings_brings_back() -> None:
    asked = question(Kind.BUY, usd_per_month=100.0, discount_per_year=0.0)  # 12 x $100 of $2,000
    assert needed(asked, "hardware_price_factor") == pytest.approx(1200 / 2000, rel=0.006)
    assert needed(asked, "volume_factor") == pytest.approx(2000 / 1200, rel=0.006)


def test_an_input_that_alone_changes_nothing_needs_no_value() -> None:
    assert needed(question(), "spares_share") is None


def test_a_share_is_looked_for_between_none_and_nearly_all() -> None:
    assert needed(question(), "fallback_share") == pytest.approx(1 - 365.25 / 500, rel=0.01)
    assert searched(certain()["downtime_share"]) == (0.0, 0.99)
    assert searched(Assumptions()["rent_drift_per_year"]) == (-0.95, 1.0)
    assert searched(Assumptions()["electricity_usd_per_kwh"]) == pytest.approx((0.0017, 17.0))


def test_the_base_of_a_question_is_not_changed_by_asking() -> None:
    told = base()
    before = told.draws.api_price.copy()
    tornado(question())
    assert np.array_equal(told.draws.api_price, before)
