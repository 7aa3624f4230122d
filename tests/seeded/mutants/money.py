"""What a call costs."""

from tests.seeded.mutant import Mutant

_RATING = "tests/ledger/test_rating.py"
MUTANTS = (
    Mutant(
        "cached tokens are charged twice",
        "Tokens from the cache cost their own price and that of plain input too.",
        "ledger/rating.py",
        "usage.input_tokens - cache_read - cache_write - uncached_media",
        "usage.input_tokens - cache_write - uncached_media",
        (f"{_RATING}::test_cached_input_is_charged_once_at_the_cache_price",),
    ),
    Mutant(
        "half a price is charged",
        "A meter without a price costs nothing, where the whole call ought to have no cost.",
        "ledger/rating.py",
        'return Unpriced(f"no {meter} price for {price.provider} {price.model}")',
        "continue",
        (f"{_RATING}::test_half_a_price_is_no_price",),
    ),
    Mutant(
        "long contexts are charged as short ones",
        "The price of a long request's tier is not looked up.",
        "ledger/price.py",
        "self.usd_at(input_tokens)",
        "self.usd_at(0)",
        (f"{_RATING}::test_a_tier_is_a_cliff_for_all_tokens_of_the_request",),
    ),
    Mutant(
        "the call is priced by the model that was asked for",
        "Providers charge for the model that answered.",
        "ledger/judgement.py",
        "models = (call.response_model, call.request_model)",
        "models = (call.request_model, call.response_model)",
        ("tests/ledger/test_judgement.py::test_the_answers_model_is_what_is_charged_for",),
    ),
    Mutant(
        "the service tier is ignored",
        "Flex, priority and batch are charged as the standard service.",
        "ledger/judgement.py",
        "models, call.service_tier, call.started_us",
        "models, None, call.started_us",
        (
            "tests/proxy/test_record.py::test_the_tier_that_served_is_charged_and_the_one_asked_for_only_where_none_is_told",
        ),
    ),
    Mutant(
        "the price of today is charged for calls of the past",
        "A price holds from its day on, and a call has the price of the day on which it began.",
        "ledger/judgement.py",
        "call.service_tier, call.started_us)",
        "call.service_tier, 2**51)",
        ("tests/ledger/test_judgement.py::test_the_day_of_the_price_is_the_day_on_which_the_call_began",),
    ),
    Mutant(
        "halves are rounded up",
        "Sums of rounded charges grow too large, a little with each call.",
        "ledger/money.py",
        "(over == 0 and whole % 2)",
        "over == 0",
        ("tests/ledger/test_money.py::test_half_a_nano_usd_goes_to_the_even_neighbour",),
    ),
    Mutant(
        "money is a float",
        "Large amounts lose their last digits.",
        "ledger/money.py",
        "return NanoUsd(_divided_half_even(numerator * quantity * NANO_PER_USD, denominator * per))",
        "return NanoUsd(round(float(usd) * quantity * NANO_PER_USD / per))",
        ("tests/ledger/test_money.py::test_a_count_of_sixteen_digits_at_a_price_of_sixteen_is_exact",),
    ),
    Mutant(
        "an unknown cost is a zero",
        "A file that finance adds up says that calls without a known price were free.",
        "ledger/exports/columns.py",
        "return None if cost is None else render_usd(cost)",
        "return render_usd(cost or NanoUsd(0))",
        ("tests/ledger/test_exports.py::test_an_unknown_cost_is_never_a_zero",),
    ),
    Mutant(
        "calls without usage are free",
        "A sum that leaves calls out does not say so.",
        "ledger/judgement.py",
        "return Entry(call=call, state=state, pricing=Pricing.UNPRICED, unpriced_reason=_why_no_usage(call))",
        "return Entry(call=call, state=state, pricing=Pricing.NOT_BILLED)",
        (
            "tests/ledger/test_judgement.py::test_a_call_whose_usage_is_not_known_says_why_and_costs_nobody_knows_what",
        ),
    ),
)
