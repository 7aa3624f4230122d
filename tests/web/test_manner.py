"""How numbers, days and times read: the same amount in every manner, and what is no number left alone."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ledger.money import NanoUsd
from web import figures, filters
from web.languages import manner_of_languages
from web.manner import (
    Dates,
    Manner,
    Numbers,
    day_name,
    days_name,
    held,
    long_time,
    number,
    reading_as,
    sentence,
    short_time,
)

GERMAN, FRENCH = Manner(Numbers.POINT_COMMA), Manner(Numbers.SPACE_COMMA)
MOMENT = datetime(2026, 11, 9, 23, 30, 5, tzinfo=UTC)


def test_a_point_and_a_comma_change_places_and_nothing_is_lost() -> None:
    for manner, told in ((GERMAN, "$1.284,415585"), (FRENCH, "$1\u202f284,415585")):
        with reading_as(manner):
            assert filters.usd_exact(NanoUsd(1_284_415_585_000)) == told
    assert filters.usd_exact(NanoUsd(1_284_415_585_000)) == "$1,284.415585"


def test_every_formatter_writes_the_viewers_signs() -> None:
    """By what it would say in English: one left out would say 1.234 and mean 1,234."""
    with reading_as(GERMAN):
        assert filters.tokens(1_234_567) == "1.234.567"
        assert filters.of_calls(1200, 31_000) == "1.200 of 31.000 calls"
        assert (filters.share(1, 3), filters.share(1, 5000)) == ("33,3%", "<0,1%")
        assert (filters.duration(12_340_000), filters.usd(NanoUsd(4_000_000))) == ("12,3 s", "<$0,01")
        assert (figures.dollars(1234.5), figures.brief_dollars(1_512_345)) == ("$1.234", "$1,51M")
        assert (figures.month(7.25), figures.percent(67.03)) == ("7,2", ">1.000%")
        assert (figures.per_mtok(0.2091), figures.many(1.5e6)) == ("$0,209", "1,5M")
        assert (figures.plain(-0.1), figures.tenths(0.2564)) == ("\N{MINUS SIGN}0,1", "25,6%")


def test_what_programs_and_fields_read_is_the_same_to_everybody() -> None:
    with reading_as(Manner(Numbers.POINT_COMMA, Dates.DOTS, ZoneInfo("Asia/Tokyo"))):
        assert filters.plain_usd(NanoUsd(1_284_415_585_000)) == "1284.415585"
        assert filters.usd_told(NanoUsd(1_284_415_585_000)) == "1284.415585 USD"
        assert figures.typed(1234.0) == "1234"
        assert filters.iso(1_795_000_000_000_001) == "2026-11-18T11:06:40.000001Z"
        assert filters.month_key(date(2026, 11, 9)) == "2026-11"


@pytest.mark.parametrize(
    ("dates", "day", "days", "short"),
    [
        (Dates.WORDS, "9 November 2026", "1 to 9 November 2026", "10 Nov 00:30:05"),
        (Dates.ISO, "2026-11-09", "2026-11-01 to 2026-11-09", "11-10 00:30:05"),
        (Dates.DOTS, "09.11.2026", "01.11.2026 to 09.11.2026", "10.11. 00:30:05"),
        (Dates.SLASHES, "11/09/2026", "11/01/2026 to 11/09/2026", "11/10 00:30:05"),
    ],
)
def test_days_and_times_read_as_set(dates: Dates, day: str, days: str, short: str) -> None:
    """23:30:05 UTC is half an hour into the next day in Berlin."""
    with reading_as(Manner(dates=dates, zone=ZoneInfo("Europe/Berlin"))):
        assert day_name(date(2026, 11, 9)) == day
        assert days_name(date(2026, 11, 1), date(2026, 11, 9)) == days
        assert short_time(MOMENT) == short
        assert long_time(MOMENT).endswith("2026 00:30:05 CET") or dates is Dates.ISO


def test_a_month_that_two_years_share_is_told_with_both_years() -> None:
    assert days_name(date(2025, 11, 9), date(2026, 11, 9)) == "9 November 2025 to 9 November 2026"


def test_a_zone_that_is_off_by_a_quarter_of_an_hour_is_right_and_named() -> None:
    with reading_as(Manner(zone=ZoneInfo("Asia/Kathmandu"))):
        assert long_time(MOMENT) == "10 Nov 2026 05:15:05 UTC+05:45"


def test_the_last_hours_of_all_years_are_told_in_utc_where_they_are_another_year() -> None:
    with reading_as(Manner(zone=ZoneInfo("Asia/Tokyo"))):
        assert long_time(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)) == "31 Dec 9999 23:59:59 UTC"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("pays off in month 7.2 (P10 5.1, P90 9.0)", "pays off in month 7,2 (P10 5,1, P90 9,0)"),
        ("saves $1,234 of 12,345 calls, 12.5% of them", "saves $1.234 of 12.345 calls, 12,5% of them"),
        ("Llama 3.3 70B in q4 is 40.5 GB", "Llama 3.3 70B in q4 is 40,5 GB"),
        ("gpt-4.1, qwen2.5, v1.2.3 and 192.168.0.1 stay", "gpt-4.1, qwen2.5, v1.2.3 and 192.168.0.1 stay"),
    ],
)
def test_in_a_sentence_only_what_is_a_number_beyond_doubt_is_rewritten(text: str, told: str) -> None:
    with reading_as(GERMAN):
        assert sentence(text) == told
    assert sentence(text) == text


def test_whoever_looks_is_forgotten_afterwards() -> None:
    with pytest.raises(ZeroDivisionError), reading_as(GERMAN):
        raise ZeroDivisionError
    assert held() == Manner()
    assert number("1,234.5") == "1,234.5"


@pytest.mark.parametrize(
    ("header", "numbers", "dates"),
    [
        ("", Numbers.COMMA_POINT, Dates.WORDS),
        ("en-US,en;q=0.5", Numbers.COMMA_POINT, Dates.WORDS),
        ("de-DE,de;q=0.9,en;q=0.8", Numbers.POINT_COMMA, Dates.DOTS),
        ("de-CH", Numbers.COMMA_POINT, Dates.DOTS),
        ("fr-CA, en;q=0.1", Numbers.SPACE_COMMA, Dates.ISO),
        ("es-MX", Numbers.COMMA_POINT, Dates.WORDS),
        ("sv", Numbers.SPACE_COMMA, Dates.ISO),
        ("zh-Hant-TW", Numbers.COMMA_POINT, Dates.ISO),
        ("en;q=0.2, PL;q=0.7", Numbers.SPACE_COMMA, Dates.DOTS),
        ("de;q=0, en", Numbers.COMMA_POINT, Dates.WORDS),
        ("*, ;;q=x,,-", Numbers.COMMA_POINT, Dates.WORDS),
    ],
)
def test_the_browsers_language_says_how_numbers_read_until_somebody_sets_it(
    header: str, numbers: Numbers, dates: Dates
) -> None:
    assert manner_of_languages(header) == Manner(numbers, dates)


def test_no_browser_puts_the_month_first_by_itself() -> None:
    for tag in ("en-US", "en", "en-PH", "es-US", "x-klingon", "e" * 5000):
        assert not re.search("slashes", manner_of_languages(tag).dates)
