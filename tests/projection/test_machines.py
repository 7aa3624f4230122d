"""Months of machines, added up by hand: HOURS_PER_MONTH is 730.5."""

from dataclasses import replace

import numpy as np
import pytest

from projection.machines import buy, hybrid, rent, rent_busy_hours
from projection.outcome import Course
from tests.projection.cases import MONTHS, WEEK_HOURS, base, fleet, machine, move
from tests.projection.rigs import LLAMA_8B, RTX_4090
from tests.projection.rigs import rig as rig_of


def only(values: np.ndarray) -> float:
    """The one value that all paths have."""
    assert np.ptp(values) == pytest.approx(0.0, abs=1e-9)
    return float(values[0])


def month_usd(course: Course, month: int = 0) -> float:
    return only(course.monthly_usd[:, month])


def test_a_rented_machine_is_paid_for_every_hour_of_the_month() -> None:
    assert month_usd(rent(base(), move(), machine())) == pytest.approx(0.5 * 730.5)


def test_a_rent_is_todays_offer_as_it_drifts_by_the_middle_of_each_month() -> None:
    course = rent(base(rent_price_factor=1.2, rent_drift_per_year=-0.36), move(), machine())
    assert month_usd(course, 0) == pytest.approx(0.5 * 1.2 * 730.5 * 0.64 ** (0.5 / 12))
    assert month_usd(course, 11) == pytest.approx(0.5 * 1.2 * 730.5 * 0.64 ** (11.5 / 12))


def test_a_rented_machine_is_set_up_and_the_model_tried_and_nothing_is_bought() -> None:
    told = base(setup_h=10, switch_h=5, labour_usd_per_h=80, spares_share=0.05)
    course = rent(told, move(), replace(machine(), host_usd=1500.0))
    assert only(course.upfront_usd) == pytest.approx(15 * 80)
    assert not course.resale_usd.any()


def test_calls_that_cannot_move_are_still_paid_for() -> None:
    course = rent(base(1000), move(usd_per_month=700), machine())
    assert month_usd(course) == pytest.approx(0.5 * 730.5 + 300)


def test_answers_that_were_not_good_enough_are_paid_for_twice() -> None:
    course = rent(base(fallback_share=0.2), move(), machine())
    assert month_usd(course) == pytest.approx(0.5 * 730.5 + 200)
    assert course.parts_usd["fallback"] == pytest.approx(200)


def test_what_goes_back_to_todays_api_is_not_asked_there_a_second_time() -> None:
    """Half overflows and a tenth of the rest finds the machine down: 450 of 1,000 are answered by it."""
    told = base(volume=4.0, fallback_share=0.2, downtime_share=0.1, electricity_usd_per_kwh=0.0)
    parts = buy(told, move(250.0), machine(grows=False)).parts_usd
    assert (parts["overflow"], parts["downtime"]) == pytest.approx((500, 50))
    assert parts["fallback"] == pytest.approx(0.2 * 450)


def test_what_goes_to_the_open_models_api_can_be_as_bad_as_at_home() -> None:
    told = base(volume=4.0, fallback_share=0.2, electricity_usd_per_kwh=0.0)
    elsewhere = replace(move(250.0), hosted_usd_per_month=25.0)
    parts = hybrid(told, elsewhere, machine(copies=1), copies=1).parts_usd
    assert parts["overflow"] == pytest.approx(0.5 * 4 * 25)
    assert parts["fallback"] == pytest.approx(0.2 * 1000)


def test_while_the_machine_is_down_the_api_is_paid() -> None:
    assert month_usd(rent(base(downtime_share=0.01), move(), machine())) == pytest.approx(0.5 * 730.5 + 10)


def test_in_the_house_nothing_goes_to_an_api_and_nothing_is_paid_for_it() -> None:
    inside = base(fallback_share=0.2, downtime_share=0.01, in_house=True)
    assert month_usd(rent(inside, move(), machine())) == pytest.approx(0.5 * 730.5)


def test_a_second_machine_is_rented_while_the_traffic_needs_it_and_no_longer() -> None:
    volume = np.array([1.0, 3.0, 1.0])  # one copy bears 2
    course = rent(base(volume=volume, months=3), move(), machine())
    assert [month_usd(course, month) for month in range(3)] == pytest.approx([365.25, 730.5, 365.25])


def test_of_four_machines_those_that_nobody_needs_are_given_back() -> None:
    """Four bear twice the measured traffic; half of them bear it once."""
    assert month_usd(rent(base(volume=1.0), move(), machine(copies=4))) == pytest.approx(2 * 365.25)
    assert month_usd(rent(base(volume=0.0), move(0), machine(copies=4))) == pytest.approx(365.25)


