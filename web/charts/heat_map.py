"""How much is taken in each hour of the week. Darker is more; what was never seen is crossed out."""

from collections.abc import Iterator, Sequence
from math import ceil

from markupsafe import Markup

from web.charts.scales import axis_name, joined, rect, round_step, short, words_at
from web.figures import plain, tenths

HOURS = 24
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LEVELS = 5
"""Each is a class of the style sheet, heat-0 to heat-4."""
_ROW, _TOP, _FOOT, _GAP = 22, 2, 22, 2
_CELL_SHARE = 0.92
_EVERY_H = 6
_KEY_TOP, _KEY_HEIGHT, _KEY_FOOT = 14, 10, 18
_KEY_WIDE = 14.0
"""Percent of the width that one colour of the key has."""


def level_step(loads: Sequence[float | None]) -> float:
    """What one level holds: a fifth of a round share that holds the busiest hour. Most machines idle, and
    when they do is to be seen; how much that is, the key below the map says.

    >>> level_step([0.029, None, 0.011]), level_step([0.6]), level_step([1.0]), level_step([])
    (0.01, 0.2, 0.2, 0.2)
    """
    busiest = max((load for load in loads if load is not None), default=0.0)
    return min(round_step(busiest, LEVELS), 1 / LEVELS)


def level_of(load: float, step: float) -> int:
    """
    >>> level_of(0.0, 0.2), level_of(0.2, 0.2), level_of(0.21, 0.2), level_of(1.0, 0.2)
    (0, 0, 1, 4)
    """
    return min(max(ceil(round(load / step, 6)) - 1, 0), LEVELS - 1)


def heat_map(loads: Sequence[float | None], title: str) -> Markup:
    """*loads*: 168 shares, Monday 0:00 UTC first; None: nothing was seen of this hour."""
    step = level_step(loads)
    cells = [_cell(load, *divmod(place, HOURS), step) for place, load in enumerate(loads)]
    days = [axis_name(_TOP + row * _ROW + 15, name[:3]) for row, name in enumerate(WEEKDAYS)]
    y = _TOP + len(WEEKDAYS) * _ROW + 16
    hours = [
        words_at("tick first" if hour == 0 else "tick", 100 * hour / HOURS, y, f"{hour}:00")
        for hour in range(0, HOURS, _EVERY_H)
    ]
    return Markup('<svg class="heat" width="100%" height="{}" role="img" aria-label="{}">{}</svg>').format(
        _TOP + len(WEEKDAYS) * _ROW + _FOOT + _KEY_TOP + _KEY_HEIGHT + _KEY_FOOT,
        title,
        joined([*cells, *days, *hours, *_key(step, None in loads)]),
    )


def _key(step: float, has_gaps: bool) -> Iterator[Markup]:
    """From nothing to the most that there is, and what was not seen."""
    top = _TOP + len(WEEKDAYS) * _ROW + _FOOT + _KEY_TOP
    foot = top + _KEY_HEIGHT + 14
    yield axis_name(foot, "taken")
    for level in range(LEVELS):
        yield rect(f"key-cell heat-{level}", level * _KEY_WIDE, top, _KEY_WIDE, _KEY_HEIGHT)
    for level in range(LEVELS + 1):
        kind = "tick" if level else "tick first"
        yield words_at(kind, level * _KEY_WIDE, foot, f"{plain(level * step * 100)}%" if level else "0")
    if has_gaps:
        left = LEVELS * _KEY_WIDE + 8
        yield rect("key-cell unseen-hour", left, top, _KEY_WIDE, _KEY_HEIGHT)
        yield _crossed(left, top, _KEY_WIDE, _KEY_HEIGHT)
        yield words_at("tick", left + _KEY_WIDE / 2, foot, "not seen")


def _cell(load: float | None, day: int, hour: int, step: float) -> Markup:
    slot = 100 / HOURS
    x, y, width, height = hour * slot, _TOP + day * _ROW, slot * _CELL_SHARE, _ROW - _GAP
    told = "not seen" if load is None else f"{tenths(load)} taken"
    kind = "unseen-hour" if load is None else f"heat-{level_of(load, step)}"
    box = rect(f"cell {kind}", x, y, width, height)
    cross = _crossed(x, y, width, height) if load is None else Markup("")
    return Markup("<g><title>{} {}:00: {}</title>{}{}</g>").format(WEEKDAYS[day], hour, told, box, cross)


def _crossed(x: float, y: float, width: float, height: float) -> Markup:
    return Markup('<line class="cross" x1="{}%" y1="{}" x2="{}%" y2="{}"/>').format(
        short(x), short(y + height), short(x + width), short(y)
    )
