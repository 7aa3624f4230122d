"""Tables on a terminal, and other people's text in them, which must neither steer it nor break lines."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.money import NanoUsd, render_usd
from ledger.rollup import Rollup
from ledger.tally import known_cost

NAME_COLUMNS = 48
SENTENCE_COLUMNS = 120
LONGEST_SENTENCE = 2000
"""Of what cannot be done, and why: it may quote what somebody wrote."""
UNKNOWN = "-"
"""Stands where a cost is not known. Never 0.00."""
_CUT = "..."
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories: controls (escape sequences), formats (bidi overrides), line ends, no characters."""


def clean(text: str, columns: int = NAME_COLUMNS) -> str:
    """*text* on one line of at most *columns*; what could steer a terminal is shown as a question mark."""
    shown = "".join(map(_harmless, text[: columns + 1]))
    if width_of(shown) <= columns and len(text) <= columns:
        return shown
    while width_of(shown) > columns - len(_CUT):
        shown = shown[:-1]
    return shown + _CUT


def _harmless(character: str) -> str:
    return "?" if unicodedata.category(character) in _NOT_SHOWN else character


def width_of(text: str) -> int:
    """Columns that *text* takes; wide characters take two, marks on the letter before them none."""
    if text.isascii():
        return len(text)
    return sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    right: bool = True
    """Numbers stand to the right."""


def render_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], total: Sequence[str] = ()) -> str:
    """Aligned lines under their titles; *total* below a rule."""
    titles = [column.title for column in columns]
    widths = [
        max(map(width_of, cells)) for cells in zip(titles, *rows, *([total] if total else []), strict=True)
    ]
    lines = [_line(columns, widths, cells) for cells in (titles, *rows)]
    if total:
        lines += ["-" * max(map(width_of, lines)), _line(columns, widths, total)]
    return "\n".join(lines)


def _line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    padded = []
    for column, width, cell in zip(columns, widths, cells, strict=True):
        space = " " * (width - width_of(cell))
        padded.append(space + cell if column.right else cell + space)
    return "  ".join(padded).rstrip()


def counted(calls: int, what: str = "call") -> str:
    """
    >>> counted(1200)
    '1,200 calls'
    """
    return f"{calls:,} {what}" if calls == 1 else f"{calls:,} {what}s"


def grouped_usd(amount: NanoUsd) -> str:
    """The exact amount with its thousands apart.

    >>> grouped_usd(NanoUsd(1_234_500_000_000))
    '1,234.50'
    """
    whole, places = render_usd(amount).split(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-')):,}.{places}"


def cost_in_words(sums: Rollup) -> str:
    cost = known_cost(sums)
    return "list cost not known" if cost is None else f"list cost {grouped_usd(cost)} USD"


def usd_column(amounts: Sequence[NanoUsd | None]) -> list[str]:
    """Amounts to stand under each other, exact, with their points in line; None is a dash."""
    texts = [UNKNOWN if amount is None else grouped_usd(amount) for amount in amounts]
    places = max((len(text.partition(".")[2]) for text in texts), default=0)
    return [text if text == UNKNOWN else text.ljust(text.index(".") + 1 + places, "0") for text in texts]
