"""The same calls at those who sell an open model: who is cheapest, and who does not come into question."""

from datetime import date

import pytest

from ledger.price import Price
from projection.hosted import MOST_OFFERS, best_offer_of, offers_of
from projection.specs import Hosted
from projection.totals import Totals
from tests.projection.priced import price, price_list, tokens, traffic

READ = date(2026, 11, 22)


def sold(provider: str, *, model: str = "Llama 3.1 8B", context_tokens: int | None = None) -> Hosted:
    return Hosted(
        open_model=model,
        provider=provider,
        model="llama",
        context_tokens=context_tokens,
        source="a test",
        read=READ,
    )


def at(provider: str, **usd: str) -> Price:
    return price("llama", provider=provider, **usd)


CALLS = traffic([tokens(1_000_000, 500_000), tokens(2_000_000, 0)])


def test_the_cheapest_stands_first_with_what_each_call_would_cost() -> None:
    prices = price_list(at("dear", input="1", output="1"), at("cheap", input="0.02", output="0.05"))
    cheap, dear = offers_of([sold("dear"), sold("cheap")], "llama-3.1-8b", Totals(CALLS), prices)
    assert (cheap.offer.provider, cheap.usd.tolist()) == ("cheap", [0.045, 0.04])
    assert (dear.offer.provider, dear.usd.tolist()) == ("dear", [1.5, 2.0])
    offer = cheap.offer
    assert (offer.model, offer.input_usd_per_mtok, offer.output_usd_per_mtok) == ("llama", 0.02, 0.05)
    assert offer.source == "a test's list"


def test_who_is_cheapest_depends_on_what_the_calls_are() -> None:
    prices = price_list(at("reads", input="0.1", output="9"), at("writes", input="9", output="0.1"))
    rows = [sold("reads"), sold("writes")]
    long_questions, long_answers = traffic([tokens(1000, 10)]), traffic([tokens(10, 1000)])
    assert offers_of(rows, "Llama 3.1 8B", Totals(long_questions), prices)[0].offer.provider == "reads"
    assert offers_of(rows, "Llama 3.1 8B", Totals(long_answers), prices)[0].offer.provider == "writes"


def test_the_sum_alone_is_that_of_the_calls() -> None:
    prices = price_list(at("one", input="1", output="2"))
    offers = offers_of([sold("one")], "Llama 3.1 8B", Totals(CALLS), prices)
    best = best_offer_of([sold("one")], "Llama 3.1 8B", Totals(CALLS), prices)
    assert best is not None
    assert best[0] == offers[0].offer
    assert best[1] == pytest.approx(3.0 + 2 * 0.5)


def test_a_cache_is_not_taken_along_to_a_provider_that_sells_no_cache_reads() -> None:
    """1 Mtok of which 0.8 are cached today: $1 without a cache, 0.2 x $1 + 0.8 x $0.10 = $0.28 with one."""
    cached = traffic([tokens(1_000_000, 0, cached=800_000)])
    prices = price_list(
        at("without", input="1", output="1"), at("with", input="1", cache_read="0.10", output="1")
    )
    found = offers_of([sold("without"), sold("with")], "Llama 3.1 8B", Totals(cached), prices)
    assert [(each.offer.provider, each.usd.tolist()) for each in found] == [
        ("with", [0.28]),
        ("without", [1.0]),
    ]


def test_an_offer_that_is_too_short_for_the_largest_call_is_none() -> None:
    prices = price_list(at("short", input="1", output="1"))
    just, over = sold("short", context_tokens=2_000_000), sold("short", context_tokens=1_999_999)
    assert len(offers_of([just], "Llama 3.1 8B", Totals(CALLS), prices)) == 1
    assert offers_of([over], "Llama 3.1 8B", Totals(CALLS), prices) == ()


@pytest.mark.parametrize("usd", [{"output": "1"}, {"input": "1"}, {"request": "1"}])
def test_half_a_price_is_no_offer(usd: dict[str, str]) -> None:
    prices = price_list(at("half", **usd))
    assert offers_of([sold("half")], "Llama 3.1 8B", Totals(traffic([])), prices) == ()
    assert best_offer_of([sold("half")], "Llama 3.1 8B", Totals(traffic([])), prices) is None


def test_who_sells_another_model_or_has_no_price_is_no_offer() -> None:
    prices = price_list(at("one", input="1", output="1"))
    rows = [sold("one", model="Llama 3.3 70B"), sold("unlisted")]
    assert offers_of(rows, "Llama 3.1 8B", Totals(CALLS), prices) == ()


def test_no_more_columns_are_made_than_somebody_will_look_at() -> None:
    names = [f"p{n}" for n in range(9)]
    prices = price_list(*(at(name, input=str(9 - n), output="1") for n, name in enumerate(names)))
    found = offers_of([sold(name) for name in names], "Llama 3.1 8B", Totals(CALLS), prices)
    assert [each.offer.provider for each in found] == ["p8", "p7", "p6"]
    assert len(found) == MOST_OFFERS


def test_no_calls_cost_nothing_anywhere() -> None:
    prices = price_list(at("one", input="1", output="1"))
    (only,) = offers_of([sold("one")], "Llama 3.1 8B", Totals(traffic([])), prices)
    assert only.usd.tolist() == []
