"""What programs read of a projection: stable names, and neither infinity nor NaN."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from payback.project_json import backtest_as_json, projection_as_json
from projection.backtest import Row, Score, TooFewDays
from projection.forecast import Outlook
from projection.outcome import Projection
from tests.payback.projections import made_up_projection


@pytest.fixture
def found() -> Projection:
    return made_up_projection()


def test_the_names_are_these(found: Projection) -> None:
    assert list(projection_as_json(found)) == [
        "workload", "sentence", "pays_off", "binding", "horizon_months", "paths", "seed", "today", "demand",
        "forecast", "courses", "against_stay", "against_hosted", "refused", "ladder", "stays", "tornado",
        "must_be_true", "assumptions", "notes",
    ]  # fmt: skip


def test_it_is_json_that_every_parser_reads(found: Projection) -> None:
    """NaN and Infinity are words of Python's alone."""
    told = json.dumps(projection_as_json(found), allow_nan=False)
    assert json.loads(told)["binding"] == "saving too small for the capital"


def test_a_month_that_never_comes_is_null_beside_the_share_of_never(found: Projection) -> None:
    (_, buy) = projection_as_json(found)["against_stay"]
    assert buy["payback_months"] == {"p10": 7.25, "p50": None, "p90": None, "never_share": 0.5}
    assert buy["payback_months_with_resale"] == {"p10": 5.0, "p50": 9.0, "p90": None, "never_share": 0.25}
    assert buy["paid_back_within"] == {"12": 0.5, "24": 0.5, "36": 0.5}


def test_money_is_rounded_to_cents_and_a_rate_that_there_is_not_is_null(found: Projection) -> None:
    (_, buy) = projection_as_json(found)["against_stay"]
    assert buy["npv_usd"] == {"p10": -100.0, "p50": 12.35, "p90": 2500.0}
    assert buy["irr_per_year"] == {"p10": None, "p50": 0.25, "p90": 40.0}
    assert buy["cash_usd"]["p50"] == [-900.0, -600.0, -300.0, 0.0]


def test_a_course_has_its_spread_month_by_month_and_what_its_cost_consists_of(found: Projection) -> None:
    stay, hosted, buy = projection_as_json(found)["courses"]
    assert (stay["code"], hosted["code"], buy["code"]) == ("A0", "A1", "C")
    assert buy["upfront_usd"] == {"p10": 900.0, "p50": 900.0, "p90": 900.0}
    assert buy["monthly_usd"]["p90"] == [30.0, 30.0, 30.0]
    assert buy["parts_usd"] == {"api": 30.0}
    assert (hosted["offer"]["provider"], buy["offer"], buy["fleet"]) == ("novita", None, None)


def test_a_forecast_is_tokens_a_month_and_a_short_history_has_none(found: Projection) -> None:
    assert projection_as_json(found)["forecast"] == {
        "history_days": 5,
        "today_per_month": 61,
        "growth_per_month": None,
        "monthly": None,
    }
    known = Outlook(days=60, today_per_day=1.0, growth_per_month=0.05, monthly=np.full((2, 3), 30.4))
    told = projection_as_json(replace(found, forecast=known))["forecast"]
    assert told["monthly"]["p50"] == [30, 30, 30]
    assert projection_as_json(replace(found, forecast=None))["forecast"] is None


def test_a_backtest_without_a_case_has_no_cover() -> None:
    score = Score(cases=3, cover=2 / 3, median_error=math.inf)
    row = Row(method="flat", history_days=14, family=None, score=score)
    assert backtest_as_json([(60, 182, TooFewDays(days=90, needed_days=242)), (14, 28, score)], [row]) == {
        "own": [
            {
                "history_days": 60, "ahead_days": 182,
                "cases": 0, "cover": None, "median_error": None, "needed_days": 242,
            },
            {"history_days": 14, "ahead_days": 28, "cases": 3, "cover": 0.6667, "median_error": None},
        ],
        "families": [
            {
                "method": "flat", "history_days": 14, "family": None,
                "cases": 3, "cover": 0.6667, "median_error": None,
            }
        ],
    }  # fmt: skip
