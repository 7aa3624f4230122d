"""When a key ends, as somebody writes it."""

from datetime import UTC, datetime

import pytest

from payback.expiry import read_expiry

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("90d", datetime(2027, 2, 20, 12, tzinfo=UTC)),
        ("12h", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 23, tzinfo=UTC)),
        ("99999d", datetime(2300, 9, 6, 12, tzinfo=UTC)),
    ],
)
def test_a_day_holds_to_its_end_and_a_span_from_now_on(text: str, end: datetime) -> None:
    expiry = read_expiry(text)
    assert expiry is not None
    assert expiry.after(NOW) == end


@pytest.mark.parametrize(
    "text",
    ["", "90", "0d", "-1d", "90 d", "100000d", "1w", "2027-1-1", "2027-02-30", "20270101", "9999-12-31"],
)
def test_anything_else_is_neither(text: str) -> None:
    assert read_expiry(text) is None
