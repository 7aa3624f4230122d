"""Going on showing a text: in place where the terminal can, one below the other where it cannot."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn, TextIO

from ledger.errors import LedgerError
from payback.terminal import width_of

_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
"""The terminal's second screen, without a cursor; and back, where everything is as it was."""
_HOME, _END_OF_LINE, _BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
_BESIDE = 1
"""Rows that stay free: a terminal that is full would move up."""


def watch(make: Callable[[], str], every_s: float, out: TextIO) -> NoReturn:
    """Until Ctrl-C, which is raised as KeyboardInterrupt.

    Raises LedgerError where the first text cannot be made; of later ones, the last good one says so above."""
    good = make()
    if not _can_redraw(out):
        for text in _texts(make, every_s, good):
            print(text, end="\n\n", file=out, flush=True)
    try:
        with _second_screen(out):
            for text in _texts(make, every_s, good):
                good = text
                _draw(text, out)
    finally:
        print(good, file=out, flush=True)  # what was seen last stays
    raise AssertionError("there is always another text")


def _texts(make: Callable[[], str], every_s: float, good: str) -> Iterator[str]:
    """Without an end."""
    yield good
    while True:
        time.sleep(every_s)
        try:
            good = make()
        except LedgerError as error:
            yield f"Not read again: {error}\n\n{good}"
        else:
            yield good


def _can_redraw(out: TextIO) -> bool:
    return out.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb", "unknown")


@contextmanager
def _second_screen(out: TextIO) -> Iterator[None]:
    """Left whatever ends it, a SIGTERM too."""
    before = signal.signal(signal.SIGTERM, _ended)
    try:
        print(_ENTER, end="", file=out, flush=True)
        yield
    finally:
        print(_LEAVE, end="", file=out, flush=True)
        signal.signal(signal.SIGTERM, before)


def _ended(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _draw(text: str, out: TextIO) -> None:
    """In one write, over what is there: nothing is empty in between, so nothing flickers."""
    columns, rows = shutil.get_terminal_size()
    lines = fitted(text.splitlines(), columns, rows - _BESIDE)
    drawn = "".join(f"{line}{_END_OF_LINE}\n" for line in lines)
    print(f"{_HOME}{drawn}{_BELOW}", end="", file=out, flush=True)


def fitted(lines: list[str], columns: int, rows: int) -> list[str]:
    """
    >>> fitted(["a line that is too long", "b", "c"], 16, 2)
    ['a line that is t', '... 2 more lines']
    """
    if len(lines) > rows:
        left_out = len(lines) - max(rows - 1, 0)
        lines = [*lines[: len(lines) - left_out], f"... {left_out} more lines"]
    return [_cut(line, columns) for line in lines]


def _cut(line: str, columns: int) -> str:
    line = line[:columns]
    while width_of(line) > columns:
        line = line[:-1]
    return line
