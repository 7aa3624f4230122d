"""How much is taken in each hour of the week. Darker is more; what was never seen is crossed out."""

from collections.abc import Sequence

from markupsafe import Markup

from web.charts.scales import joined, rect, short, words_at
from web.figures import percent

HOURS = 24
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LEVELS = (0.05, 0.2, 0.5, 0.8)
"""Up to which share a level goes; a fifth has the rest. Each is a class of the style sheet, heat-0 to heat-4.
Finer where it is little: most machines idle, and when they do so is to be seen."""
_ROW, _TOP, _FOOT, _GAP = 22, 2, 22, 2
_CELL_SHARE = 0.92
_EVERY_H = 6


def level_of(load: float) -> int:
    """
    >>> level_of(0.0), level_of(0.05), level_of(0.06), level_of(0.8), level_of(1.0)
    (0, 0, 1, 3, 4)
    """
    return next((level for level, most in enumerate(LEVELS) if load <= most), len(LEVELS))


def heat_map(loads: Sequence[float | None], title: str) -> Markup:
    """*loads*: 168 shares, Monday 0:00 UTC first; None: nothing was seen of this hour."""
    cells = [_cell(load, *divmod(place, HOURS)) for place, load in enumerate(loads)]
    days = [
        Markup('<text class="scale" x="-8" y="{}">{}</text>').format(_TOP + row * _ROW + 15, name[:3])
        for row, name in enumerate(WEEKDAYS)
    ]
    y = _TOP + len(WEEKDAYS) * _ROW + 16
    hours = [
        words_at("tick first" if hour == 0 else "tick", 100 * hour / HOURS, y, f"{hour}:00")
        for hour in range(0, HOURS, _EVERY_H)
    ]
    return Markup('<svg class="heat" width="100%" height="{}" role="img" aria-label="{}">{}</svg>').format(
        _TOP + len(WEEKDAYS) * _ROW + _FOOT, title, joined([*cells, *days, *hours])
    )


def _cell(load: float | None, day: int, hour: int) -> Markup:
    slot = 100 / HOURS
    x, y, width, height = hour * slot, _TOP + day * _ROW, slot * _CELL_SHARE, _ROW - _GAP
    told = "not seen" if load is None else f"{percent(load)} taken"
    box = rect("cell unseen-hour" if load is None else f"cell heat-{level_of(load)}", x, y, width, height)
    cross = _crossed(x, y, width, height) if load is None else Markup("")
    return Markup("<g><title>{} {}:00: {}</title>{}{}</g>").format(WEEKDAYS[day], hour, told, box, cross)


def _crossed(x: float, y: float, width: float, height: float) -> Markup:
    return Markup('<line class="cross" x1="{}%" y1="{}" x2="{}%" y2="{}"/>').format(
        short(x), short(y + height), short(x + width), short(y)
    )
