"""Starts a scribe as a process, and waits for its end."""

import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = """\
import sys
sys.path[:] = sys.argv.pop(1).splitlines()
from ledger.scribe import main
main(sys.argv[1:])
"""
_OPTIONS = ("-S", "-P")
"""It is told where its modules are: what Python does by itself to find them takes time and memory."""
END_SECONDS = 5.0
"""It has closed the ledger by then: its line was cut before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScribeProcess:
    """What a scribe is told when it starts. Call it to start one, as often as need be."""

    lock: int
    """The lock's descriptor. The scribe holds it too: the ledger of a killed payback is free when both have
    ended."""
    ledger: Path
    identity: str
    spool: Path
    reserve: Path

    def __call__(self, end: socket.socket) -> "Hired":
        command = [sys.executable, *_OPTIONS, "-c", _PROGRAM, "\n".join(_module_folders())]
        process = subprocess.Popen(  # noqa: S603  # our own program
            [
                *command,
                str(end.fileno()),
                str(self.ledger),
                self.identity,
                str(self.spool),
                str(self.reserve),
            ],
            pass_fds=(end.fileno(), self.lock),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        return Hired(process)


class Hired:
    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    def ended(self) -> None:
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _module_folders() -> list[str]:
    """The scribe is to be of this very program, wherever that was found."""
    return [str(Path(__file__).resolve().parents[1]), *filter(None, sys.path)]
