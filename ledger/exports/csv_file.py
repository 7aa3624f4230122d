"""CSV as in RFC 4180: a header, CRLF, quotes where needed, UTF-8. An unknown value is an empty cell."""

import csv
from collections.abc import Iterable, Iterator
from unicodedata import category

from ledger.call import Entry
from ledger.exports.columns import COLUMNS, NAMES, Value, row_of

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A spreadsheet takes a cell that begins so for a formula: https://owasp.org/www-community/attacks/CSV_Injection"""
_KEPT_CONTROLS = frozenset("\t\r\n")


def csv_lines(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The file, a row at a time, the header first."""
    writer = csv.writer(_Line())
    yield _encoded(writer.writerow(NAMES))
    for entry in entries:
        yield _encoded(writer.writerow(_cells(entry)))


def _cells(entry: Entry) -> list[Value]:
    return [
        harmless(value) if column.is_text and isinstance(value, str) else _plain(value)
        for column, value in zip(COLUMNS, row_of(entry), strict=True)
    ]


def harmless(text: str) -> str:
    """*text* as a cell that no spreadsheet runs and no reader stumbles over: a formula gets a leading quote,
    a control character that is neither tab nor line end becomes U+FFFD."""
    if not text.isprintable():
        text = "".join(map(_readable, text))
    return f"'{text}" if text.startswith(_FORMULA) else text


def _readable(character: str) -> str:
    if character in _KEPT_CONTROLS or category(character) not in ("Cc", "Zl", "Zp"):
        return character
    return "\N{REPLACEMENT CHARACTER}"


def _plain(value: Value) -> Value:
    return str(value).lower() if isinstance(value, bool) else value


def _encoded(line: str) -> bytes:
    return line.encode()


class _Line:
    """csv.writer hands each finished line to a file's write and returns what that returns: so, the line."""

    def write(self, line: str) -> str:
        return line
