"""Connections: who keeps and who closes them, the order of answers, what is sent again and what never."""

import asyncio

from tests.conformance.case import PLAIN, Trial, case, each, state_of, told, values
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import Client, connected, get, post
from tests.proxy.message import Ended, chunked, message
from tests.proxy.running import eventually
from tests.proxy.upstream import Visit

HOST = ("Host", "payback.test")


@case("200, 200 on one; 1 to upstream")
async def connections_are_kept_on_both_sides(trial: Trial) -> str:
    async with connected(trial.port) as client:
        answers = [await _asked(client, post(PLAIN, b"{}")) for _ in range(2)]
    return f"{answers[0]}, {answers[1]} on one; {trial.upstream.connections} to upstream"


async def _asked(client: Client, request: bytes) -> int:
    await client.send(request)
    return (await client.answer(request.partition(b" ")[0].decode())).status


@each({"close": "close", "Close": "Close", "close in a list": "keep-alive, close"}, "close, closed")
async def is_obeyed(trial: Trial, value: str) -> str:
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, ("Connection", value)))
        answer = await client.answer("GET")
        return f"{values(answer.head, 'Connection')}, {await state_of(client)}"


@case("- open, 200, 2 to upstream")
async def upstreams_close_is_not_the_clients(trial: Trial) -> str:
    trial.answers(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", closes=True)
    async with connected(trial.port) as client:
        await client.send(get(PLAIN))
        first = (await client.answer("GET")).head
        told_of = values(first, "Connection").lower().replace("keep-alive", "-")
        state = await state_of(client)
    async with connected(trial.port) as client:
        second = await _asked(client, get(PLAIN))
    return f"{told_of} {state}, {second}, {trial.upstream.connections} to upstream"


@case("keep-alive")
async def the_clients_close_is_not_upstreams(trial: Trial) -> str:
    await trial.answer(get(PLAIN, ("Connection", "close")))
    return values(trial.upstream.only.head, "Connection").lower().replace("-", "keep-alive", 1)[:10]


@case("/v1/a /v1/b /v1/c")
async def pipelined_requests_are_answered_in_their_order(trial: Trial) -> str:
    async def script(visit: Visit) -> None:
        await asyncio.sleep(0.2 if visit.received.target == "/v1/a" else 0)
        await visit.answer(visit.received.target.encode())

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(get("/v1/a") + post("/v1/b", b"{}") + get("/v1/c"))
        return " ".join([(await client.answer()).body.decode() for _ in range(3)])


@case("200 400 closed, 1 upstream")
async def a_bad_request_behind_a_good_one_waits_for_its_turn(trial: Trial) -> str:
    async with connected(trial.port) as client:
        await client.send(get(PLAIN) + b"GET\r\n\r\n")
        statuses = [(await client.answer("GET")).status for _ in range(2)]
        state = await state_of(client)
    return f"{statuses[0]} {statuses[1]} {state}, {len(trial.upstream.received)} upstream"


@case("closed, 1 upstream")
async def what_follows_a_close_is_not_read(trial: Trial) -> str:
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, ("Connection", "close")) + get(PLAIN))
        await client.answer("GET")
        return f"{await state_of(client)}, {len(trial.upstream.received)} upstream"


@each({"a head": get(PLAIN), "a body": post(PLAIN, b"{}"), "a call": post(CHAT, CHAT_REQUEST)}, "200")
async def may_come_byte_by_byte(trial: Trial, request: bytes) -> str:
    async with connected(trial.port) as client:
        for byte in request:
            await client.send(b"%c" % byte)
            await asyncio.sleep(0)
        return str((await client.answer()).status)


@case("200 while others wait")
async def heads_that_do_not_come_hold_up_nobody(trial: Trial) -> str:
    async with connected(trial.port) as slow, connected(trial.port) as slower:
        await slow.send(f"GET {PLAIN} HTTP/1.1\r\nX-A: ".encode())
        await slower.send(message(f"POST {PLAIN} HTTP/1.1", [HOST, ("Content-Length", "9")], b"h"))
        return f"{(await trial.answer(get(PLAIN))).status} while others wait"


@each({"a POST": post(PLAIN, b"{}"), "a call": post(CHAT, CHAT_REQUEST)}, "502, sent once", "200, sent once")
async def on_a_connection_that_upstream_closes_is_never_sent_twice(trial: Trial, request: bytes) -> str:
    """The connection dies as the second request has just arrived on it."""
    status, times = await _on_a_dying_connection(trial, request)
    return f"{status}, sent {('never', 'once', 'twice')[times]}"


