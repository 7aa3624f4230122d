"""What each step alone saves: numbers that can be added up by hand, and no saving where nothing is known."""

from collections.abc import Sequence
from datetime import date

import pytest

from ledger.price import Price
from projection.assumptions import Assumptions
from projection.catalogue import Catalogue, catalogue
from projection.columns import UNKNOWN
from projection.ladder import ladder_of
from projection.outcome import Rung
from projection.price_columns import repriced
from projection.traffic import Billed, Needs, Traffic
from tests.projection.priced import price, price_list, tokens, traffic

READ = date(2026, 11, 22)
MTOK = 1_000_000
LARGE = price("large", input="10", output="50")
CACHING = price("large", input="10", cache_read="1", cache_write="12.5", output="50")
BATCH = price("large", tier="batch", input="5", output="25")
SMALL = price("small", input="1", output="5")
OPEN = price("llama", provider="host", input="0.1", output="0.5")
OWN = catalogue(
    {
        "hosted": [
            {"open_model": name, "provider": provider, "model": "llama", "read": READ}
            for name, provider in (
                ("Llama 3.1 8B", "host"),
                ("Llama 3.1 70B", "host 2"),
                ("Llama 3 8B", "host"),
            )
        ],
        "cheaper": [
            {
                "provider": "cloud",
                "cloud_model": pattern,
                "cheaper_model": name,
                "gap": f"It is {name}.",
                "read": READ,
            }
            for pattern, name in (("large*", "small"), ("answered*", "tiny"))
        ],
    }
)
"""Beside what is shipped, whose providers the tests' price lists do not have."""


def assumed(**values: float) -> Assumptions:
    """Half of what can be cached is, all calls can wait, none is asked again; unless it is said."""
    told = {"cacheable_share": 0.5, "batchable_share": 1.0, "fallback_share": 0.0} | values
    assumptions = Assumptions()
    for name, value in told.items():
        assumptions = assumptions.with_value(name, value)
    return assumptions


def ladder(
    calls: Traffic,
    *known: Price,
    models: Sequence[str] = (),
    months: float = 1.0,
    own: Catalogue = OWN,
    **values: float,
) -> tuple[Rung, Rung, Rung, Rung]:
    prices = price_list(*known)
    found = ladder_of(repriced(calls, prices), prices, assumed(**values), models, months, own)
    caching, batch, cheaper, open_model = found
    return caching, batch, cheaper, open_model


def test_half_the_calls_in_a_batch_at_half_the_price_save_a_quarter() -> None:
    """$10 and $50 for 1 Mtok in and 1 out; half of that in a batch; 50 % of the calls can wait: $15 saved."""
    _, batch, _, _ = ladder(traffic([tokens(MTOK, MTOK)]), LARGE, BATCH, batchable_share=0.5)
    assert batch.saved_usd_per_month == pytest.approx(15.0)
    assert batch.saved_share == pytest.approx(0.25)
    assert batch.words == "Assumed: 50% of the calls can wait for up to a day."


def test_what_runs_in_batches_already_saves_nothing_more() -> None:
    billings = [Billed(provider="cloud", models=("large",), service_tier="batch")]
    _, batch, _, _ = ladder(traffic([tokens(MTOK)], billings=billings), LARGE, BATCH)
    assert (batch.saved_usd_per_month, batch.saved_share) == (None, None)


def test_a_batch_without_a_price_for_cached_input_takes_it_as_plain_input() -> None:
    """Today 0.4 Mtok at $10 and 0.6 at $1 make $4.60; in a batch 1 Mtok at $5: dearer by 40 cents."""
    _, batch, _, _ = ladder(traffic([tokens(MTOK, cached=600_000)]), CACHING, BATCH)
    assert batch.saved_usd_per_month == pytest.approx(-0.40)
    assert batch.words.startswith("It would cost more, not less. ")


def test_the_first_call_writes_the_cache_and_the_others_read_it() -> None:
    """Three calls of 2 Mtok, a minute apart: of each, half is cacheable. Writing 1 Mtok costs $2.50 more
    than plain input, reading it twice saves $9 each."""
    caching, _, _, _ = ladder(traffic([tokens(2 * MTOK)] * 3), CACHING)
    assert caching.saved_usd_per_month == pytest.approx(-2.50 + 9 + 9)
    assert caching.saved_share == pytest.approx(15.50 / 60)


