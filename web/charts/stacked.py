"""Columns over a baseline, each a stack of parts: spend by day and by name.

Parts differ in colour and in pattern, so that neither eyes that see few colours nor a black-and-white print
mixes them up. Colours are those of Paul Tol's bright and muted schemes (https://sronpersonalpages.nl/~pault/),
set in the style sheet, for light and for dark."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ledger.money import NOTHING, NanoUsd
from web.charts.bars import PLOT_HEIGHT, amount_lines, round_steps
from web.charts.scales import joined, rect, short, words_at

MOST_PARTS = 8
"""As many as there are patterns; the last is for all others."""
_TOP = 14
_FOOT = 26
_COLUMN_SHARE = 0.74
_LEAST_HEIGHT = 1.5
_PATTERNS = (
    "",
    "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4",
    "M4,1.5 v0.01 M0,5.5 v0.01 M8,5.5 v0.01",
    "M0,4 h8",
    "M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4",
    "M4,0 v8",
    "M0,4 h8 M4,0 v8",
    "M0,2 h8 M0,6 h8",
)
"""Lines in a square of 8, one for each part."""
_LINKED = Markup(
    '<a href="{href}" tabindex="-1" aria-label="{title}" class="{kind}"><title>{title}</title>{shapes}</a>'
)
_ALONE = Markup('<g class="{kind}"><title>{title}</title>{shapes}</g>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    parts: tuple[NanoUsd, ...]
    """From the baseline up, in the order of the legend."""
    title: str
    href: str
    """Empty: there is nothing to lead to."""
    tick: str = ""
    incomplete: bool = False
    """Some of what belongs into this column has no known cost."""
    going_on: bool = False


def stacked_chart(columns: Sequence[Column], title: str) -> Markup:
    """Each column leads to its day. The keyboard goes to the table beside it: the same links are there."""
    largest = max((sum(column.parts) for column in columns), default=0)
    step, top = round_steps(NanoUsd(largest))
    drawn = [_column(column, place, len(columns), top) for place, column in enumerate(columns)]
    return Markup(
        '<svg class="bars stacked" width="100%" height="{height}" role="group" aria-label="{title}">'
        "<defs>{patterns}</defs>{lines}{columns}"
        '<line class="base" x1="0" x2="100%" y1="{base}" y2="{base}"/></svg>'
    ).format(
        height=_TOP + PLOT_HEIGHT + _FOOT,
        title=title,
        patterns=joined([_pattern(place) for place in range(MOST_PARTS)]),
        lines=amount_lines(step, top),
        columns=joined(drawn),
        base=_TOP + PLOT_HEIGHT,
    )


def swatch(place: int) -> Markup:
    """What stands for part *place* in a legend of the chart on the same page."""
    return Markup(
        '<svg class="swatch" width="14" height="14" aria-hidden="true" focusable="false">'
        '<rect width="14" height="14" rx="2" fill="url(#part-{})"/></svg>'
    ).format(place)


def _pattern(place: int) -> Markup:
    return Markup(
        '<pattern id="part-{}" class="part-{}" width="8" height="8" patternUnits="userSpaceOnUse">'
        '<rect width="8" height="8"/><path d="{}"/></pattern>'
    ).format(place, place, _PATTERNS[place] or "M0,0")


def _column(column: Column, place: int, count: int, top: int) -> Markup:
    slot = 100 / count
    middle, base = (place + 0.5) * slot, float(_TOP + PLOT_HEIGHT)
    shapes = [rect("catcher", place * slot, _TOP, slot, PLOT_HEIGHT)]
    for part, amount in enumerate(column.parts):
        if amount > NOTHING:
            height = max(amount / top * PLOT_HEIGHT, _LEAST_HEIGHT)
            base -= height
            shapes.append(_part(part, middle - slot * _COLUMN_SHARE / 2, base, slot * _COLUMN_SHARE, height))
    if column.incomplete:
        shapes.append(Markup('<circle cx="{}%" cy="{}" r="3"/>').format(short(middle), short(base - 7)))
    shown = (_LINKED if column.href else _ALONE).format(
        href=column.href,
        title=column.title,
        kind="going-on" if column.going_on else "over",
        shapes=joined(shapes),
    )
    tick = words_at("tick", middle, _TOP + PLOT_HEIGHT + 18, column.tick) if column.tick else ""
    return Markup("{}{}").format(shown, tick)


def _part(part: int, x: float, y: float, width: float, height: float) -> Markup:
    place = f'x="{short(x)}%" y="{short(y)}" width="{short(width)}%" height="{short(height)}"'
    return Markup(f'<rect class="part" fill="url(#part-{part})" {place}/>')  # noqa: S704  # numbers: nothing to escape