def test_there_are_no_more_machines_than_the_plan_allows_and_the_rest_overflows() -> None:
    """Ten times the traffic on two copies is five times on each, full at two: three fifths are too much."""
    course = rent(base(volume=10.0), move(), replace(machine(), most_copies=2))
    assert month_usd(course) == pytest.approx(2 * 365.25 + 0.6 * 10_000)


def test_a_second_machine_is_bought_once_and_kept() -> None:
    volume = np.array([1.0, 3.0, 1.0])
    kept = base(volume=volume, months=3, electricity_usd_per_kwh=0.0)
    course = buy(kept, move(), machine())
    assert only(course.upfront_usd) == pytest.approx(2000)
    assert [month_usd(course, month) for month in range(3)] == pytest.approx([0, 2000, 0])


def test_a_second_card_takes_the_free_slot_and_a_third_is_bought_with_a_host() -> None:
    """Two RTX 4090 stand in one host; at that month's price, with spares."""
    told = base(
        volume=np.array([1.0, 3.0, 5.0]), months=3, electricity_usd_per_kwh=0.0, spares_share=0.05,
        hardware_drift_per_year=-0.36,
    )  # fmt: skip
    course = buy(told, move(), replace(machine(), host_usd=1500.0))
    assert month_usd(course, 1) == pytest.approx((2000 + 100) * 0.64 ** (1.5 / 12))
    assert month_usd(course, 2) == pytest.approx((2000 + 100 + 1500) * 0.64 ** (2.5 / 12))


def test_a_price_that_was_read_long_ago_has_drifted_since() -> None:
    """Read two years ago, at a fall of 20 % a year: 64 % of 2,000, and 64 % of the rent."""
    told = base(hardware_drift_per_year=-0.2, rent_drift_per_year=-0.2)
    old = replace(machine(), unit_read_years=2.0, rent_read_years=2.0)
    assert only(buy(told, move(), old).upfront_usd) == pytest.approx(1280)
    hourly = 0.5 * 0.64 * 0.8 ** (0.5 / 12)
    assert month_usd(rent(told, move(), old)) == pytest.approx(hourly * 730.5)


def test_what_is_planned_as_it_stands_gets_no_second_machine() -> None:
    course = buy(base(volume=4.0, electricity_usd_per_kwh=0.0), move(), machine(grows=False))
    # half of four times the traffic overflows: 0.5 x 4 x $1,000
    assert month_usd(course) == pytest.approx(2000)
    assert course.parts_usd["overflow"] == pytest.approx(2000)


def test_a_bought_machine_is_paid_first_with_its_host_spares_and_the_hours_of_setting_up() -> None:
    told = base(setup_h=20, switch_h=8, labour_usd_per_h=100, spares_share=0.05)
    course = buy(told, move(), replace(machine(), host_usd=1500.0))
    assert only(course.upfront_usd) == pytest.approx(2000 + 1500 + 100 + 2000 + 800)


def test_a_bought_machine_takes_current_while_it_waits_too() -> None:
    course = buy(base(electricity_usd_per_kwh=0.2, pue=1.5), move(), machine())
    # card 20 W idle, 400 W busy; host of two cards 40 and 50 W; busy 100 h of 730.5
    kwh = (450 * 100 + 60 * 630.5) / 1000
    assert month_usd(course) == pytest.approx(1.5 * 0.2 * kwh)


def test_hours_of_operation_are_paid_every_month() -> None:
    told = base(ops_h_per_month=4, labour_usd_per_h=100, electricity_usd_per_kwh=0.0)
    assert month_usd(buy(told, move(), machine()), MONTHS - 1) == pytest.approx(400)


def test_a_sale_brings_less_each_year_and_twice_as_much_for_two() -> None:
    course = buy(base(resale_decay_per_year=0.25), move(), machine(copies=2))
    assert course.resale_usd.shape == (100, MONTHS + 1)
    assert only(course.resale_usd[:, 0]) == pytest.approx(4000 * 0.72 * 0.85)
    assert only(course.resale_usd[:, 12]) == pytest.approx(4000 * 0.72 * 0.85 * 0.75)


