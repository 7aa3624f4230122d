"""How often forecasts were right, for people: on the user's own history, and on made-up kinds of it."""

from collections.abc import Sequence

from payback.figures import percent
from payback.terminal import UNKNOWN, Column, render_table
from projection.backtest import AHEAD_DAYS, INTERVAL, Row, Score, TooFewDays

OwnScore = tuple[int, int, Score | TooFewDays]
"""Days of history, days ahead, and what came of it."""
_LEFT = False


def render_backtest(who: str, own: Sequence[OwnScore], families: Sequence[Row]) -> str:
    inside = f"{INTERVAL[2] - INTERVAL[0]:.0%}"
    lines = [_own_line(each) for each in own]
    columns = [*map(Column, ("history", "ahead", "cases", "cover", "error")), Column("", _LEFT)]
    parts = [
        f"How often the truth lay within the {inside} interval that was named, and how far off its middle.",
        f"{who}\n" + _indented(render_table(columns, lines)),
        f"Made-up traffic, the next {AHEAD_DAYS} days\n" + _indented(_of_families(families)),
    ]
    return "\n\n".join(parts)


def _own_line(each: OwnScore) -> list[str]:
    history, ahead, score = each
    days = [f"{history} days", f"{ahead} days"]
    if isinstance(score, TooFewDays):
        return [*days, "0", UNKNOWN, UNKNOWN, f"needs {score.needed_days} days, there are {score.days}"]
    return [*days, f"{score.cases:,}", percent(score.cover), percent(score.median_error), ""]


def _of_families(rows: Sequence[Row]) -> str:
    lines = [
        [row.method, f"{row.history_days} days", row.family or "all of them", *_figures(row.score)]
        for row in rows
    ]
    titles = [Column("method", _LEFT), Column("history"), Column("traffic", _LEFT)]
    return render_table([*titles, Column("cases"), Column("cover"), Column("error")], lines)


def _figures(score: Score) -> list[str]:
    return [f"{score.cases:,}", percent(score.cover), percent(score.median_error)]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
