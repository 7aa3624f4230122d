from zoneinfo import ZoneInfo

import pytest

from tests.web.sample import HOSTILE_NAMES
from web.zones import localised, nearest_zone, zone_named, zones

BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")


def time(stamp: str, text: str) -> str:
    return f'<time datetime="{stamp}" title="{stamp}">{text}</time>'


@pytest.mark.parametrize(
    ("stamp", "text", "local"),
    [
        ("2026-07-01T22:30:00.000000Z", "1 Jul 22:30:00", "2 Jul 00:30:00"),
        ("2026-01-01T22:30:00.000000Z", "1 Jan 22:30:00", "1 Jan 23:30:00"),
        ("2026-12-31T23:30:00+00:00", "2026-12-31 23:30:00", "2027-01-01 00:30:00"),
        ("2026-07-01T22:30:00.123456Z", "2026-07-01 22:30:00.123456 UTC", "2026-07-02 00:30:00.123456 CEST"),
    ],
)
def test_a_time_is_told_in_the_zone_in_the_form_it_had_and_its_stamp_stays(
    stamp: str, text: str, local: str
) -> None:
    assert localised(time(stamp, text), BERLIN) == time(stamp, local)


def test_a_zone_that_is_off_by_a_quarter_of_an_hour_is_right_too() -> None:
    """UTC+5:45."""
    told = localised(time("2026-07-01T22:30:00Z", "1 Jul 22:30:00"), KATHMANDU)
    assert told == time("2026-07-01T22:30:00Z", "2 Jul 04:15:00")


@pytest.mark.parametrize(
    "html",
    [
        time("2026-07-01", "1 July 2026"),
        time("2026-07-01T22:30:00Z", "1 July 2026"),
        time("not a time at all, is it", "1 Jul 22:30:00"),
        time("9999-12-31T23:59:59.000000Z", "31 Dec 23:59:59"),
        "<p>1 Jul 22:30:00</p>",
        *HOSTILE_NAMES,
    ],
)
def test_days_and_everything_else_stay_as_they_are(html: str) -> None:
    assert localised(html, BERLIN) == html


@pytest.mark.parametrize(
    "name", ["UTC", "", "../../etc/passwd", "Europe", "Mars/Olympus", "europe/berlin", "\x00"]
)
def test_what_is_no_zone_is_utc(name: str) -> None:
    assert zone_named(name) is None


def test_a_name_that_is_mistyped_is_answered_with_the_one_that_was_meant() -> None:
    assert nearest_zone("Europa/Berlin") == "Europe/Berlin"
    assert nearest_zone("new york") == "America/New_York"
    assert nearest_zone("#") is None
    assert "UTC" in zones()
