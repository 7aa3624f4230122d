"""How far a long answer has come, on stderr, once it takes longer than people wait without a sign."""

import sys
import time
from types import TracebackType
from typing import TextIO

PATIENCE_S = 1.0
_TERMINAL_EVERY_S, _FILE_EVERY_S = 0.1, 10.0
"""A terminal shows one line that changes; in a file each is a line."""


class Progress:
    """Called with what is done, and of how much. Says nothing of the end; leaves no trace on a terminal."""

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        self._what = what
        self._stream = sys.stderr if stream is None else stream
        self._is_terminal = self._stream is not None and self._stream.isatty()
        self._next_s = time.monotonic() + PATIENCE_S
        self._shown = 0

    def __call__(self, done: int, whole: int) -> None:
        now_s = time.monotonic()
        if now_s < self._next_s or done >= whole or self._stream is None:
            return
        self._next_s = now_s + (_TERMINAL_EVERY_S if self._is_terminal else _FILE_EVERY_S)
        self._show(f"payback: {self._what}, {done:,} of {whole:,}")

    def _show(self, line: str) -> None:
        if self._is_terminal:
            self._stream.write(f"\r{line.ljust(self._shown)}")
            self._shown = len(line)
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._shown:
            self._stream.write(f"\r{' ' * self._shown}\r")
            self._stream.flush()
