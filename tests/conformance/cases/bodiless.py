"""HEAD, 204 and 304: no body goes to the client, whatever upstream sends, and the next answer is the next."""

import asyncio

from tests.conformance.case import PLAIN, Trial, case, each, state_of, told, values
from tests.proxy.client import connected, get
from tests.proxy.message import chunked
from tests.proxy.upstream import Visit

STATUS = {
    "HEAD": ("HEAD", b"HTTP/1.1 200 OK"),
    "204": ("GET", b"HTTP/1.1 204 No Content"),
    "304": ("GET", b"HTTP/1.1 304 Not Modified"),
}


@each(STATUS, "bare, then 200 next, whole")
async def without_a_body_leaves_the_connection_in_order(trial: Trial, kind: tuple[str, bytes]) -> str:
    return await _then_next(trial, kind, b"\r\n\r\n")


@each(STATUS, "bare, then 200 next, whole")
async def with_a_body_gives_none_to_the_client(trial: Trial, kind: tuple[str, bytes]) -> str:
    """The surplus must not be read as the head of the next answer."""
    return await _then_next(trial, kind, b"\r\nContent-Length: 4\r\n\r\nevil")


@each(STATUS, "bare, then 200 next, whole")
async def with_chunks_gives_none_to_the_client(trial: Trial, kind: tuple[str, bytes]) -> str:
    return await _then_next(trial, kind, b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"evil"))


async def _then_next(trial: Trial, kind: tuple[str, bytes], rest: bytes) -> str:
    async def script(visit: Visit) -> None:
        if len(trial.upstream.received) > 1:
            await visit.answer(b"next")
        else:
            await visit.send(kind[1] + rest)

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, method=kind[0]))
        head = await client.head()
        state = await state_of(client)
    await asyncio.sleep(0.05)
    bare = (
        "bare"
        if (str(head.status).encode() in kind[1], state) == (True, "open")
        else f"{head.status} {state}"
    )
    return f"{bare}, then {told(await trial.answer(get(PLAIN)))}"


@case("12345")
async def the_length_that_a_get_would_have_is_told(trial: Trial) -> str:
    trial.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n")
    return values((await trial.answer(get(PLAIN, method="HEAD"))).head, "Content-Length")


@case('"v1" no-cache')
async def a_304_keeps_what_it_says(trial: Trial) -> str:
    trial.answers(b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nCache-Control: no-cache\r\n\r\n')
    head = (await trial.answer(get(PLAIN, ("If-None-Match", '"v1"')))).head
    return f"{values(head, 'ETag')} {values(head, 'Cache-Control')}"


@case("- -")
async def a_204_has_neither_length_nor_chunks(trial: Trial) -> str:
    trial.answers(b"HTTP/1.1 204 No Content\r\n\r\n")
    head = (await trial.answer(get(PLAIN))).head
    return f"{values(head, 'Content-Length')} {values(head, 'Transfer-Encoding')}"


@case("404 bare, open")
async def a_head_of_what_is_not_there_has_no_body(trial: Trial) -> str:
    trial.answers(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n")
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, method="HEAD"))
        head = await client.head()
        return f"{head.status} bare, {await state_of(client)}"


@case("0")
async def a_205_is_empty(trial: Trial) -> str:
    trial.answers(b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n")
    return str(len((await trial.answer(get(PLAIN))).body))
