"""HTTP/1.0 on either side."""

import asyncio

from tests.conformance.case import PLAIN, Trial, case, each, state_of, told, values
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import connected, get
from tests.proxy.message import chunked, message
from tests.proxy.upstream import Visit

HOST = ("Host", "payback.test")
KEEP = ("Connection", "keep-alive")
IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@case("200 hello, whole, no chunks, closed")
async def an_old_client_gets_no_chunks(trial: Trial) -> str:
    trial.answers(IN_CHUNKS + chunked(b"hel", b"lo"))
    async with connected(trial.port) as client:
        await client.send(message(f"GET {PLAIN} HTTP/1.0", [HOST]))
        answer = await client.answer("GET")
        framed = "chunks" if answer.head.is_chunked else "no chunks"
        return f"{told(answer)}, {framed}, {await state_of(client)}"


@case("200 hello, whole, no chunks, closed")
async def an_old_client_that_would_stay_gets_no_chunks(trial: Trial) -> str:
    """The length is not known when the answer begins, so only its end can say that it is whole."""

    async def script(visit: Visit) -> None:
        await visit.send(IN_CHUNKS, chunked(b"hel", end=False))
        await asyncio.sleep(0.2)
        await visit.send(chunked(b"lo"))

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(message(f"GET {PLAIN} HTTP/1.0", [HOST, KEEP]))
        answer = await client.answer("GET")
        framed = "chunks" if answer.head.is_chunked else "no chunks"
        return f"{told(answer)}, {framed}, {await state_of(client)}"


@case("keep-alive, open")
async def an_old_client_may_stay_where_the_length_is_known(trial: Trial) -> str:
    async with connected(trial.port) as client:
        await client.send(message(f"GET {PLAIN} HTTP/1.0", [HOST, KEEP]))
        answer = await client.answer("GET")
        return f"{values(answer.head, 'Connection').lower()}, {await state_of(client)}"


@each({"a plain call": PLAIN, "a metered call": CHAT}, "200, HTTP/1.1 upstream")
async def of_an_old_client_goes_on_in_http_1_1(trial: Trial, path: str) -> str:
    length = ("Content-Length", str(len(CHAT_REQUEST)))
    answer = await trial.answer(message(f"POST {path} HTTP/1.0", [HOST, length], CHAT_REQUEST))
    assert trial.upstream.only.body == CHAT_REQUEST
    return f"{answer.status}, {trial.upstream.only.head.start.split(b' ')[2].decode()} upstream"


@case("200 hello, reset")
async def a_cut_answer_is_reset_for_an_old_client(trial: Trial) -> str:
    """A FIN would be the answer's good end."""

    async def script(visit: Visit) -> None:
        await visit.send(IN_CHUNKS, chunked(b"hello", end=False))
        await asyncio.sleep(0.1)
        visit.close()

    trial.upstream.script = script
    answer = await trial.answer(message(f"GET {PLAIN} HTTP/1.0", [HOST]))
    body = answer.body.decode()
    return f"{answer.status} {body}, {'a good end' if answer.whole else 'reset'}"


OLD_UPSTREAM = {
    "with a length": b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "without a length": b"HTTP/1.0 200 OK\r\n\r\nhello",
    "that would stay": b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
}


@each(OLD_UPSTREAM, "200 hello, whole; HTTP/1.1, 200")
async def of_an_old_upstream_is_an_answer(trial: Trial, raw: bytes) -> str:
    trial.answers(raw, closes=b"keep" not in raw)
    async with connected(trial.port) as client:
        await client.send(get(PLAIN))
        first = await client.answer("GET")
        await client.send(get(PLAIN))
        second = await client.answer("GET")
    return f"{told(first)}; {first.head.start[:8].decode()}, {second.status}"