def test_where_writing_has_no_price_the_first_call_pays_for_plain_input() -> None:
    free_writes = price("large", input="10", cache_read="1", output="50")
    caching, _, _, _ = ladder(traffic([tokens(2 * MTOK)] * 3), free_writes)
    assert caching.saved_usd_per_month == pytest.approx(9 + 9)


def test_after_a_pause_longer_than_a_cache_lives_it_is_written_again() -> None:
    """Within five minutes of the call before: the second one. The third comes 5.1 minutes after it."""
    calls = traffic([tokens(2 * MTOK)] * 3, minutes=[0, 5, 10.1])
    caching, _, _, _ = ladder(calls, CACHING)
    assert caching.saved_usd_per_month == pytest.approx(-2.50 + 9 - 2.50)


def test_calls_that_come_one_an_hour_make_a_cache_cost_more_and_it_says_so() -> None:
    caching, _, _, _ = ladder(traffic([tokens(2 * MTOK)] * 2, minutes=[0, 60]), CACHING)
    assert caching.saved_usd_per_month == pytest.approx(-5.0)
    assert caching.saved_share == pytest.approx(-0.125)
    assert caching.words.startswith("It would cost more, not less. ")


def test_only_what_is_not_cached_today_can_still_be() -> None:
    """1.8 of 2 Mtok are cached today; half of the rest saves 0.1 x $9 from the second call on."""
    caching, _, _, _ = ladder(traffic([tokens(2 * MTOK, cached=1_800_000)] * 2), CACHING)
    assert caching.saved_usd_per_month == pytest.approx(-0.1 * 2.50 + 0.1 * 9)
    assert caching.words.startswith("90% of the input is read from a cache today. Assumed: 50%")


@pytest.mark.parametrize(("read", "saves"), [(2047, False), (2048, True)])
def test_a_prefix_of_less_than_1024_tokens_is_not_cached(read: int, saves: bool) -> None:
    caching, _, _, _ = ladder(traffic([tokens(read)] * 9), CACHING)
    assert caching.saved_usd_per_month is not None
    assert (caching.saved_usd_per_month > 0) == saves
    assert caching.words.startswith("How much is read from a cache today is not known.")


def test_no_cache_is_promised_where_the_price_list_has_none() -> None:
    caching, _, _, _ = ladder(traffic([tokens(2 * MTOK)] * 3), LARGE)
    assert (caching.saved_usd_per_month, caching.saved_share) == (None, None)
    assert caching.words == "The price list has no price for cached input of these models."


def test_models_with_and_without_a_cache_are_told_apart() -> None:
    billings = [Billed(provider="cloud", models=(name,)) for name in ("large", "small")]
    calls = traffic([tokens(2 * MTOK)] * 4, billed=[0, 1, 0, 1], billings=billings)
    caching, _, _, _ = ladder(calls, CACHING, SMALL)
    assert caching.saved_usd_per_month == pytest.approx(-2.50 + 9)
    assert caching.words.endswith("Models without such a price stay as they are.")


def test_a_cheaper_model_saves_the_difference_less_what_is_asked_again() -> None:
    """$60 today, $6 by the small one; a tenth of the calls is asked again of the large one, for $6."""
    _, _, cheaper, _ = ladder(traffic([tokens(MTOK, MTOK)]), LARGE, SMALL, fallback_share=0.1)
    assert cheaper.saved_usd_per_month == pytest.approx(60 - 6 - 6)
    assert cheaper.words == (
        "large to small: It is small. Assumed: 10% of the calls are asked again of today's model."
    )


@pytest.mark.parametrize("names", [("answered-1", "large-2026"), ("large-1", "an alias")])
def test_a_cheaper_model_is_found_by_what_was_asked_for_or_else_by_what_answered(
    names: tuple[str, str],
) -> None:
    """The row for what answered in the first case names another model, which has no price here."""
    billings = [Billed(provider="cloud", models=names)]
    answered = price(names[0], input="10", output="50")
    _, _, cheaper, _ = ladder(traffic([tokens(MTOK)], billings=billings), answered, SMALL)
    assert cheaper.saved_usd_per_month == pytest.approx(9.0)
    assert cheaper.words.startswith(f"{names[1]} to small: It is small.")


