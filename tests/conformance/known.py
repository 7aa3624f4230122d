"""Cases in which payback is known to be wrong, each with the reason. One that is right leaves the table."""

from collections.abc import Iterator

_LATIN_1 = (
    "aiohttp writes heads as UTF-8 and leaves out what is none; only bodies known in full go another way"
)
_LOST_WITH_ITS_PACKET = (
    "where something unreadable follows a good message in one packet, aiohttp's parser gives up both: the "
    "good request goes nowhere and is answered 400"
)


def _known() -> Iterator[tuple[str, str]]:
    yield "request headers: a Latin-1 byte goes on as it was sent", _LATIN_1
    yield "request framing: what follows a request is another or is refused", _LOST_WITH_ITS_PACKET
    yield "connections: a bad request behind a good one waits for its turn", _LOST_WITH_ITS_PACKET
    yield "connections: what follows a close is not read", _LOST_WITH_ITS_PACKET


KNOWN: dict[str, str] = dict(_known())