@each({"a GET": get(PLAIN)}, "200, sent twice", "502, sent once")
async def on_a_connection_that_upstream_closes_may_be_sent_again(trial: Trial, request: bytes) -> str:
    status, times = await _on_a_dying_connection(trial, request)
    return f"{status}, sent {('never', 'once', 'twice')[times]}"


async def _on_a_dying_connection(trial: Trial, request: bytes) -> tuple[int, int]:
    async def script(visit: Visit) -> None:
        if len(trial.upstream.received) == 2:
            visit.close()
        else:
            await visit.answer(b"{}")

    trial.upstream.script = script
    await trial.answer(request)
    status = (await trial.answer(request)).status
    return status, len(trial.upstream.received) - 1


@case("200")
async def a_connection_that_was_closed_while_idle_is_not_used(trial: Trial) -> str:
    async def script(visit: Visit) -> None:
        await visit.answer(b"{}")
        visit.close()

    trial.upstream.script = script
    await trial.answer(post(PLAIN, b"{}"))
    await asyncio.sleep(0.2)
    return str((await trial.answer(post(PLAIN, b"{}"))).status)


@case("closed", "200")
async def a_client_that_has_only_stopped_sending_is_answered_or_gone(trial: Trial) -> str:
    async def script(visit: Visit) -> None:
        await asyncio.sleep(0.3)
        await visit.answer(b"{}")

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(get(PLAIN))
        client.half_close()
        try:
            return str((await client.answer("GET")).status)
        except Ended:
            return "closed"


@each(
    {"before the head": b"", "within the body": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
    "upstream is left",
)
async def a_client_that_leaves_takes_its_request_along(trial: Trial, start: bytes) -> str:
    left = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.send(start + (chunked(b"hello", end=False) if start else b""))
        await visit.left()
        left.set()

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(post(PLAIN, b"{}"))
        await eventually(lambda: len(trial.upstream.received) == 1)
        if start:
            await client.head()
        client.leave()
        async with asyncio.timeout(3):
            await left.wait()
    return "upstream is left"


@case("0 whole upstream, left")
async def an_upload_that_is_given_up_is_given_up_upstream(trial: Trial) -> str:
    async with connected(trial.port) as client:
        head = message(f"POST {PLAIN} HTTP/1.1", [HOST, ("Content-Length", "100000")], b"a" * 50_000)
        await client.send(head)
        await eventually(lambda: bool(trial.upstream.heads))
        client.leave()
        await eventually(lambda: trial.upstream.unfinished != b"")
    return f"{len(trial.upstream.received)} whole upstream, left"


@case("one two, whole")
async def pieces_reach_the_client_as_they_come(trial: Trial) -> str:
    go_on = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.stream(b"one ")
        await go_on.wait()
        await visit.send(chunked(b"two"))

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(get(PLAIN))
        pieces = client.pieces(await client.head(), "GET")
        seen = await client.until(b"one", pieces)
        go_on.set()
        rest = b"".join([piece async for piece in pieces])
    return f"{(seen + rest).decode()}, whole"


@case("one two")
async def pieces_reach_upstream_as_they_come(trial: Trial) -> str:
    """On a path that is not metered, nobody has to wait for the whole upload."""
    seen = asyncio.Event()

    async def read_on(visit: Visit) -> None:
        async for piece in visit._source.sized(4):
            assert piece == b"one ", piece
        seen.set()
        body = b"one " + b"".join([piece async for piece in visit._source.sized(3)])
        await visit.answer(body)

    trial.upstream.on_head = read_on
    async with connected(trial.port) as client:
        await client.send(message(f"POST {PLAIN} HTTP/1.1", [HOST, ("Content-Length", "7")], b"one "))
        await asyncio.wait_for(seen.wait(), 3)
        await client.send(b"two")
        return (await client.answer()).body.decode()


@case("200 first, whole; 200 second, whole")
async def two_clients_do_not_wait_for_each_other(trial: Trial) -> str:
    hold = asyncio.Event()

    async def script(visit: Visit) -> None:
        if visit.received.target == "/v1/first":
            await hold.wait()
        await visit.answer(visit.received.target[4:].encode())

    trial.upstream.script = script
    first = asyncio.ensure_future(trial.answer(get("/v1/first")))
    second = await trial.answer(get("/v1/second"))
    hold.set()
    return f"{told(await first)}; {told(second)}"