def test_the_base_load_alone_leaves_the_rest_to_the_api() -> None:
    told = base(volume=2.0, electricity_usd_per_kwh=0.0)
    course = hybrid(told, move(), machine(copies=2), copies=1)
    assert only(course.upfront_usd) == pytest.approx(2000)
    # one of two copies meets what 4 times the volume is to both, which are full at 2: half overflows
    assert month_usd(course) == pytest.approx(0.5 * 2 * 1000)


@pytest.mark.parametrize(("copies", "host_usd"), [(2, 1500), (3, 3000), (4, 3000)])
def test_a_part_of_the_cards_takes_a_part_of_the_hosts_that_were_stated(copies: int, host_usd: float) -> None:
    """Two cards a host: four stand in two, which cost 3,000 together."""
    course = hybrid(base(), move(), replace(machine(copies=4), host_usd=3000.0), copies=copies)
    assert only(course.upfront_usd) == pytest.approx(2000 * copies + host_usd)


def test_a_slow_machine_overflows_as_more_traffic_would() -> None:
    slow = buy(base(speed_factor=0.25, electricity_usd_per_kwh=0.0), move(), machine(grows=False))
    assert slow.parts_usd["overflow"] == pytest.approx(500)  # factor 4, full at 2: half of $1,000


def test_busy_hours_are_rented_where_the_api_costs_more_and_the_rest_goes_to_the_api() -> None:
    busy = np.zeros(WEEK_HOURS)
    busy[9:17] = 0.9 / 8  # Monday's office hours
    busy[17:] = 0.1 / (WEEK_HOURS - 17)
    course = rent_busy_hours(base(), replace(move(), tokens_by_hour=busy), machine())
    assert course is not None
    weeks = 730.5 / 168
    assert month_usd(course) == pytest.approx(0.5 * (8 + 0.25) * weeks + 0.1 * 1000)
    assert course.name == "rent 1 x RTX 4090 for 8 h a week (Llama 3.1 8B fp8, vLLM)"


def test_an_hour_has_to_be_worth_the_rent_of_all_machines() -> None:
    """$1.369 by API; four machines of $0.34 are less, and of $0.35 more."""
    even = np.full(WEEK_HOURS, 1 / WEEK_HOURS)
    even[0] = 0.0
    for usd_per_h, is_worth_it in ((0.34, True), (0.35, False)):
        four = replace(machine(copies=4), rent_usd_per_h=usd_per_h)
        course = rent_busy_hours(base(), replace(move(), tokens_by_hour=even), four)
        assert (course is not None) is is_worth_it


def test_each_time_that_it_is_rented_again_its_start_is_paid_again() -> None:
    mornings_and_evenings = np.zeros(WEEK_HOURS)
    mornings_and_evenings[[9, 10, 18, 19]] = 0.25
    course = rent_busy_hours(base(), replace(move(), tokens_by_hour=mornings_and_evenings), machine())
    assert course is not None
    assert month_usd(course) == pytest.approx(0.5 * (4 + 2 * 0.25) * 730.5 / 168)


def test_what_is_too_much_in_rented_hours_goes_to_the_api_as_what_comes_outside_them() -> None:
    """Nine of ten tokens come while it is rented; of those half is too much: 0.45 of 4,000 is served."""
    busy = np.full(WEEK_HOURS, 0.1 / (WEEK_HOURS - 8))
    busy[9:17] = 0.9 / 8
    course = rent_busy_hours(base(volume=4.0), replace(move(), tokens_by_hour=busy), machine(grows=False))
    assert course is not None
    assert course.parts_usd["overflow"] == pytest.approx((1 - 0.45) * 4000)


def test_answers_that_are_not_good_enough_make_an_hour_less_worth_its_rent() -> None:
    """The API costs $1,000 / 730.5 = $1.369 an hour in which it is used evenly, 80 % of it $1.095."""
    told, even = base(fallback_share=0.2), np.full(WEEK_HOURS, 1 / WEEK_HOURS)
    even[0] = 0.0  # never all hours
    for usd_per_h, is_worth_it in ((1.09, True), (1.10, False), (1.36, False)):
        dear = replace(machine(), rent_usd_per_h=usd_per_h)
        course = rent_busy_hours(told, replace(move(), tokens_by_hour=even), dear)
        assert (course is not None) is is_worth_it


def test_busy_hours_that_are_all_or_none_are_no_course_of_their_own() -> None:
    assert rent_busy_hours(base(), move(), machine()) is None  # $1,000 / 730.5 h is more than $0.50 an hour
    assert rent_busy_hours(base(100), move(100), machine()) is None


