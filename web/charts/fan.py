"""P10, P50 and P90 of money over the months: a band with a line in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from web.charts.scales import Scale, axis_name, joined, line_across, lines_between, short, words_at
from web.figures import brief_dollars

PLOT_HEIGHT = 150
_TOP, _FOOT = 8, 26
_MOST_TICKS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """Month 0 first; of one length."""

    p10: Sequence[float]
    p50: Sequence[float]
    p90: Sequence[float]


def bounds_of(fans: Iterable[Fan]) -> tuple[float, float]:
    """The least and the most of all, so that fans side by side have one scale.

    >>> bounds_of([Fan(p10=[-5, 1], p50=[0, 2], p90=[0, 9])]), bounds_of([])
    ((-5, 9), (0.0, 0.0))
    """
    values = [usd for fan in fans for row in (fan.p10, fan.p50, fan.p90) for usd in row]
    return (min(values), max(values)) if values else (0.0, 0.0)


def fan_chart(fan: Fan, bounds: tuple[float, float], title: str) -> Markup:
    """The curves stretch with the page; what is written does not."""
    lines = lines_between(*bounds)
    scale = Scale(low=lines[0], high=lines[-1], top=_TOP, height=PLOT_HEIGHT)
    across = [line_across(scale.y(usd), brief_dollars(usd), "" if usd else "base") for usd in lines]
    return Markup(
        '<svg class="fan" width="100%" height="{height}" role="img" aria-label="{title}">'
        "{lines}{curves}{ticks}</svg>"
    ).format(
        height=_TOP + PLOT_HEIGHT + _FOOT,
        title=title,
        lines=joined(across),
        curves=_curves(fan, scale),
        ticks=joined([axis_name(_TOP + PLOT_HEIGHT + 18, "month"), *_ticks(len(fan.p50) - 1)]),
    )


def _curves(fan: Fan, scale: Scale) -> Markup:
    """Percent are unknown to points: a box of its own maps months to the whole width."""
    months = max(len(fan.p50) - 1, 1)
    band = [*_points(fan.p90, scale), *reversed(_points(fan.p10, scale))]
    return Markup(
        '<svg x="0" y="0" width="100%" height="{bottom}" viewBox="0 0 {months} {bottom}"'
        ' preserveAspectRatio="none">'
        '<polygon class="band" points="{band}"/><polyline class="middle" points="{middle}"/></svg>'
    ).format(
        bottom=_TOP + PLOT_HEIGHT,
        months=months,
        band=" ".join(band),
        middle=" ".join(_points(fan.p50, scale)),
    )


def _points(row: Sequence[float], scale: Scale) -> list[str]:
    return [f"{month},{short(scale.y(usd))}" for month, usd in enumerate(row)]


def _ticks(months: int) -> list[Markup]:
    """Quarters of a year, half years or years: whatever fits."""
    every = next((step for step in (1, 3, 6, 12, 24) if months <= step * _MOST_TICKS), 24)
    y = _TOP + PLOT_HEIGHT + 18
    return [
        words_at("tick first" if month == 0 else "tick", 100 * month / max(months, 1), y, str(month))
        for month in range(0, months + 1, every)
    ]  # fmt: skip
