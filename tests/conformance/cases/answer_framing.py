"""Where an answer ends. A broken end stays broken; what upstream says too much reaches nobody."""

import asyncio

from tests.conformance.case import PLAIN, Trial, case, each, told
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import call, connected, get, post
from tests.proxy.message import chunked
from tests.proxy.upstream import Visit

OK = b"HTTP/1.1 200 OK\r\n"
SOON_S = 2
"""A client that is told nothing for so long was forgotten."""
IN_CHUNKS = OK + b"Transfer-Encoding: chunked\r\n\r\n"

WHOLE = {
    "a length": OK + b"Content-Length: 5\r\n\r\nhello",
    "chunks": IN_CHUNKS + chunked(b"he", b"llo"),
    "chunks with extensions": IN_CHUNKS + b"5;a=b\r\nhello\r\n0;c\r\n\r\n",
    "sizes in upper case with zeros": IN_CHUNKS + b"0005\r\nhello\r\n000\r\n\r\n",
    "a trailer": IN_CHUNKS + b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
    "a coding in capitals": OK + b"Transfer-Encoding: Chunked\r\n\r\n" + chunked(b"hello"),
}


@each(WHOLE, "200 hello, whole; 200 hello, whole")
async def ends_an_answer(trial: Trial, raw: bytes) -> str:
    """The second one comes on the same connection."""
    trial.answers(raw)
    async with connected(trial.port) as client:
        await client.send(get(PLAIN))
        first = await client.answer("GET")
        await client.send(get(PLAIN))
        return f"{told(first)}; {told(await client.answer('GET'))}"


@each({"a body of 5 bytes": b"hello", "an empty body": b""}, "whole")
async def ends_with_the_connection(trial: Trial, body: bytes) -> str:
    trial.answers(OK + b"\r\n" + body, closes=True)
    answer = await trial.answer(get(PLAIN))
    return "whole" if answer.whole and answer.body == body else told(answer)


EMPTY = {"a length of 0": b"Content-Length: 0", "no chunk but the last": b"Transfer-Encoding: chunked"}


@each(EMPTY, "200 , whole; 200 , whole")
async def is_an_empty_answer(trial: Trial, line: bytes) -> str:
    end = b"0\r\n\r\n" if b"chunked" in line else b""
    trial.answers(OK + line + b"\r\n\r\n" + end)
    first, second = await trial.answer(get(PLAIN)), await trial.answer(get(PLAIN))
    return f"{told(first)}; {told(second)}"


CUT = {
    "a length that is not reached": [OK + b"Content-Length: 9\r\n\r\n", b"hello"],
    "a missing last chunk": [IN_CHUNKS, chunked(b"hello", end=False)],
    "half a chunk": [IN_CHUNKS, b"5\r\nhello\r\n9\r\n"],
    "half a size": [IN_CHUNKS, b"5\r\nhello\r\n1"],
    "a missing line end behind the last chunk": [IN_CHUNKS, b"5\r\nhello\r\n0\r\n"],
    "nonsense that comes with the end of a chunk": [IN_CHUNKS, b"5\r\nhello", b"\r\nzz\r\n"],
}


@each(CUT, "200 hello, cut")
async def stays_a_broken_end(trial: Trial, pieces: list[bytes]) -> str:
    trial.upstream.script = lambda visit: _slowly(visit, pieces)
    return told(await trial.answer(get(PLAIN)))


@each(CUT, "200 hello, cut", "200 hell, cut")
async def stays_a_broken_end_of_a_call(trial: Trial, pieces: list[bytes]) -> str:
    """As above, where calls are metered, and a document's last byte waits for the ledger."""
    trial.upstream.script = lambda visit: _slowly(visit, pieces)
    return told(await trial.answer(post(CHAT, CHAT_REQUEST)))


async def _slowly(visit: Visit, pieces: list[bytes]) -> None:
    for piece in pieces:
        await visit.send(piece)
        await asyncio.sleep(0.05)
    visit.close()


AT_ONCE = {
    "a length": OK + b"Content-Length: 9\r\n\r\nhello",
    "chunks": IN_CHUNKS + chunked(b"hello", end=False),
}


@each(AT_ONCE, "200 hello, cut")
async def that_is_cut_in_the_packet_of_the_head_shows_what_there_is(trial: Trial, raw: bytes) -> str:
    trial.answers(raw, closes=True)
    return told(await trial.answer(get(PLAIN)))


@each({"in chunks": IN_CHUNKS, "to the end of the connection": OK + b"\r\n"}, "cut")
async def an_answer_that_is_reset_is_cut(trial: Trial, head: bytes) -> str:
    async def script(visit: Visit) -> None:
        await visit.send(head, chunked(b"hello", end=False))
        await asyncio.sleep(0.1)
        visit.reset()

    trial.upstream.script = script
    return "whole" if (await trial.answer(get(PLAIN))).whole else "cut"


