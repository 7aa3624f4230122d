import numpy as np

from projection.compare import compared
from projection.courses import stay
from projection.forecast import TooShort
from projection.machines import buy, rent
from projection.moves import Base
from projection.outcome import Binding, Comparison, Refused
from projection.plan import Kind
from projection.verdict import best_own, binding_of, pays_back, sentence_of, too_early
from tests.projection.cases import base, machine, move

SLOW = Refused(name="1 x RTX 4090", kind=None, binding=Binding.TOO_SLOW, reason="40 % in time, 99 % wanted")
LARGE = Refused(name="405B", kind=None, binding=Binding.DOES_NOT_FIT, reason="405 GB on 24 GB")


def bought(told: Base, usd_per_month: float) -> Comparison:
    return compared(buy(told, move(usd_per_month), machine()), stay(told, "gpt-4o"), 0.0)


def test_a_purchase_that_pays_back_is_a_yes_with_its_month() -> None:
    own = bought(base(electricity_usd_per_kwh=0.0), 1000)
    assert pays_back(own)
    sentence = sentence_of("bot", own, None, None, None, (), 36)
    assert sentence.startswith("bot: to buy 1 x RTX 4090 (Llama 3.1 8B fp8, vLLM) pays off in month 2.0")
    assert "never in 0% of paths" in sentence


def test_a_path_in_two_that_never_pays_back_is_still_a_yes_and_more_is_a_no() -> None:
    volume = np.ones((100, 12))
    volume[:50] = 0.0
    assert pays_back(bought(base(volume=volume), 1000))
    volume[:51] = 0.0
    assert not pays_back(bought(base(volume=volume), 1000))


def test_a_saving_that_does_not_bring_back_the_price_within_the_horizon_is_a_matter_of_capital() -> None:
    own = bought(base(100, electricity_usd_per_kwh=0.0), 100)
    assert binding_of(own, ()) is Binding.CAPITAL
    sentence = sentence_of(None, own, None, None, Binding.CAPITAL, (), 12)
    assert "does not pay off within 12 months: saving too small for the capital" in sentence
    assert "$100 saved a month, for $2,000 first" in sentence


def test_a_machine_that_costs_more_to_run_than_the_api_is_named_as_that() -> None:
    told = base(100)
    own = compared(rent(told, move(100), machine()), stay(told, "gpt-4o"), 0.0)
    assert binding_of(own, ()) is Binding.RUNNING_COST
    assert "$265 a month more than staying" in sentence_of(
        None, own, None, None, Binding.RUNNING_COST, (), 36
    )


def test_what_would_save_but_for_its_bad_answers_is_a_matter_of_quality() -> None:
    told = base(400, fallback_share=0.3)
    own = compared(rent(told, move(400), machine()), stay(told, "gpt-4o"), 0.0)
    assert binding_of(own, ()) is Binding.FALLBACK


def test_of_machines_that_all_fail_the_one_that_came_nearest_to_running_is_told() -> None:
    assert binding_of(None, (LARGE, SLOW)) is Binding.TOO_SLOW
    sentence = sentence_of(None, None, None, None, Binding.TOO_SLOW, (LARGE, SLOW), 36)
    assert "too slow at the peak (40 % in time, 99 % wanted)." in sentence


def test_with_no_candidate_at_all_there_is_no_model_to_move_to() -> None:
    assert binding_of(None, ()) is Binding.NO_SUBSTITUTE


def test_under_two_weeks_no_month_is_named() -> None:
    sentence = too_early("bot", stay(base(1234.0), "gpt-4o"), TooShort(days=9, today_per_day=1.0))
    assert sentence == (
        "bot: too early to name a month: 9 days of history, 14 are needed."
        " At today's volume, staying costs $1,234 a month."
    )


def test_a_course_without_a_machine_is_not_the_best_machine() -> None:
    told = base()
    comparisons = [compared(stay(told, "gpt-4o"), stay(told, "gpt-4o"), 0.0), bought(told, 1000)]
    own = best_own(comparisons)
    assert own is not None
    assert own.course.kind is Kind.BUY


def test_a_machine_that_only_beats_the_dear_model_says_that_the_model_is_the_saving() -> None:
    told = base(electricity_usd_per_kwh=0.0)
    own, never = bought(told, 1000), bought(base(100, electricity_usd_per_kwh=0.0), 100)
    sentence = sentence_of(None, own, None, never, None, (), 36)
    assert "most of that is the model, not the machine" in sentence


def test_what_pays_off_later_and_costs_more_first_says_that_it_costs_more() -> None:
    growing = np.array([0.1, *[2.0] * 11])  # $100 against $300 of operation, then $2,000
    told = base(volume=growing, ops_h_per_month=3, electricity_usd_per_kwh=0.0)
    own = bought(told, 1000)
    assert pays_back(own)
    sentence = sentence_of(None, own, None, None, None, (), 36)
    assert "against staying, and costs $200 more in the first month." in sentence


def test_a_saving_of_exactly_nothing_is_as_much_as_staying() -> None:
    told = base(365.25)
    own = compared(rent(told, move(365.25), machine()), stay(told, "gpt-4o"), 0.0)
    assert not pays_back(own)
    sentence = sentence_of(None, own, None, None, binding_of(own, ()), (), 1)
    assert "does not pay off within 1 month: saving below running cost" in sentence
    assert "as much as staying" in sentence


def test_what_fits_and_may_not_stands_nearer_to_running_than_what_does_not_fit() -> None:
    barred = Refused(name="8B", kind=None, binding=Binding.IN_HOUSE, reason="elsewhere")
    priceless = Refused(name="8B", kind=None, binding=Binding.NO_PRICE, reason="no price")
    assert binding_of(None, (LARGE, priceless, barred)) is Binding.IN_HOUSE
    assert binding_of(None, (LARGE, priceless)) is Binding.NO_PRICE
