"""Bars over a baseline, with lines at round amounts; and the thin bar of a share."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ledger.money import NANO_PER_USD, NanoUsd
from web.charts.scales import joined, rect, short
from web.filters import exact_places, usd, usd_exact
from web.manner import decimal_sign

PLOT_HEIGHT = 180
"""Pixels from the baseline to the top line."""
_TOP = 14
_FOOT = 26
_BAR_SHARE = 0.72
_LEAST_HEIGHT = 1.5
"""Pixels: what is not zero is seen."""
_MOST_LINES = 4
_TICK = Markup('<text class="tick" x="{x}%" y="{y}">{tick}</text>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    amount: NanoUsd
    title: str
    """What the bar says when it is pointed at."""
    tick: str = ""
    """Written under the bar; empty: nothing is."""
    incomplete: bool = False
    """Some of what belongs into this bar has no known cost."""
    going_on: bool = False
    """The bar's time is not over."""


def bar_chart(bars: Sequence[Bar], title: str) -> Markup:
    """Bars over a baseline, with lines at round amounts. *title* tells the whole chart in a sentence."""
    step, top = round_steps(max((bar.amount for bar in bars), default=NanoUsd(0)))
    lines = [_line(NanoUsd(amount), step, top) for amount in range(step, top + 1, step)]
    drawn = [_bar(bar, place, len(bars), top) for place, bar in enumerate(bars)]
    return Markup(
        '<svg class="bars" width="100%" height="{height}" role="img" aria-label="{title}">'
        '{lines}{bars}<line class="base" x1="0" x2="100%" y1="{base}" y2="{base}"/></svg>'
    ).format(
        height=_TOP + PLOT_HEIGHT + _FOOT,
        title=title,
        lines=joined(lines),
        bars=joined(drawn),
        base=_TOP + PLOT_HEIGHT,
    )


def share_bar(part: int, whole: int) -> Markup:
    """A thin bar, *part* of *whole* long. Hidden from screen readers: the number stands beside it."""
    percent = min(max(part, 0) * 100 / whole, 100.0) if whole > 0 else 0.0
    taken = f'<rect width="{short(percent)}%" height="4" rx="2"/>' if percent else ""
    return Markup(  # noqa: S704  # numbers: nothing to escape
        '<svg class="share" width="100%" height="4" aria-hidden="true" focusable="false">'
        f'<rect class="whole" width="100%" height="4" rx="2"/>{taken}</svg>'
    )


def round_steps(largest: NanoUsd) -> tuple[int, int]:
    """The step between lines and the amount of the top line, in nano-USD, for bars up to *largest*.

    Steps are 1, 2 or 5 times a power of ten, and there are at most four.

    >>> round_steps(NanoUsd(37_000_000_000))
    (10000000000, 40000000000)
    >>> round_steps(NanoUsd(0))
    (1000000000, 1000000000)
    """
    if largest <= 0:
        return NANO_PER_USD, NANO_PER_USD
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step * _MOST_LINES >= largest:
                return step, -(-largest // step) * step
        power *= 10


def amount_lines(step: int, top: int) -> Markup:
    """Across the plot, each with its amount: from round_steps."""
    return joined([_line(NanoUsd(amount), step, top) for amount in range(step, top + 1, step)])


def _line(amount: NanoUsd, step: int, top: int) -> Markup:
    y = short(_TOP + PLOT_HEIGHT * (1 - amount / top))
    return Markup(
        '<line x1="0" x2="100%" y1="{y}" y2="{y}"/><text class="scale" x="-8" y="{y}" dy="4">{label}</text>'
    ).format(y=y, label=_amount_of_line(amount, step))


def _amount_of_line(amount: NanoUsd, step: int) -> str:
    """Every line with the decimals that the step needs.

    >>> _amount_of_line(NanoUsd(10_000_000_000), 5_000_000_000)
    '$10'
    >>> _amount_of_line(NanoUsd(4_000_000), 2_000_000)
    '$0.004'
    """
    if step % NANO_PER_USD == 0:
        return usd(amount).removesuffix(f"{decimal_sign()}00")
    return usd_exact(amount, exact_places([NanoUsd(step)]))


def _bar(bar: Bar, place: int, count: int, top: int) -> Markup:
    height = max(bar.amount, 0) / top * PLOT_HEIGHT
    height = max(height, _LEAST_HEIGHT) if bar.amount > 0 else 0.0
    y = _TOP + PLOT_HEIGHT - height
    slot = 100 / count
    middle = (place + 0.5) * slot
    shapes = [rect("catcher", place * slot, _TOP, slot, PLOT_HEIGHT)]
    if height:
        shapes.append(rect("bar", middle - slot * _BAR_SHARE / 2, y, slot * _BAR_SHARE, height))
    if bar.incomplete:
        shapes.append(Markup('<circle cx="{}%" cy="{}" r="3"/>').format(short(middle), short(y - 7)))
    if bar.tick:
        shapes.append(_TICK.format(x=short(middle), y=_TOP + PLOT_HEIGHT + 18, tick=bar.tick))
    return Markup('<g class="{}"><title>{}</title>{}</g>').format(
        "going-on" if bar.going_on else "over", bar.title, joined(shapes)
    )
