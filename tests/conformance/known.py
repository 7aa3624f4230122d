"""Cases in which payback is known to be wrong, each with the reason. One that is right leaves the table."""

from collections.abc import Iterator

_LATIN_1 = (
    "aiohttp writes heads as UTF-8 and leaves out what is none; only bodies known in full go another way"
)


def _known() -> Iterator[tuple[str, str]]:
    yield "request headers: a Latin-1 byte goes on as it was sent", _LATIN_1


KNOWN: dict[str, str] = dict(_known())
