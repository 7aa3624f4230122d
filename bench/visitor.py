"""Opens pages, one after the other, until it is ended: `python -m bench.visitor PORT ADDRESSES`.

ADDRESSES is a file: a JSON array of paths. At SIGTERM it prints how many it has opened."""

import json
import signal
import sys
from contextlib import closing, suppress
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path

TIMEOUT_S = 60


class Ended(Exception):
    pass


def visit(port: int, addresses: list[str]) -> int:
    count = 0
    with closing(HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)) as connection, suppress(Ended):
        for address in cycle(addresses):
            connection.request("GET", address, headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"{address} answers {answer.status}")
            count += 1
    return count


def _end(*_: object) -> None:
    raise Ended


def main() -> None:
    signal.signal(signal.SIGTERM, _end)
    port, file = sys.argv[1:]
    print(visit(int(port), json.loads(Path(file).read_text())))


if __name__ == "__main__":
    main()
