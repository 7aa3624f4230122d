"""What SIGHUP means: read the configuration again; or, where the terminal was closed, come to an end."""

import os
from collections.abc import Callable


def on_hangup(read_again: Callable[[], None], stop: Callable[[], None]) -> Callable[[], None]:
    """The kernel sends SIGHUP to those whose terminal goes away; they have none from then on."""
    had_terminal = has_terminal()

    def on_signal() -> None:
        if had_terminal and not has_terminal():
            stop()
        else:
            read_again()

    return on_signal


def has_terminal() -> bool:
    """Whether this process has a controlling terminal: tty(4)."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
