"""One clock, in UTC, read in one place."""

from datetime import UTC, timedelta

from ledger.period import us_at
from payback.clock import now_us, utc_now


def test_both_ways_to_ask_give_the_same_time() -> None:
    before = utc_now()
    between_us = now_us()
    after = utc_now()
    assert us_at(before) <= between_us <= us_at(after)


def test_the_time_carries_its_zone() -> None:
    """A day of the ledger is a day of UTC, wherever the machine stands."""
    assert utc_now().tzinfo is UTC
    assert utc_now().utcoffset() == timedelta(0)
