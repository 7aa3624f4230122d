from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from math import exp
from random import Random

import pytest

from ledger.money import NanoUsd
from ledger.period import Period, month_of
from web.spend.forecast import DRAWS, HISTORY_DAYS, LEAST_DAYS, Forecast, forecast_of, spread_of

NOVEMBER = month_of(date(2026, 11, 1))
DOLLAR = 1_000_000_000
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG_AGO = date(2026, 1, 1)


def spent_until(day: date, days: int, amounts: Mapping[int, int] | int) -> dict[date, NanoUsd]:
    """In *days* days before *day*: an amount for each weekday, Monday 0, or one for all."""
    found = [day - timedelta(days=n) for n in range(1, days + 1)]
    return {one: NanoUsd(amounts if isinstance(amounts, int) else amounts[one.weekday()]) for one in found}


def test_a_month_of_equal_days_comes_to_days_times_a_day_and_its_range_is_a_point() -> None:
    """Sunday 22 November, noon: 21 days of 10, half a day so far, half a day and 8 days to come."""
    spent = spent_until(NOON.date(), HISTORY_DAYS, 10 * DOLLAR)
    found = forecast_of(spent, LONG_AGO, NanoUsd(215 * DOLLAR), NOVEMBER, NOON)
    whole = NanoUsd(300 * DOLLAR)
    assert found == Forecast(whole, whole, whole, HISTORY_DAYS)


def test_weekends_are_expected_to_be_as_weekends_were() -> None:
    """Weekdays cost 14, weekends 0; the mean is 10. A weekday is expected to cost (4 x 14 + 10) / 5 = 13.2, a
    weekend's day (4 x 0 + 10) / 5 = 2. Sunday noon leaves 1 + 6 weekdays x 13.2 + 2 of a weekend x 2."""
    amounts = {day: 14 * DOLLAR if day < 5 else 0 for day in range(7)}
    spent = spent_until(NOON.date(), HISTORY_DAYS, amounts)
    found = forecast_of(spent, LONG_AGO, NanoUsd(0), NOVEMBER, NOON)
    assert found is not None
    assert found.amount == pytest.approx((1 + 6 * 13.2 + 2 * 2) * DOLLAR)


def test_in_the_second_week_all_days_are_alike() -> None:
    """Nine days are too few to tell Mondays from Sundays. 1 to 9 are 5 a day; half a day and 8 are left."""
    spent = {NOON.date() - timedelta(days=n): NanoUsd(n * DOLLAR) for n in range(1, 10)}
    found = forecast_of(spent, NOON.date() - timedelta(days=10), NanoUsd(0), NOVEMBER, NOON)
    assert found is not None
    assert (found.amount, found.days) == (42.5 * DOLLAR, 9)


@pytest.mark.parametrize("whole_days", [LEAST_DAYS - 1, LEAST_DAYS])
def test_before_a_week_is_over_there_is_no_forecast(whole_days: int) -> None:
    """The first day is not counted: the ledger began somewhere within it."""
    spent = spent_until(NOON.date(), whole_days + 1, DOLLAR)
    found = forecast_of(spent, min(spent), NanoUsd(0), NOVEMBER, NOON)
    assert (found is None) == (whole_days < LEAST_DAYS)


def test_days_without_calls_are_days_without_spend_and_not_left_out() -> None:
    """One day of 28 cost 28: a day costs 1, and half a day and 8 are left; weekdays shift it by some."""
    spent = {NOON.date() - timedelta(days=3): NanoUsd(28 * DOLLAR)}
    found = forecast_of(spent, LONG_AGO, NanoUsd(0), NOVEMBER, NOON)
    assert found is not None
    assert 2 * DOLLAR < found.amount < 16 * DOLLAR


@pytest.mark.parametrize("month", [month_of(date(2026, 10, 1)), month_of(date(2026, 12, 1))])
def test_only_the_running_month_has_a_forecast(month: Period) -> None:
    assert forecast_of(spent_until(NOON.date(), 28, DOLLAR), LONG_AGO, NanoUsd(DOLLAR), month, NOON) is None


def test_a_ledger_that_spends_nothing_has_no_forecast() -> None:
    assert forecast_of({}, LONG_AGO, NanoUsd(0), NOVEMBER, NOON) is None


def test_the_range_holds_what_is_spent_already_and_is_the_same_at_every_reading() -> None:
    spent = {NOON.date() - timedelta(days=n): NanoUsd((1 + 40 * (n % 5 == 0)) * DOLLAR) for n in range(1, 29)}
    found = forecast_of(spent, LONG_AGO, NanoUsd(500 * DOLLAR), NOVEMBER, NOON)
    assert found is not None
    assert 500 * DOLLAR <= found.low < found.amount < found.high
    spread_of.cache_clear()
    assert forecast_of(spent, LONG_AGO, NanoUsd(500 * DOLLAR), NOVEMBER, NOON) == found


def test_the_end_of_a_month_is_surer_than_its_beginning() -> None:
    errors = tuple(float((n * 37) % 11 - 5) for n in range(28))
    widths = [high - low for low, high in (spread_of(errors, days) for days in (1, 8, 30))]
    assert widths == sorted(widths)
    assert widths[0] < widths[2] / 2


def made_up_month(chance: Random, month: Period) -> dict[date, NanoUsd]:
    """Eleven weeks around *month*: weekdays of their own, weekends quieter, each day off by a quarter."""
    usual = [chance.uniform(0.8, 1.2)] * 5 + [chance.uniform(0.2, 0.6)] * 2
    days = [month.start + timedelta(days=n) for n in range(-40, 40)]
    return {
        day: NanoUsd(int(10 * DOLLAR * usual[day.weekday()] * exp(chance.gauss(0, 0.25)))) for day in days
    }


@pytest.mark.parametrize("day", [8, 22])
def test_the_range_holds_what_comes_in_about_eight_of_ten_months(day: int) -> None:
    chance, held = Random(20261122), 0
    for _ in range(200):
        spent = made_up_month(chance, NOVEMBER)
        so_far = sum(spent[one] for one in NOVEMBER.days() if one.day < day)
        now = datetime(2026, 11, day, tzinfo=UTC)
        found = forecast_of(spent, date(2026, 9, 1), NanoUsd(so_far), NOVEMBER, now)
        assert found is not None
        held += found.low <= sum(spent[one] for one in NOVEMBER.days()) <= found.high
    assert 0.72 <= held / 200 <= 0.9
    assert DRAWS >= 200
