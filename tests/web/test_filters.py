from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.money import NanoUsd
from web import filters, manner

AMOUNTS = st.integers(-(2**62), 2**62).map(NanoUsd)


@pytest.mark.parametrize(
    ("amount", "places", "text"),
    [
        (0, 2, "$0.00"),
        (1_284_415_585_000, 2, "$1,284.42"),
        (1_284_415_585_000, 4, "$1,284.4156"),
        (1_000_000_000_000_000, 2, "$1,000,000.00"),
        (2_500_000_000, 2, "$2.50"),
        (-1_500_000_000, 2, "\u2212$1.50"),
    ],
)
def test_money_has_thousands_separators_and_the_decimals_asked_for(
    amount: int, places: int, text: str
) -> None:
    assert filters.usd(NanoUsd(amount), places) == text


def test_money_is_rounded_half_to_even() -> None:
    rounded = [filters.usd(NanoUsd(cents * 10_000_000 + 5_000_000)) for cents in (1, 2, 3)]
    assert rounded == ["$0.02", "$0.02", "$0.04"]  # 0.015, 0.025 and 0.035 USD


@pytest.mark.parametrize(("amount", "text"), [(1, "<$0.01"), (4_999_999, "<$0.01"), (-1, "<\u2212$0.01")])
def test_an_amount_that_is_not_zero_is_never_shown_as_zero(amount: int, text: str) -> None:
    assert filters.usd(NanoUsd(amount)) == text


@given(AMOUNTS)
def test_an_exact_amount_can_be_read_back_to_the_last_nano_usd(amount: NanoUsd) -> None:
    text = filters.usd_exact(amount).replace(",", "").replace("$", "").replace("\u2212", "-")
    dollars, places = text.split(".")
    assert int(dollars + places.ljust(9, "0")) == amount


def test_a_column_of_small_amounts_gets_more_decimals_than_one_of_large_amounts() -> None:
    assert [filters.places_for(NanoUsd(usd * 1_000_000)) for usd in (10, 500, 9_999, 10_000)] == [6, 4, 4, 2]


def test_exact_places_show_every_amount_of_the_column() -> None:
    amounts = [NanoUsd(1_000_000_000), NanoUsd(1_500_000), NanoUsd(250_000_000)]
    assert filters.exact_places(amounts) == 4  # 0.0015
    assert [filters.usd_exact(amount, 4) for amount in amounts] == ["$1.0000", "$0.0015", "$0.2500"]
    assert filters.exact_places([]) == 2


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_part_that_is_not_the_whole_is_neither_nothing_nor_all(part: int, more: int) -> None:
    said = filters.share(part, part + more)
    assert (said == "0%") == (part == 0)
    assert said != "100%"


def test_a_share_of_nothing_is_a_dash() -> None:
    assert filters.share(0, 0) == "—"


def test_calls_are_counted_in_words_that_agree_with_the_number() -> None:
    assert filters.of_calls(2, 31) == "2 of 31 calls"
    assert filters.of_calls(1, 1) == "1 of 1 call"
    assert filters.of_calls(1200, 31_000) == "1,200 of 31,000 calls"


def test_times_are_utc_and_exact_for_programs() -> None:
    assert filters.when(1_795_000_000_000_001) == "18 Nov 11:06:40"
    assert filters.iso(1_795_000_000_000_001) == "2026-11-18T11:06:40.000001Z"


def test_days_and_months_are_named_whatever_the_language_of_the_machine() -> None:
    assert manner.day_name(date(2026, 2, 1)) == "1 February 2026"
    names = [manner.month_name(date(2026, month, 1)).split()[0][:3] for month in (1, 6, 12)]
    assert names == ["Jan", "Jun", "Dec"]
    assert filters.month_key(date(987, 3, 1)) == "0987-03"


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "0 ms"),
        (999_999, "999 ms"),
        (1_000_000, "1.0 s"),
        (59_999_999, "59.9 s"),
        (60_000_000, "1 min 00 s"),
    ],
)
def test_a_duration_never_says_more_than_was_measured(us: int, text: str) -> None:
    assert filters.duration(us) == text


@given(st.text(max_size=500))
def test_a_name_is_bounded_and_holds_nothing_that_steers_the_line(text: str) -> None:
    for said, longest in ((filters.shown(text), 80), (filters.full(text), 300)):
        assert len(said) <= longest
        assert not set(said) & set("\n\r\x00\x1b\u202e\u2066\u2028")


def test_a_name_is_cut_with_an_ellipsis_only_when_it_is_too_long() -> None:
    assert filters.shown("x" * 80) == "x" * 80
    assert filters.shown("x" * 10_000) == "x" * 79 + "…"


def test_names_in_any_script_stay_as_they_are() -> None:
    for name in ("שלום", "مرحبا", "模型-8b", "emoji 🦙", "naïve"):
        assert filters.shown(name) == name
