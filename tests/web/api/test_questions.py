from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ledger.asking import CallsPage
from ledger.pricebook import PriceBook
from tests.web.server import settings_for
from web.api.calls import call_asked, calls_asked
from web.api.params import BadParameter
from web.api.questions import health_asked, prices_asked, report_asked, series_asked
from web.api.shapes import calls_as_json

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_a_question_is_checked_before_a_thread_has_it() -> None:
    """A ledger is not opened for what cannot be asked."""
    with pytest.raises(BadParameter):
        report_asked({"by": "x"}, TODAY)
    with pytest.raises(BadParameter):
        series_asked({"unit": "minute"}, TODAY)
    with pytest.raises(BadParameter):
        health_asked({"hours": "745"}, settings_for(Path("none.db")))
    with pytest.raises(BadParameter):
        calls_asked([("before", "x")])
    with pytest.raises(BadParameter):
        call_asked("../calls")
    assert callable(prices_asked(PriceBook(), NOW))


def test_a_sum_that_rollups_do_not_know_is_null_and_not_zero() -> None:
    assert calls_as_json(CallsPage((), None, None, 1_790_000_000_000_000), None) == {
        "calls": [],
        "next_before": None,
        "newer_after": None,
        "looked_back_to": "2026-09-21T14:13:20.000000Z",
        "total": None,
    }
