"""Which of the two things SIGHUP means. A real terminal that is closed is in test_current."""

import pytest

from payback import hangup


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (False, False, "read again"),
        (True, True, "read again"),
        (True, False, "stop"),
        (False, True, "read again"),
    ],
)
def test_only_a_terminal_that_has_gone_ends_payback(
    before: bool, after: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service has none at any time; one that was started in a shell has it until the window closes."""
    found = iter([before, after])
    monkeypatch.setattr(hangup, "has_terminal", lambda: next(found, after))
    done: list[str] = []
    hangup.on_hangup(lambda: done.append("read again"), lambda: done.append("stop"))()
    assert done == [expected]
