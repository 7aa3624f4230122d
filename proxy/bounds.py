"""Text of clients as names: printable, on one line, not too long."""

LONGEST_NAME = 200
LONGEST_INTEGER_BITS = 64
"""An id has no more; Python itself refuses to print numbers of some thousand digits."""


def bounded(text: str | None, longest: int = LONGEST_NAME) -> str | None:
    """*text* as a name; None where nothing is left. Printable is what str.isprintable says.

    >>> bounded("support\\x1b[31m-bot")
    'support[31m-bot'
    """
    if not text:
        return None
    start = text[: 4 * longest]
    if not start.isprintable():
        start = "".join(filter(str.isprintable, start))
    return start.strip()[:longest].rstrip() or None


def text_of(value: object) -> str | None:
    """What JSON has without parts, as text; None for anything else.

    >>> text_of("a"), text_of(12345), text_of(True), text_of(["a"])
    ('a', '12345', 'true', None)
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= LONGEST_INTEGER_BITS else None
    return repr(value) if isinstance(value, float) else None
