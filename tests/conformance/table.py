"""All cases at payback and at nginx, and where they differ from what is right."""

import asyncio
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.conformance.case import Case
from tests.conformance.cases import ALL
from tests.conformance.known import KNOWN
from tests.conformance.proxies import Proxy, nginx, payback

WIDTHS = (64, 30, 30, 30)
TITLES = ("case", "expected", "payback", "nginx")
RIGHT = "as expected"
MOST = 200
"""Characters of what was seen that are shown."""


@dataclass(frozen=True, slots=True)
class Line:
    case: Case
    payback: str
    nginx: str | None
    """None: nginx is not installed."""

    @property
    def is_payback_right(self) -> bool:
        return self.case.is_right(self.payback)

    @property
    def is_nginx_right(self) -> bool:
        return self.nginx is None or self.case.is_right(self.nginx)


async def lines_of(*, only: str = "", with_nginx: bool) -> list[Line]:
    """*only*: of cases that have these words in their titles."""
    cases = [case for case in ALL if only in case.title]
    if not with_nginx:
        return [Line(case, seen, None) for case, seen in zip(cases, await _seen(payback, cases), strict=True)]
    ours, theirs = await asyncio.gather(_seen(payback, cases), _seen(nginx, cases))
    return [Line(*line) for line in zip(cases, ours, theirs, strict=True)]


async def _seen(proxy: Proxy, cases: Sequence[Case]) -> list[str]:
    async with proxy() as standing:
        return [await standing.sees(case) for case in cases]


def rendered(lines: Sequence[Line], *, is_everything_shown: bool) -> str:
    """A table of the cases in which somebody is not right, and what they come to."""
    shown = [
        line for line in lines if is_everything_shown or not (line.is_payback_right and line.is_nginx_right)
    ]
    rows = [row for line in shown for row in _rows(line)]
    rule = "-+-".join("-" * width for width in WIDTHS)
    return "\n".join([*_wrapped(TITLES), rule, *rows, rule, *_summary(lines)])


def _rows(line: Line) -> Iterator[str]:
    ours = RIGHT if line.is_payback_right else f"WRONG: {line.payback}"
    theirs = RIGHT if line.is_nginx_right else line.nginx
    yield from _wrapped(
        (line.case.title, line.case.expected[0], ours, "-" if line.nginx is None else theirs or "")
    )
    if line.case.title in KNOWN:
        yield from textwrap.wrap(
            f"known: {KNOWN[line.case.title]}", 120, initial_indent="    ", subsequent_indent="    "
        )


def _wrapped(cells: Sequence[str]) -> Iterator[str]:
    columns = [textwrap.wrap(_plain(cell), width) or [""] for cell, width in zip(cells, WIDTHS, strict=True)]
    for number in range(max(map(len, columns))):
        parts = [column[number] if number < len(column) else "" for column in columns]
        yield " | ".join(part.ljust(width) for part, width in zip(parts, WIDTHS, strict=True)).rstrip()


def _plain(cell: str) -> str:
    text = "".join(letter if letter.isprintable() else " " for letter in cell)
    return text if len(text) <= MOST else f"{text[:MOST]}..."


def _summary(lines: Sequence[Line]) -> Iterator[str]:
    wrong = [line for line in lines if not line.is_payback_right]
    behind = [line for line in wrong if line.is_nginx_right and line.nginx is not None]
    known = sum(line.case.title in KNOWN for line in wrong)
    yield f"{len(lines)} cases; payback is wrong in {len(wrong)}, {known} of them known"
    if any(line.nginx is not None for line in lines):
        others = sum(not line.is_nginx_right for line in lines)
        yield f"nginx differs in {others}; it is right where payback is wrong in {len(behind)}"
    else:
        yield "nginx is not installed; on Debian: apt-get install nginx-light"
