import numpy as np
import pytest

from projection.families import FAMILIES
from projection.period import Floats


def many(name: str, days: int = 364) -> Floats:
    rng = np.random.default_rng(8300)
    return np.array([FAMILIES[name](days, rng) for _ in range(200)])


@pytest.mark.parametrize("name", FAMILIES)
def test_every_volume_is_one_that_a_day_can_have(name: str) -> None:
    lives = many(name)
    assert lives.shape == (200, 364)
    assert np.all(np.isfinite(lives))
    assert np.all(lives > 0)


@pytest.mark.parametrize(("name", "least", "most"), [("steady", -0.1, 0.1), ("growing", 0.4, 0.9)])
def test_a_family_moves_as_its_name_says(name: str, least: float, most: float) -> None:
    """Half a year lies between the middles of its halves: at 2-10 % a month 0.12 to 0.6 in logarithms."""
    halves = many(name, 728).reshape(200, 2, 364).sum(axis=2)
    assert least < float(np.median(np.log(halves[:, 1] / halves[:, 0]))) < most


def test_decline_is_growth_turned_round() -> None:
    halves = many("declining").reshape(200, 2, 182).sum(axis=2)
    assert float(np.median(halves[:, 1] / halves[:, 0])) < 0.85


def test_weekends_are_nearly_silent_where_weeks_have_seasons() -> None:
    weekdays = np.sort(np.median(many("weekly-seasonal").reshape(200, 52, 7), axis=1), axis=1)
    assert np.all(weekdays[:, 1] < 0.35 * weekdays[:, 3])


def test_bursts_stand_out_of_their_weeks() -> None:
    highest = {
        name: np.median(np.max(many(name), axis=1) / np.median(many(name), axis=1)) for name in FAMILIES
    }
    assert highest["bursty"] > 4 * highest["steady"]


def test_a_step_moves_the_level_further_than_wandering_does() -> None:
    """From the first month to the last; wandering alone is 10 % a month, 33 % in eleven."""
    ends = {}
    for name in ("steady", "step change"):
        lives = many(name)
        ends[name] = float(np.median(np.abs(np.log(lives[:, -28:].sum(axis=1) / lives[:, :28].sum(axis=1)))))
    assert ends["step change"] > 1.5 * ends["steady"]
