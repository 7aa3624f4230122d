"""JSON Lines: one object a line, every column in each, null where a value is not known.

Only ASCII is written, the rest as escapes: then no reader sees a line end where there is none (U+2028)."""

import json
from collections.abc import Iterable, Iterator

from ledger.call import Entry
from ledger.exports.columns import NAMES, row_of


def jsonl_lines(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The file, a row at a time."""
    encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
    for entry in entries:
        yield encode(dict(zip(NAMES, row_of(entry), strict=True))).encode("ascii") + b"\n"
