"""Round steps and pixels: what all charts have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

EMPTY = Markup("")
_LARGEST_POWER = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Amounts from *low* to *high*, over *height* pixels that begin *top* pixels down."""

    low: float
    high: float
    top: float
    height: float

    def y(self, amount: float) -> float:
        """
        >>> Scale(low=-50, high=150, top=10, height=100).y(0)
        85.0
        """
        return self.top + self.height * (self.high - amount) / (self.high - self.low)


def round_step(span: float, most: int) -> float:
    """1, 2 or 5 times a power of ten, of which *most* at most fit into *span*; 1 for no span.

    >>> round_step(37, 4), round_step(0.9, 4), round_step(0, 4), round_step(250_000, 4)
    (10.0, 0.5, 1.0, 100000.0)
    """
    if not 0 < span < float("inf"):
        return 1.0
    power = 10.0 ** max(int(f"{span / most:e}".partition("e")[2]), -_LARGEST_POWER)
    return next(step * power for step in (1, 2, 5, 10) if step * power * most >= span * (1 - 1e-9))


def lines_between(low: float, high: float, most: int = 4) -> list[float]:
    """Round amounts from one at or below *low* to one at or above *high*, 0 among them: where lines go.

    >>> lines_between(-12_000, 31_000)
    [-20000.0, 0.0, 20000.0, 40000.0]
    >>> lines_between(0, 0)
    [0.0, 1.0]
    """
    low, high = min(low, 0.0), max(high, 0.0)
    step = round_step(high - low, most)
    first, last = int(low // step), -int(-high // step)
    return [place * step for place in range(first, max(last, first + 1) + 1)]


def joined(shapes: Sequence[Markup]) -> Markup:
    return EMPTY.join(shapes)


def rect(kind: str, x: float, y: float, width: float, height: float) -> Markup:
    """*x* and *width* in percent, the others in pixels."""
    return Markup('<rect class="{}" x="{}%" y="{}" width="{}%" height="{}"/>').format(
        kind, *map(short, (x, y, width, height))
    )


def words_at(kind: str, x: float, y: float, words: str) -> Markup:
    return Markup('<text class="{}" x="{}%" y="{}">{}</text>').format(kind, short(x), short(y), words)


def axis_name(y: float, words: str) -> Markup:
    """What the numbers under a plot count: left of the first."""
    return Markup('<text class="scale" x="-8" y="{}">{}</text>').format(short(y), words)


def line_across(y: float, label: str, kind: str = "") -> Markup:
    """With its amount left of the plot."""
    return Markup(
        '<line class="{kind}" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        '<text class="scale" x="-8" y="{y}" dy="4">{label}</text>'
    ).format(kind=kind, y=short(y), label=label)


def short(number: float) -> str:
    """
    >>> short(3.0), short(2.34567)
    ('3', '2.35')
    """
    return f"{number:.2f}".rstrip("0").rstrip(".")