def test_nothing_is_cheaper_than_the_cheapest_or_than_what_has_no_price() -> None:
    small = [Billed(provider="cloud", models=("small",))]
    for calls in (traffic([tokens(MTOK)], billings=small), traffic([tokens(MTOK)])):
        known = [SMALL] if calls.billings[0].name == "small" else [LARGE]
        _, _, cheaper, _ = ladder(calls, *known)
        assert (cheaper.saved_usd_per_month, cheaper.saved_share) == (None, None)


def test_the_open_model_that_saves_most_is_named_with_who_sells_it() -> None:
    """1 Mtok in and out: $60 today, $0.60 at one, $1.10 at the other."""
    dearer = price("llama", provider="host 2", input="0.1", output="1")
    _, _, _, by_api = ladder(
        traffic([tokens(50_000, 50_000)] * 20),
        LARGE,
        OPEN,
        dearer,
        models=("Llama 3.1 70B", "Llama 3.1 8B"),
    )
    assert by_api.saved_usd_per_month == pytest.approx(60 - 0.60)
    assert by_api.words.startswith(
        "Llama 3.1 8B at host, $0.1 and $0.5 per million tokens of input and output."
    )


def test_calls_that_the_open_model_cannot_take_stay_and_save_nothing() -> None:
    """Llama 3 8B has 8,192 tokens of context. One of four is text and short enough: $0.06 for $0.0006."""
    calls = traffic(
        [tokens(1000, 1000), tokens(1000, 1000), tokens(1000, 1000), tokens(8000, 1000)],
        needs=[Needs.TOOLS, Needs.IMAGES | Needs.TOOLS, Needs.AUDIO, Needs.NOTHING],
    )
    _, _, _, by_api = ladder(calls, LARGE, OPEN, models=("Llama 3 8B",))
    assert by_api.saved_usd_per_month == pytest.approx(0.06 - 0.0006)
    assert "Calls that stay, with images, with sound or too large: 3." in by_api.words


def test_where_nobody_knows_what_a_call_needs_it_is_taken_for_text() -> None:
    calls = traffic([tokens(1000, 1000)], needs=[UNKNOWN])
    _, _, _, by_api = ladder(calls, LARGE, OPEN, models=("Llama 3 8B",))
    assert by_api.saved_usd_per_month == pytest.approx(0.06 - 0.0006)


def test_without_a_model_or_an_offer_nothing_is_said_to_be_saved() -> None:
    for models in ((), ("Llama 3 8B",)):
        _, _, _, by_api = ladder(traffic([tokens(1000)]), LARGE, models=models)
        assert (by_api.saved_usd_per_month, by_api.saved_share) == (None, None)


def test_savings_are_those_of_a_month_whatever_was_measured() -> None:
    calls = traffic([tokens(MTOK, MTOK)])
    half_a_month = ladder(calls, LARGE, BATCH, SMALL, months=0.5)
    assert half_a_month[1].saved_usd_per_month == pytest.approx(60.0)
    assert half_a_month[2].saved_usd_per_month == pytest.approx(108.0)
    assert half_a_month[1].saved_share == pytest.approx(0.5)


def test_calls_without_a_known_price_are_in_no_sum_and_are_counted() -> None:
    billings = [Billed(provider="cloud", models=(name,)) for name in ("large", "nobody's")]
    calls = traffic([tokens(MTOK), None, tokens(MTOK)], billed=[0, 0, 1], billings=billings)
    _, batch, _, _ = ladder(calls, LARGE, BATCH)
    assert batch.saved_usd_per_month == pytest.approx(5.0)
    assert batch.words.endswith("Left out: 2 of 3 calls, which have no known price.")


def test_no_calls_no_price_and_no_cost_save_nothing_and_break_nothing() -> None:
    free = price("large", input="0", output="0")
    for calls, known in ((traffic([]), LARGE), (traffic([tokens(1)]), SMALL), (traffic([None]), LARGE)):
        assert all(rung.saved_usd_per_month is None for rung in ladder(calls, known, BATCH))
    _, _, cheaper, _ = ladder(traffic([tokens(MTOK)]), free, SMALL)
    assert cheaper.saved_usd_per_month == pytest.approx(-1.0)
    assert cheaper.saved_share is None


@pytest.mark.parametrize("months", [0.0, -1.0, float("nan")])
def test_a_period_of_no_length_is_refused(months: float) -> None:
    with pytest.raises(ValueError, match=r"^months is .*; a ladder needs a period of some length$"):
        ladder(traffic([tokens(1)]), LARGE, months=months)
