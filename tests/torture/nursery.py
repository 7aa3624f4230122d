"""Starts paybacks quickly: a program that has everything imported, and forks for each that is asked of it.

What is started is all of payback: the server, which starts the process that writes its ledger. On standard
input comes a line of JSON for each; on standard output its number, its process id and its port."""

import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from payback.app import Place, Running, run
from payback.settings import read_settings


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever ends is gone at once
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os._exit(_begin(order))


def _begin(order: dict[str, Any]) -> int:
    said = os.open(order["says"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(said, 2)
    ledger = Path(order["ledger"])
    try:
        exec(order["seed"], {})
        place = Place(
            settings=read_settings(order["table"], "torture"), ledger=ledger, host="127.0.0.1", port=0
        )
        run(place, partial(_tell, order["number"]))
    except BaseException as error:  # noqa: BLE001  # whoever waits for it must hear of it
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        _say(order["number"], 0)
        return 1
    return 0


def _tell(number: int, running: Running) -> None:
    _say(number, running.port)


def _say(number: int, port: int) -> None:
    os.write(1, f"{number} {os.getpid()} {port}\n".encode())


if __name__ == "__main__":
    main()