BAD_CHUNKS = {
    "a size that is no number": b"zz\r\nhello",
    "a negative size": b"-5\r\nhello",
    "a size with 0x": b"0x5\r\nhello",
    "a size of 17 digits": b"F" * 17 + b"\r\nhello",
    "a chunk longer than its size": b"3\r\nhello\r\n0\r\n\r\n",
}


@each(BAD_CHUNKS, "cut")
async def behind_a_good_chunk_cuts_the_answer(trial: Trial, bad: bytes) -> str:
    async def script(visit: Visit) -> None:
        await visit.send(IN_CHUNKS, chunked(b"good", end=False))
        await asyncio.sleep(0.05)
        await visit.send(bad + b"\r\n0\r\n\r\n")

    trial.upstream.script = script
    async with asyncio.timeout(SOON_S):
        answer = await trial.answer(get(PLAIN))
    return "cut" if not answer.whole and answer.body.startswith(b"good") else told(answer)


IN_DOUBT = {
    "a length and chunks": b"Content-Length: 3\r\nTransfer-Encoding: chunked",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6",
    "a list of lengths": b"Content-Length: 5, 6",
    "a length with a plus sign": b"Content-Length: +5",
    "a negative length": b"Content-Length: -1",
    "a length that is no number": b"Content-Length: five",
    "an empty length": b"Content-Length:",
    "a length of 26 digits": b"Content-Length: " + b"9" * 26,
    "an unknown coding": b"Transfer-Encoding: xchunked",
    "gzip before chunked": b"Transfer-Encoding: gzip, chunked",
    "chunked twice": b"Transfer-Encoding: chunked, chunked",
}


@each(IN_DOUBT, "502")
async def is_no_answer(trial: Trial, lines: bytes) -> str:
    trial.answers(OK + lines + b"\r\n\r\n" + chunked(b"hello"), closes=True)
    answer = await trial.answer(get(PLAIN))
    return str(answer.status) if answer.status == 502 else told(answer)


NOT_HTTP = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "a text": b"hello\r\n\r\n",
    "a greeting of another protocol": b"220 mail.test ESMTP\r\n",
    "a status that is no number": b"HTTP/1.1 abc OK\r\n\r\n",
    "a status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "a status of 0": b"HTTP/1.1 000 OK\r\n\r\n",
    "a control byte in the reason": b"HTTP/1.1 200 O\x00K\r\nContent-Length: 0\r\n\r\n",
    "a control byte in a value": b"HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 0\r\n\r\n",
    "a frame of HTTP/2": b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64",
}


@each(NOT_HTTP, "502, 502 for a POST, 2 upstream")
async def instead_of_an_answer_is_a_bad_gateway(trial: Trial, raw: bytes) -> str:
    trial.answers(raw, closes=True)
    first = await trial.answer(post(PLAIN, b"{}", method="PATCH"))
    second = await trial.answer(post(PLAIN, b"{}"))
    return f"{first.status}, {second.status} for a POST, {len(trial.upstream.received)} upstream"


@case("502, 1 upstream")
async def a_reset_instead_of_an_answer_is_a_bad_gateway(trial: Trial) -> str:
    async def script(visit: Visit) -> None:
        visit.reset()

    trial.upstream.script = script
    answer = await trial.answer(post(PLAIN, b"{}"))
    return f"{answer.status}, {len(trial.upstream.received)} upstream"


SURPLUS = {
    "bytes behind a length": OK + b"Content-Length: 5\r\n\r\nhello" + b"surplus",
    "bytes behind the last chunk": IN_CHUNKS + chunked(b"hello") + b"surplus",
    "a second answer": OK + b"Content-Length: 5\r\n\r\nhello" + OK + b"Content-Length: 4\r\n\r\nevil",
    "a second answer behind chunks": IN_CHUNKS + chunked(b"hello") + OK + b"Content-Length: 4\r\n\r\nevil",
}


@each(SURPLUS, "200 hello, whole; 200 next, whole")
async def in_one_packet_spoils_neither_answer(trial: Trial, raw: bytes) -> str:
    """The second request must have its own answer, never what was left of the first."""
    return await _two(trial, [raw])


@each(SURPLUS, "200 hello, whole; 200 next, whole")
async def in_a_later_packet_spoils_neither_answer(trial: Trial, raw: bytes) -> str:
    end = raw.index(b"surplus" if b"surplus" in raw else OK, 20)
    return await _two(trial, [raw[:end], raw[end:]])


async def _two(trial: Trial, pieces: list[bytes]) -> str:
    async def script(visit: Visit) -> None:
        if len(trial.upstream.received) > 1:
            await visit.answer(b"next")
            return
        for piece in pieces:
            await visit.send(piece)
            await asyncio.sleep(0.05)

    trial.upstream.script = script
    first = await trial.answer(get(PLAIN))
    await asyncio.sleep(0.1)
    second = await call(trial.port, post(PLAIN, b"{}"))
    return f"{told(first)}; {told(second)}"
