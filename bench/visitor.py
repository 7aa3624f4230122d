"""Opens pages, one after the other, until it is ended: `python -m bench.visitor PORT ADDRESSES`.

ADDRESSES is a file: a JSON array of paths. For each page that is there it prints a dot."""

import json
import sys
from contextlib import closing
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path

TIMEOUT_S = 60
OPENED = "."


def visit(port: int, addresses: list[str]) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)) as connection:
        for address in cycle(addresses):
            connection.request("GET", address, headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"{address} answers {answer.status}")
            print(OPENED, end="", flush=True)


def main() -> None:
    port, file = sys.argv[1:]
    visit(int(port), json.loads(Path(file).read_text()))


if __name__ == "__main__":
    main()
