"""payback report --watch on a terminal, on one that can do nothing, and into a file."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from payback.cli import main
from payback.clock import utc_now
from payback.watch import fitted
from tests.payback.books import entry_at, keep

ROOT = Path(__file__).parents[2]
HOME, END_OF_LINE, BELOW = b"\x1b[H", b"\x1b[K", b"\x1b[J"


class Terminal:
    """A terminal of 120 x 40, and the command in it."""

    def __init__(self, master: int, process: "subprocess.Popen[bytes]") -> None:
        self._master, self.process = master, process
        self.shown = b""

    def until(self, words: bytes, since: int = 0) -> None:
        """All that comes until *words* are there."""
        deadline = time.monotonic() + 30
        while words not in self.shown[since:]:
            assert time.monotonic() < deadline, self.shown[since:]
            self._read(0.2)

    def ended(self) -> int:
        """Its status, with all that it has still said."""
        deadline = time.monotonic() + 30
        while self._read(0.2) or self.process.poll() is None:
            assert time.monotonic() < deadline
        return self.process.returncode

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            self.shown += (some := os.read(self._master, 65536))
        except OSError:  # how Linux tells that the other end is closed
            return False
        return bool(some)


@contextmanager
def terminal(ledger: Path, term: str = "xterm-256color") -> Iterator[Terminal]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    command = [sys.executable, "-m", "payback", "report", "--ledger", str(ledger), "--watch", "0.2"]
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, cwd=ledger.parent,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        env={**os.environ, "TERM": term, "PYTHONPATH": str(ROOT), "LINES": "", "COLUMNS": ""},
    )  # fmt: skip
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(master)


def now_text() -> str:
    return utc_now().replace(tzinfo=None).isoformat()


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return keep(tmp_path / "payback.db", entry_at(now_text(), 1))


def test_a_new_call_is_drawn_over_what_was_there_and_nothing_is_wiped_in_between(ledger: Path) -> None:
    with terminal(ledger) as shown:
        shown.until(b"Last calls")
        shown.until(BELOW)
        since = len(shown.shown)
        keep(ledger, entry_at(now_text(), 2))
        shown.until(b"0.009", since)  # twice 0.0045
        shown.press(b"\x03")
        assert shown.ended() == 130
    frames = shown.shown.split(HOME)[1:]
    assert len(frames) >= 2
    assert b"\x1b[2J" not in shown.shown
    assert all(line.endswith(END_OF_LINE + b"\r") for line in frames[0].partition(BELOW)[0].split(b"\n")[:-1])


def test_at_its_end_the_terminal_is_as_it_was_with_the_last_numbers_on_it(ledger: Path) -> None:
    with terminal(ledger) as shown:
        shown.until(BELOW)
        shown.press(b"\x03")
        assert shown.ended() == 130
    before, _, after = shown.shown.partition(b"\x1b[?25h\x1b[?1049l")
    assert before.startswith(b"\x1b[?1049h\x1b[?25l")
    assert b"Last calls" in after
    assert b"small-model" in after
    assert b"\x1b" not in after


def test_a_signal_that_ends_it_leaves_no_second_screen(ledger: Path) -> None:
    with terminal(ledger) as shown:
        shown.until(BELOW)
        shown.process.send_signal(signal.SIGTERM)
        assert shown.ended() == 128 + signal.SIGTERM
    assert b"\x1b[?25h\x1b[?1049l" in shown.shown


def test_a_terminal_that_can_do_nothing_gets_one_report_below_the_other(ledger: Path) -> None:
    with terminal(ledger, term="dumb") as shown:
        shown.until(b"Last calls")
        shown.until(b"Read at", len(shown.shown))
        shown.press(b"\x03")
        assert shown.ended() == 130
    assert b"\x1b" not in shown.shown


def test_a_ledger_that_goes_away_is_told_above_the_last_numbers(ledger: Path) -> None:
    with terminal(ledger) as shown:
        shown.until(BELOW)
        for file in ledger.parent.glob("payback.db*"):
            file.unlink()
        shown.until(b"Not read again: there is no ledger")
        shown.until(b"small-model", shown.shown.index(b"Not read again"))
        shown.press(b"\x03")
        assert shown.ended() == 130


def test_it_says_when_it_was_read_and_how_often(ledger: Path) -> None:
    with terminal(ledger) as shown:
        shown.until(b"every 0.2 s; Ctrl-C ends.")
    assert f"Read at {utc_now():%Y-%m-%d}".encode() in shown.shown


@pytest.mark.parametrize("seconds", ["0", "-1", "0.1", "nan", "inf", "3601", "soon"])
def test_seconds_that_are_none_are_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--watch", seconds]) == 2
    assert "not a number of seconds from 0.2 to 3600" in capsys.readouterr().err


def test_a_ledger_that_is_not_there_ends_it_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--watch", "--ledger", str(tmp_path / "none.db")]) == 2
    assert "there is no ledger" in capsys.readouterr().err


def test_lines_are_cut_to_the_terminal_also_where_letters_are_wide() -> None:
    assert fitted(["\u8868\u8868\u8868", "abc"], 5, 5) == ["\u8868\u8868", "abc"]
    assert fitted(list("abcdef"), 80, 3) == ["a", "b", "... 4 more lines"]
