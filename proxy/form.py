"""The small fields of a multipart/form-data body. Its files are passed over, never copied. Pure.

Source: RFC 7578 sections 4.1 to 4.3 and RFC 2046 section 5.1.1, read 2026-11-22: parts stand between lines
of two hyphens and the boundary; a part is its header lines, an empty line, its value."""

import re
from collections.abc import Iterator
from functools import lru_cache

LONGEST_VALUE_BYTES = 1000
"""No name of a model is longer, and no field that says how to answer."""
MOST_PARTS = 1000
"""Of the largest form that OpenAI takes there are some thirty."""
_LONGEST_HEAD_BYTES = 1 << 13
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,200})"|([^\s";,]{1,200}))', re.IGNORECASE)
_DISPOSITION = re.compile(rb"^content-disposition:[ \t]*form-data([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(rb';[ \t]*name=(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
_FILE_NAME = re.compile(rb";[ \t]*filename\*?=", re.IGNORECASE)


def is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "multipart/form-data"


def fields_of(body: bytes, content_type: str, names: frozenset[str]) -> dict[str, str]:
    """The fields among *names* whose value is short text. Of a field that comes twice, the last.

    Whatever *body* is, nothing is raised: what is no form has no fields.

    >>> start = b'--x\\r\\nContent-Disposition: form-data; name="model"\\r\\n\\r\\n'
    >>> fields_of(start + b'whisper-1\\r\\n--x--', "multipart/form-data; boundary=x", frozenset({"model"}))
    {'model': 'whisper-1'}
    """
    found = _BOUNDARY.search(content_type)
    if not is_form(content_type) or found is None:
        return {}
    fields = {}
    for start, end in _parts(body, b"--" + (found[1] or found[2]).encode("utf-8", "replace")):
        name, value = _field(body, start, end)
        if name in names and value is not None:
            fields[name] = value
    return fields


def values_of(body: bytes, content_type: str, name: str) -> list[str] | None:
    """Of every part that may be the field *name*. None where there is none, or one that is not short text."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        return None
    delimiter = b"--" + (found[1] or found[2]).encode("utf-8", "replace")
    fields = [_field(body, start, end) for start, end in _parts(body, delimiter)]
    values = [value for known, value in fields if known == name and value is not None]
    mentions = _mentions(name.encode()).findall(body)
    return values if values and len(values) == len(mentions) else None


@lru_cache(maxsize=4)
def _mentions(name: bytes) -> re.Pattern[bytes]:
    """What some other reader of forms might take for a field of that name."""
    return re.compile(rb"(?<![a-z])name\*?[ \t]*=[^\r\n;]{0,3}" + re.escape(name), re.IGNORECASE)


def _parts(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each whole part, its header lines included."""
    place = 0 if body.startswith(delimiter) else body.find(b"\r\n" + delimiter) + 2
    for _ in range(MOST_PARTS if body.startswith(delimiter, place) else 0):
        start = body.find(b"\r\n", place + len(delimiter)) + 2
        end = body.find(b"\r\n" + delimiter, start - 2)
        if start < 2 or end < 0:
            return
        yield start, end
        place = end + 2


def _field(body: bytes, start: int, end: int) -> tuple[str, str | None]:
    """Name and value; no value where the part is a file, or too long."""
    head_end = body.find(b"\r\n\r\n", start, min(end, start + _LONGEST_HEAD_BYTES))
    if head_end < 0 or end - (head_end + 4) > LONGEST_VALUE_BYTES:
        return "", None
    disposition = _DISPOSITION.search(body[start:head_end])
    if disposition is None or _FILE_NAME.search(disposition[1]):
        return "", None
    name = _NAME.search(disposition[1])
    if name is None:
        return "", None
    value = body[head_end + 4 : end].decode("utf-8", "replace")
    return (name[1] or name[2] or b"").decode("utf-8", "replace"), value
