"""Cases in which payback is known to be wrong, each with the reason. One that is right leaves the table."""

from collections.abc import Iterator

_LATIN_1 = (
    "aiohttp writes heads as UTF-8 and leaves out what is none; only bodies known in full go another way"
)
_LOST_WITH_ITS_PACKET = (
    "where something unreadable follows a good message in one packet, aiohttp's parser gives up both: the "
    "good request goes nowhere and is answered 400"
)
_SURPLUS = "aiohttp's parser gives up a good answer with the surplus in its packet; the client gets a 502"
_POISON = (
    "what comes on an idle connection is kept by aiohttp as the answer to the next request on it, which may "
    "be another client's"
)
_HANGS = (
    "aiohttp's parser fails without telling the reader of the body; the client waits for the rest for ever"
)
_RESET = "aiohttp takes a reset for the good end of a body that ends with its connection"
_CODING = "aiohttp reads an answer in any coding as if it were chunked, or in none"
_STATUS = "aiohttp reads a status of 000 as a number"
_FIELDS = "aiohttp reads at most 128 header lines of an answer; the limit is not raised"
_FIN = "the cut of an answer that ends with its connection is a FIN, its good end; a reset would tell"

_SURPLUSES = ("bytes behind a length", "bytes behind the last chunk")
_ANSWERS = ("a second answer", "a second answer behind chunks")
_BAD_CHUNKS = (
    "a size that is no number", "a negative size", "a size with 0x", "a size of 17 digits",
    "a chunk longer than its size",
)  # fmt: skip


def _known() -> Iterator[tuple[str, str]]:
    yield "request headers: a Latin-1 byte goes on as it was sent", _LATIN_1
    yield "request framing: what follows a request is another or is refused", _LOST_WITH_ITS_PACKET
    yield "connections: a bad request behind a good one waits for its turn", _LOST_WITH_ITS_PACKET
    yield "connections: what follows a close is not read", _LOST_WITH_ITS_PACKET
    yield "answer headers: two hundred fields comes back as it was sent", _FIELDS
    yield "answer framing: to the end of the connection an answer that is reset is cut", _RESET
    yield "answer framing: a status of 0 instead of an answer is a bad gateway", _STATUS
    yield "http 1 0: a cut answer is reset for an old client", _FIN
    for bad in _BAD_CHUNKS:
        yield f"answer framing: {bad} behind a good chunk cuts the answer", _HANGS
    for coding in ("an unknown coding", "gzip before chunked", "chunked twice"):
        yield f"answer framing: {coding} is no answer", _CODING
    for surplus in _SURPLUSES:
        yield f"answer framing: {surplus} in one packet spoils neither answer", _SURPLUS
    for answer in _ANSWERS:
        yield f"answer framing: {answer} in a later packet spoils neither answer", _POISON
    for kind in ("HEAD", "204", "304"):
        yield f"bodiless: {kind} with a body gives none to the client", _SURPLUS
        yield f"bodiless: {kind} with chunks gives none to the client", _SURPLUS


KNOWN: dict[str, str] = dict(_known())
