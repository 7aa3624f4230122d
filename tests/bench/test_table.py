"""The arithmetic behind the figures, checkable by hand, and the table they are printed in."""

import pytest

from bench.table import (
    Result,
    Row,
    Verdict,
    added_p50_ms,
    at_least,
    at_most,
    percentile,
    render_result,
    render_rows,
)


@pytest.mark.parametrize(("share", "expected"), [(0, 1), (0.5, 50), (0.501, 51), (0.99, 99), (1, 100)])
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: int) -> None:
    assert percentile(range(1, 101), share) == expected


def test_of_one_value_every_percentile_is_that_value() -> None:
    assert {percentile([7.0], share) for share in (0, 0.5, 0.99, 1)} == {7.0}


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_a_slow_round_does_not_change_what_a_target_adds() -> None:
    found = {
        "direct": [{"p50_ms": 1.0}, {"p50_ms": 9.0}, {"p50_ms": 1.0}],
        "payback": [{"p50_ms": 1.5}, {"p50_ms": 9.5}, {"p50_ms": 1.75}],
    }  # differences 0.5, 0.5, 0.75
    assert added_p50_ms("payback", found) == 0.5


def test_added_time_is_unknown_without_direct() -> None:
    assert added_p50_ms("payback", {"payback": [{"p50_ms": 1.5}]}) is None
    assert added_p50_ms("direct", {"direct": [{"p50_ms": 1.5}]}) is None


def test_a_limit_that_is_just_reached_is_met() -> None:
    assert at_least("share", 0.12, 0.12).met
    assert at_most("added", 1.0, 1.0).met
    assert not at_least("share", 0.1199, 0.12).met
    assert not at_most("added", 1.001, 1.0).met


def test_numbers_stand_to_the_right_and_the_unknown_is_a_dash() -> None:
    rows: list[Row] = [
        {"target": "direct", "calls/s": 61234.5, "added ms": None},
        {"target": "us", "added ms": 0.25},
    ]
    assert render_rows(rows).splitlines() == [
        "target  calls/s  added ms",
        "direct   61,234         -",
        "us            -      0.25",
    ]


def test_a_requirement_that_is_not_met_is_plain_to_see() -> None:
    verdicts = [
        Verdict(requirement="rows", measured=5, met=True),
        Verdict(requirement="ms", measured=2.5, met=False),
    ]
    result = Result(load="proxy", title="made up", rows=[{"target": "us"}], verdicts=verdicts)
    assert not result.met
    assert render_result(result).splitlines()[-2:] == ["  ok  rows: 5", "  NO  ms: 2.5"]
