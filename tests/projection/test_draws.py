import numpy as np
import pytest

from projection.assumptions import DEFAULTS, Assumption, Assumptions
from projection.draws import JUMPS_PER_YEAR, Draws, drawn
from projection.plan import ApiPrices

PATHS, MONTHS = 4000, 36


def draws(
    assumptions: Assumptions | None = None, api_prices: ApiPrices = ApiPrices.STAY, seed: int = 1
) -> Draws:
    return drawn(assumptions or Assumptions(), np.ones((PATHS, MONTHS)), api_prices, seed)


def test_a_drawn_assumption_lies_in_its_range_and_leans_to_its_value() -> None:
    hours = draws().of("ops_h_per_month")
    assert hours.min() >= 2
    assert hours.max() <= 16
    assert hours.mean() == pytest.approx((2 + 4 + 16) / 3, rel=0.02)  # the mean of a triangle


def test_an_assumption_that_is_not_drawn_is_its_value_on_every_path() -> None:
    assert set(draws().of("discount_per_year").tolist()) == {0.10}


def test_a_fixed_assumption_leaves_every_other_draw_as_it_was() -> None:
    fixed = draws(Assumptions().with_value("electricity_usd_per_kwh", 0.30))
    assert set(fixed.of("electricity_usd_per_kwh").tolist()) == {0.30}
    others = [each.name for each in DEFAULTS if each.name != "electricity_usd_per_kwh"]
    plain = draws()
    assert all(np.array_equal(plain.of(name), fixed.of(name)) for name in others)
    assert np.array_equal(plain.api_price, fixed.api_price)


def test_the_first_paths_of_many_are_the_paths_of_few() -> None:
    volume = np.ones((PATHS, MONTHS))
    many = drawn(Assumptions(), volume, ApiPrices.STAY, 1)
    few = drawn(Assumptions(), volume, ApiPrices.STAY, 1, paths=100)
    assert np.array_equal(many.of("setup_h")[:100], few.of("setup_h"))
    assert np.array_equal(many.api_price[:100], few.api_price)
    assert np.array_equal(many.speed(0.24)[:100], few.speed(0.24))


def test_another_seed_draws_others() -> None:
    assert not np.array_equal(draws(seed=1).of("setup_h"), draws(seed=2).of("setup_h"))


def test_a_price_that_one_stays_on_jumps_every_other_year() -> None:
    path = draws().api_price
    changes = np.count_nonzero(np.diff(path, axis=1, prepend=1.0))
    assert changes / (PATHS * MONTHS / 12) == pytest.approx(JUMPS_PER_YEAR, rel=0.05)


def test_a_jump_has_the_spread_that_the_price_list_shows() -> None:
    path = draws().api_price
    ratios = path[:, 1:] / path[:, :-1]
    p10, p50, p90 = np.quantile(ratios[ratios != 1.0], (0.1, 0.5, 0.9))
    # 0.51, 1.11 and 2.32 are no exact lognormal: its middle is kept, and the distance of its ends
    assert p50 == pytest.approx(1.11, rel=0.05)
    assert p90 / p10 == pytest.approx(2.32 / 0.51, rel=0.1)


def test_who_keeps_switching_pays_less_each_year() -> None:
    path = draws(api_prices=ApiPrices.SWITCH).api_price
    assert np.median(path[:, 11]) == pytest.approx((1 - 0.40) ** (11.5 / 12), rel=0.1)
    assert np.all(np.diff(path, axis=1) <= 0)


def test_flat_prices_stay_and_the_factor_holds_from_the_first_month() -> None:
    halved = draws(Assumptions().with_value("api_price_factor", 0.5), ApiPrices.FLAT)
    assert set(halved.api_price.ravel().tolist()) == {0.5}


def test_the_speed_has_the_median_and_the_spread_it_is_asked_for() -> None:
    speed = draws(Assumptions().with_value("speed_factor", 2.0)).speed(0.24)
    assert np.median(speed) == pytest.approx(2.0, rel=0.02)
    assert np.log(speed).std() == pytest.approx(0.24, rel=0.05)


def test_a_loss_of_more_than_all_in_a_year_leaves_nothing() -> None:
    lost = Assumption(name="rent_drift_per_year", value=-1.5, low=-1.5, high=-1.5, unit="", source="")
    drift = draws(Assumptions({"rent_drift_per_year": lost})).drift("rent_drift_per_year")
    assert set(drift.ravel().tolist()) == {0.0}
