"""The program itself; with a server around it, it is in test_pages_process."""

import socket
import subprocess
import sys


def test_without_a_server_it_ends_at_once_and_says_nothing() -> None:
    """A server that was killed while it started one must not leave it behind."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        done = subprocess.run(
            [sys.executable, "-m", "payback.pages_child", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            pass_fds=(theirs.fileno(),),
            check=True,
            timeout=60,
        )
    assert done.stdout + done.stderr == b""
