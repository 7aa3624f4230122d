"""How often forecasts were right, on a terminal."""

from payback.backtest_text import render_backtest
from projection.backtest import Row, Score, TooFewDays

SCORE = Score(cases=7, cover=5 / 7, median_error=0.25)
LACKS = "needs 242 days, there are 90"


def test_own_history_stands_first_and_says_what_it_lacks() -> None:
    text = render_backtest("support", [(14, 28, SCORE), (60, 182, TooFewDays(days=90, needed_days=242))], [])
    lines = [line.split() for line in text.splitlines()]
    assert lines[0][:9] == ["How", "often", "the", "truth", "lay", "within", "the", "80%", "interval"]
    assert ["14", "days", "28", "days", "7", "71%", "25%"] in lines
    assert ["60", "days", "182", "days", "0", "-", "-", *LACKS.split()] in lines


def test_made_up_traffic_has_a_line_for_each_family_and_one_for_all() -> None:
    rows = [Row(method="flat", history_days=14, family=family, score=SCORE) for family in ("bursty", None)]
    lines = [line.split() for line in render_backtest("support", [], rows).splitlines()]
    assert ["flat", "14", "days", "bursty", "7", "71%", "25%"] in lines
    assert ["flat", "14", "days", "all", "of", "them", "7", "71%", "25%"] in lines
