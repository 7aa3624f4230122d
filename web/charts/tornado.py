"""Which input moves the answer how far: one bar each, from what its low end brings to what its high does."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from web.charts.scales import Scale, joined, lines_between, rect, short, words_at
from web.figures import brief_dollars, dollars

_ROW, _WORDS, _BAR = 38, 12, 12
_TOP, _FOOT = 4, 24
_LEAST_WIDTH = 0.4
"""Percent."""
_ASSUMED = Markup('<line class="assumed" x1="{0}%" x2="{0}%" y1="0" y2="{1}"/>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Swung:
    name: str
    low: str
    high: str
    """The ends of its range, as people read them."""
    usd_at_low: float
    usd_at_high: float


def tornado_chart(swings: Sequence[Swung], title: str, usd_as_assumed: float | None = None) -> Markup:
    """The name and range of an input stand above its bar, so that bars have the whole width. A line goes
    through all of them where the answer is as assumed."""
    ends = [usd for each in swings for usd in (each.usd_at_low, each.usd_at_high)]
    ends += [] if usd_as_assumed is None else [usd_as_assumed]
    lines = lines_between(min(ends, default=0.0), max(ends, default=0.0))
    across = Scale(low=lines[-1], high=lines[0], top=0.0, height=100.0)
    bottom = _TOP + _ROW * len(swings)
    drawn = [_line(across.y(usd), usd, bottom, usd == lines[0], usd == lines[-1]) for usd in lines]
    drawn += [_row(each, _TOP + _ROW * place, across) for place, each in enumerate(swings)]
    if usd_as_assumed is not None:
        drawn.insert(len(lines), _ASSUMED.format(short(across.y(usd_as_assumed)), bottom))
    return Markup('<svg class="tornado" width="100%" height="{}" role="img" aria-label="{}">{}</svg>').format(
        bottom + _FOOT, title, joined(drawn)
    )


def _line(x: float, usd: float, bottom: int, is_first: bool, is_last: bool) -> Markup:
    kind = "tick first" if is_first else "tick last" if is_last else "tick"
    return Markup('<line class="{}" x1="{x}%" x2="{x}%" y1="0" y2="{}"/>{}').format(
        "" if usd else "base", bottom, words_at(kind, x, bottom + 17, brief_dollars(usd)), x=short(x)
    )


def _row(each: Swung, y: float, across: Scale) -> Markup:
    low, high = across.y(each.usd_at_low), across.y(each.usd_at_high)
    left, width = min(low, high), max(abs(high - low), _LEAST_WIDTH)
    shapes = [
        words_at("name", 0, y + _WORDS, each.name),
        words_at("range", 100, y + _WORDS, f"{each.low} to {each.high}"),
        rect("bar", left, y + _WORDS + 6, width, _BAR),
        _end("low", low, y + _WORDS + 6 + _BAR / 2),
        _end("high", high, y + _WORDS + 6 + _BAR / 2),
    ]
    return Markup("<g><title>{}: {} at {}, {} at {}</title>{}</g>").format(
        each.name, dollars(each.usd_at_low), each.low, dollars(each.usd_at_high), each.high, joined(shapes)
    )


def _end(kind: str, x: float, y: float) -> Markup:
    return Markup('<circle class="{}" cx="{}%" cy="{}" r="4.5"/>').format(kind, short(x), short(y))