def test_an_idle_machine_makes_each_token_dear_and_a_full_one_cheap() -> None:
    course = rent(base(), move(tokens_per_month=100e6), machine())
    assert course.usd_per_mtok_observed == pytest.approx(365.25 / 100)
    assert course.usd_per_mtok_full == pytest.approx(365.25 / (1000 * 730.5 * 3600 / 1e6))


def test_the_price_of_a_token_at_full_load_is_that_of_the_copies_there_are() -> None:
    """At a quarter of the traffic two copies of four are rented: half the rent for half the tokens."""
    some, all_four = (
        rent(base(volume=volume), move(), machine(copies=4)).usd_per_mtok_full for volume in (1.0, 2.0)
    )
    assert some == pytest.approx(0.5 * 1e6 / (1000 * 3600))
    assert some == pytest.approx(all_four)


def test_at_full_load_a_bought_machine_is_busy_in_every_hour_and_takes_the_current_for_it() -> None:
    told = base(electricity_usd_per_kwh=0.2, resale_decay_per_year=0.0, hardware_price_factor=0.001)
    course = buy(told, move(), machine())
    worn = 2 * (1 - 0.72 * 0.85) / MONTHS
    kwh = 450 * 730.5 / 1000  # card 400 W, host 50 W
    assert course.usd_per_mtok_full == pytest.approx((0.2 * kwh + worn) / (1000 * 730.5 * 3600 / 1e6))


def test_the_price_of_a_bought_token_holds_the_wear_of_the_machine() -> None:
    told = base(resale_decay_per_year=0.0, electricity_usd_per_kwh=0.0)
    course = buy(told, move(tokens_per_month=100e6), machine())
    worn = (2000 - 2000 * 0.72 * 0.85) / MONTHS
    assert course.usd_per_mtok_observed == pytest.approx(worn / 100)


def test_what_has_no_price_cannot_be_bought_or_rented() -> None:
    with pytest.raises(ValueError, match="no price of RTX 4090 is known"):
        buy(base(), move(), machine(unit_usd=None))
    with pytest.raises(ValueError, match="nobody is known to rent out RTX 4090"):
        rent(base(), move(), replace(machine(), rent_usd_per_h=None))


def test_no_traffic_at_all_divides_by_nothing() -> None:
    course = rent(base(0.0, volume=0.0), move(0.0, 0.0), machine())
    assert month_usd(course) == pytest.approx(0.5 * 730.5)
    assert course.usd_per_mtok_observed is None


def test_all_cards_of_a_copy_are_rented() -> None:
    pair = replace(machine(), fleet=fleet(rig=rig_of(RTX_4090, LLAMA_8B, units=2)))
    assert month_usd(rent(base(), move(), pair)) == pytest.approx(2 * 365.25)


def test_all_cards_of_a_copy_take_current_in_one_host() -> None:
    """Both 400 W for 100 hours and 20 W for 630.5, their host 50 W and 40 W."""
    pair = replace(machine(), fleet=fleet(rig=rig_of(RTX_4090, LLAMA_8B, units=2)))
    kwh = (850 * 100 + 80 * 630.5) / 1000
    energy = buy(base(electricity_usd_per_kwh=0.2), move(), pair).parts_usd["energy"]
    assert energy == pytest.approx(0.2 * kwh)


def test_cards_stand_in_as_many_hosts_as_they_need_and_those_cost_and_draw() -> None:
    """Three cards of $2,000 in two hosts of $1,500, at 80 %; 3 x 20 W idle and 2 x 40 W."""
    told = base(host_price_factor=0.8, electricity_usd_per_kwh=0.2, volume=0.0)
    course = buy(told, move(0), replace(machine(copies=3), host_usd=None))
    assert only(course.upfront_usd) == pytest.approx(6000 + 0.8 * 2 * 1500)
    assert course.parts_usd["energy"] == pytest.approx(0.2 * (60 + 80) * 730.5 / 1000)


def test_machines_that_were_added_are_sold_too() -> None:
    """Two copies at the end: 2 x 2,000 paid, and 61.2 % of it back; worn over two months of 100 Mtok."""
    told = base(volume=np.array([1.0, 3.0]), months=2, electricity_usd_per_kwh=0.0, resale_decay_per_year=0.0)
    course = buy(told, move(tokens_per_month=100e6), machine())
    assert only(course.resale_usd[:, 1]) == pytest.approx(2000 * 0.612)
    assert only(course.resale_usd[:, 2]) == pytest.approx(4000 * 0.612)
    assert course.usd_per_mtok_observed == pytest.approx(4000 * 0.388 / 2 / 100)
