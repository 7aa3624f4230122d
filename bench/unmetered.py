"""payback with its ears shut: `python -m bench.unmetered ARGUMENTS` as `payback ARGUMENTS`.

Calls are read, routed, relayed and written down as ever, but nothing is read from an answer, nothing asked
for, priced or estimated. What payback takes more than this, metering takes."""

import sys
from dataclasses import replace

from payback.cli import main
from proxy import dialects
from proxy.dialects import Dialect, Reading

_NEVER = (b"\0\0never\0\0",)


def _deaf(dialect: Dialect) -> Dialect:
    return replace(dialect, reader=lambda: _hears_nothing, marks=_NEVER, shape=None, asks_for_usage=False)


def _hears_nothing(_: bytes) -> Reading | None:
    return None


if __name__ == "__main__":
    dialects.DIALECTS = tuple(map(_deaf, dialects.DIALECTS))
    sys.exit(main())
