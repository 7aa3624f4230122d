"""The month that pays off."""

from tests.seeded.mutant import Mutant

_FINANCE = "tests/projection/test_finance.py"
_COMPARE = "tests/projection/test_compare.py"
MUTANTS = (
    Mutant(
        "the break-even comes a month too late",
        "Every answer is off by one.",
        "projection/finance.py",
        "return np.where(back.any(axis=-1), month - since, math.inf)",
        "return np.where(back.any(axis=-1), month + 1 - since, math.inf)",
        (
            f"{_FINANCE}::test_the_month_that_pays_back_is_counted_in_parts",
            f"{_COMPARE}::test_a_card_of_2000_that_saves_1000_a_month_pays_back_in_two_months",
        ),
    ),
    Mutant(
        "later savings count more",
        "The discount goes the wrong way.",
        "projection/finance.py",
        "-np.arange(float(months))",
        "np.arange(float(months))",
        (
            f"{_FINANCE}::test_discounting_makes_later_savings_count_less",
            f"{_FINANCE}::test_the_present_value_of_a_loan_is_known",
        ),
    ),
    Mutant(
        "a year's rate is a month's",
        "Twelve times the discount makes everything a loss.",
        "projection/finance.py",
        "(1 + rate_per_year / MONTHS_PER_YEAR)",
        "(1 + rate_per_year)",
        (f"{_FINANCE}::test_the_present_value_of_a_loan_is_known",),
    ),
    Mutant(
        "a sale brings nothing",
        "A machine is worth nothing the day after it was bought.",
        "projection/finance.py",
        "position = summed_up(usd * discount) + np.asarray(resale_usd, dtype=float) * discount",
        "position = summed_up(usd * discount)",
        (
            f"{_FINANCE}::test_a_sale_brings_the_month_nearer",
            f"{_COMPARE}::test_selling_the_machine_pays_back_earlier_and_counts_in_the_present_value",
        ),
    ),
    Mutant(
        "no path is one that never pays back",
        "A gamble reads as a sure thing.",
        "projection/finance.py",
        "float(np.isinf(values).mean())",
        "0.0",
        (f"{_FINANCE}::test_a_spread_keeps_never_apart_from_months",),
    ),
    Mutant(
        "the same seed gives another answer",
        "Nobody can look at a projection again.",
        "projection/draws.py",
        "return np.random.default_rng([seed, *name.encode()])",
        "return np.random.default_rng()",
        ("tests/projection/test_project.py::test_the_same_ledger_and_seed_give_the_same_answer",),
    ),
    Mutant(
        "what must stay in the house is offered an API",
        "A wish that may be a law is not followed.",
        "projection/candidates.py",
        "    if constraints.must_stay_in_house:\n",
        "    if constraints.rented_is_in_house:\n",
        (
            "tests/projection/test_project.py::test_what_must_not_leave_the_house_is_offered_no_api_and_no_rented_machine",
        ),
    ),
    Mutant(
        "electricity is free",
        "A machine costs nothing once it is bought.",
        "projection/owning.py",
        "return self.pue * self.usd_per_kwh * watt_hours / 1000",
        "return 0 * self.pue * self.usd_per_kwh * watt_hours / 1000",
        (
            "tests/projection/test_owning.py::test_a_month_is_electricity_for_idle_and_busy_hours_and_the_hours_of_keeping_it_up",
        ),
    ),
    Mutant(
        "calls move to models that cannot take them",
        "A price is compared with one at which the work would not be done.",
        "projection/moving.py",
        "~covered[traffic.billed]",
        "~(covered | True)[traffic.billed]",
        (
            "tests/projection/test_moving.py::test_only_calls_of_covered_models_move_unless_the_plan_names_the_model",
        ),
    ),
    Mutant(
        "what costs more than staying costs the same",
        "A course is compared with nothing.",
        "projection/compare.py",
        "np.concatenate([upfront, to.monthly_usd - course.monthly_usd], axis=1)",
        "np.concatenate([upfront, to.monthly_usd], axis=1)",
        (f"{_COMPARE}::test_what_costs_more_than_staying_never_pays_back_and_is_worth_less_than_nothing",),
    ),
)
