"""The defaults are those that the method was tried with; a range that contradicts itself is refused."""

from dataclasses import replace

import pytest

from projection.assumptions import DEFAULTS, Assumptions, Basis, allowed_of


@pytest.mark.parametrize(
    ("name", "low", "value", "high"),
    [
        ("electricity_usd_per_kwh", 0.10, 0.17, 0.35),
        ("pue", 1.0, 1.0, 1.4),
        ("resale_decay_per_year", 0.0, 0.25, 0.50),
        ("discount_per_year", 0.06, 0.10, 0.15),
        ("ops_h_per_month", 2, 4, 16),
    ],
)
def test_a_default_and_its_range_are_those_of_the_method(
    name: str, low: float, value: float, high: float
) -> None:
    found = Assumptions()[name]
    assert (found.low, found.value, found.high) == (low, value, high)


def test_setting_up_takes_20_hours_at_100_dollars() -> None:
    assert Assumptions().value_of("setup_h") * Assumptions().value_of("labour_usd_per_h") == 2000


def test_what_somebody_chooses_is_not_drawn() -> None:
    asked = {each.name for each in DEFAULTS if not each.is_drawn}
    assert "discount_per_year" in asked
    assert {name for name in asked if name.startswith(("volume", "api_price", "speed"))} == {
        "volume_factor",
        "api_price_factor",
        "speed_factor",
    }


@pytest.mark.parametrize("default", DEFAULTS, ids=lambda each: each.name)
def test_every_default_says_where_it_is_from_and_may_be_stated_itself(default: object) -> None:
    found = next(each for each in DEFAULTS if each is default)
    least, most = allowed_of(found.name)
    assert least <= found.low <= found.high <= most
    assert found.source
    assert found.unit
    assert found.basis is Basis.ASSUMED


def test_no_name_stands_for_two() -> None:
    assert len(Assumptions()) == len(DEFAULTS) == len(set(Assumptions()))


@pytest.mark.parametrize("ends", [(2.0, 3.0), (0.0, 0.5), (float("nan"), 2.0), (float("-inf"), 2.0)])
def test_a_value_outside_its_own_range_is_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"^pue is 1 between .*; write low <= value <= high$"):
        replace(Assumptions()["pue"], low=ends[0], high=ends[1])


def test_what_is_stated_stands_over_the_default_and_the_rest_stays() -> None:
    stated = Assumptions({"pue": replace(Assumptions()["pue"], value=1.2)})
    assert (stated.value_of("pue"), stated.value_of("ops_h_per_month")) == (1.2, 4)


def test_a_fixed_value_is_drawn_no_more_and_leaves_the_original_alone() -> None:
    before = Assumptions()
    after = before.with_value("pue", 1.3)
    assert (after["pue"].low, after["pue"].high, after["pue"].is_drawn) == (1.3, 1.3, False)
    assert before.value_of("pue") == 1.0
