import numpy as np
import pytest

from projection.period import DAYS_PER_MONTH, HOURS_PER_MONTH, by_month, days_in, months_in, whole_days_in


def test_a_month_is_the_twelfth_part_of_a_julian_year() -> None:
    assert (DAYS_PER_MONTH * 12, HOURS_PER_MONTH) == (365.25, 730.5)
    assert (days_in(2), months_in(60.875)) == (60.875, 2.0)


@pytest.mark.parametrize(("months", "days"), [(0, 0), (1, 31), (2, 61), (16, 487), (36, 1096)])
def test_a_month_that_ends_within_a_day_needs_that_day(months: int, days: int) -> None:
    assert whole_days_in(months) == days  # 16 months end on the stroke: 487.0


def test_a_day_that_a_border_cuts_is_shared_and_none_is_lost() -> None:
    daily = np.zeros(61)
    daily[30] = 16.0  # days 0-29 are whole; of the 31st, 7/16 are in the first month
    assert by_month(daily, 2).tolist() == [7.0, 9.0]


def test_paths_are_summed_each_by_itself() -> None:
    daily = np.array([np.full(487, 1.0), np.full(487, 2.0)])
    assert by_month(daily, 16).sum(axis=1).tolist() == [487.0, 974.0]


def test_months_without_their_days_are_refused() -> None:
    with pytest.raises(ValueError, match="2 months need 61 days; there are 60"):
        by_month(np.ones(60), 2)
