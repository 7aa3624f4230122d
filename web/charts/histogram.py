"""In which month how many of the paths have paid back, and how many never do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from web.charts.scales import Scale, axis_name, joined, line_across, lines_between, rect, words_at
from web.figures import percent

PLOT_HEIGHT = 170
_TOP, _FOOT = 18, 28
_MONTHS_WIDE = 86.0
"""Percent of the width that the months have; the rest is for never."""
_NEVER_AT, _NEVER_WIDE = 90.0, 9.0
_BAR_SHARE = 0.8
_LEAST_HEIGHT = 1.5
_MOST_TICKS = 7
MOST_BINS = 18
"""More, and each has so few of the paths that none is seen beside those that never pay back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    first: int
    last: int
    """Months, both in."""
    share: float
    """Of the paths."""

    @property
    def name(self) -> str:
        """
        >>> Bin(first=1, last=1, share=0).name, Bin(first=4, last=6, share=0).name
        ('month 1', 'months 4 to 6')
        """
        return f"month {self.last}" if self.first == self.last else f"months {self.first} to {self.last}"


def bins_of(shares: Sequence[float], most: int = MOST_BINS) -> list[Bin]:
    """One month each, or as many as it takes to have *most* at most.

    >>> [(each.first, each.last, each.share) for each in bins_of([0.25, 0.25, 0.5], most=2)]
    [(1, 2, 0.5), (3, 3, 0.5)]
    """
    wide = max(-(-len(shares) // most), 1)
    starts = range(0, len(shares), wide)
    return [
        Bin(first=start + 1, last=min(start + wide, len(shares)), share=sum(shares[start : start + wide]))
        for start in starts
    ]


def histogram(bins: Sequence[Bin], never: float, title: str) -> Markup:
    """*never*: share of the paths; its bar stands apart, as it is no month."""
    lines = lines_between(0.0, max([never, *(each.share for each in bins)]))
    scale = Scale(low=0.0, high=lines[-1], top=_TOP, height=PLOT_HEIGHT)
    drawn = [line_across(scale.y(share), percent(share)) for share in lines[1:]]
    drawn += list(_bars(bins, scale))
    drawn += [_never(never, scale), axis_name(_TOP + PLOT_HEIGHT + 18, "month")]
    return Markup(
        '<svg class="histogram" width="100%" height="{}" role="img" aria-label="{}">{}'
        '<line class="base" x1="0" x2="100%" y1="{base}" y2="{base}"/></svg>'
    ).format(_TOP + PLOT_HEIGHT + _FOOT, title, joined(drawn), base=_TOP + PLOT_HEIGHT)


def _bars(bins: Sequence[Bin], scale: Scale) -> Iterator[Markup]:
    slot = _MONTHS_WIDE / max(len(bins), 1)
    every = -(-len(bins) // _MOST_TICKS) or 1
    for place, each in enumerate(bins):
        shapes = [_bar("bar", (place + 0.5) * slot, slot * _BAR_SHARE, each.share, scale)]
        if (place + 1) % every == 0:
            shapes.append(words_at("tick", (place + 0.5) * slot, _TOP + PLOT_HEIGHT + 18, str(each.last)))
        yield Markup("<g><title>{}: {}</title>{}</g>").format(each.name, percent(each.share), joined(shapes))


def _never(share: float, scale: Scale) -> Markup:
    middle = _NEVER_AT + _NEVER_WIDE / 2
    shapes = [
        _bar("bar never", middle, _NEVER_WIDE * _BAR_SHARE, share, scale),
        words_at("tick", middle, _TOP + PLOT_HEIGHT + 18, "never"),
        words_at("tick", middle, scale.y(share) - 6, percent(share)),
    ]
    return Markup("<g><title>never: {}</title>{}</g>").format(percent(share), joined(shapes))


def _bar(kind: str, middle: float, width: float, share: float, scale: Scale) -> Markup:
    if share <= 0:
        return Markup("")
    height = max(scale.y(0.0) - scale.y(share), _LEAST_HEIGHT)
    return rect(kind, middle - width / 2, scale.y(0.0) - height, width, height)
