"""A sign of life for who waits, and none for who does not."""

import io

import pytest

from payback import progress
from payback.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_quick_says_nothing() -> None:
    out = Terminal()
    with Progress("reading", out) as told:
        told(1, 2)
    assert out.getvalue() == ""


def test_what_is_slow_says_how_far_it_is_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE_S", 0)
    out = Terminal()
    with Progress("reading days", out) as told:
        told(1, 1200)
        assert out.getvalue() == "\rpayback: reading days, 1 of 1,200"
    shown = "payback: reading days, 1 of 1,200"
    assert out.getvalue().endswith(f"\r{' ' * len(shown)}\r")


def test_in_a_file_it_is_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE_S", 0)
    out = io.StringIO()
    with Progress("reading days", out) as told:
        told(1, 3)
        told(2, 3)
    assert out.getvalue() == "payback: reading days, 1 of 3\n"


def test_the_end_needs_no_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE_S", 0)
    out = Terminal()
    with Progress("reading days", out) as told:
        told(3, 3)
    assert out.getvalue() == ""
