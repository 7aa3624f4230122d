"""Expect: 100-continue, and answers before the answer."""

import asyncio

from tests.conformance.case import PLAIN, Trial, case, each, told, values
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import connected, get, post
from tests.proxy.message import message
from tests.proxy.upstream import Visit

EXPECT = ("Expect", "100-continue")
HOST = ("Host", "payback.test")


@each({"a plain call": PLAIN, "a metered call": CHAT}, "100, 200, Expect: -, 1 upstream")
async def that_waits_for_100_is_told_to_go_on(trial: Trial, path: str) -> str:
    async with connected(trial.port) as client:
        head, body = post(path, CHAT_REQUEST, EXPECT).split(b"\r\n\r\n", 1)
        await client.send(head + b"\r\n\r\n")
        first = await client.provisional_head()
        await client.send(body)
        answer = await client.answer()
    received = trial.upstream.only
    assert received.body == CHAT_REQUEST
    return f"{first.status}, {answer.status}, Expect: {values(received.head, 'Expect')}, 1 upstream"


@case("200")
async def a_client_that_expects_100_and_does_not_wait_is_answered(trial: Trial) -> str:
    return str((await trial.answer(post(PLAIN, b"{}", EXPECT))).status)


@case("200")
async def a_client_that_expects_100_without_a_body_is_answered(trial: Trial) -> str:
    return str((await trial.answer(get(PLAIN, EXPECT))).status)


@case("200, no 100")
async def http_1_0_knows_no_100(trial: Trial) -> str:
    async with connected(trial.port) as client:
        await client.send(message(f"POST {PLAIN} HTTP/1.0", [HOST, EXPECT, ("Content-Length", "2")], b"{}"))
        first = await client.provisional_head()
    return f"{first.status}, no 100"


@case("417", "200")
async def another_expectation_is_refused_or_ignored(trial: Trial) -> str:
    return str((await trial.answer(post(PLAIN, b"{}", ("Expect", "miracles")))).status)


@case("100 Continue in any case")
async def the_expectation_is_read_in_any_case(trial: Trial) -> str:
    async with connected(trial.port) as client:
        await client.send(post(PLAIN, b"{}", ("Expect", "100-CONTINUE")).removesuffix(b"{}"))
        first = await client.provisional_head()
    return "100 Continue in any case" if first.status == 100 else str(first.status)


@case("400, 0 upstream")
async def what_is_refused_anyway_is_not_invited(trial: Trial) -> str:
    async with connected(trial.port) as client:
        await client.send(post("/v1/../x", b"{}", EXPECT).removesuffix(b"{}"))
        return f"{(await client.provisional_head()).status}, {len(trial.upstream.heads)} upstream"


BEFORE = {
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "102": b"HTTP/1.1 102 Processing\r\n\r\n",
    "103": b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
    "three of them": b"HTTP/1.1 102 Processing\r\n\r\n" * 3,
}


@each(BEFORE, "200 hello, whole, Link: -")
async def before_the_answer_is_not_the_answer(trial: Trial, before: bytes) -> str:
    trial.answers(before + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    return await _final(trial, get(PLAIN))


@each(BEFORE, "200 hello, whole, Link: -")
async def before_the_answer_to_a_call_is_not_the_answer(trial: Trial, before: bytes) -> str:
    """A body that is known in full takes a way of its own; here 1xx come in packets of their own."""

    async def script(visit: Visit) -> None:
        await visit.send(before)
        await asyncio.sleep(0.05)
        await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    trial.upstream.script = script
    return await _final(trial, post(CHAT, CHAT_REQUEST))


async def _final(trial: Trial, request: bytes) -> str:
    answer = await trial.answer(request)
    return f"{told(answer)}, Link: {values(answer.head, 'Link')}"


@each({"a GET": get(PLAIN), "a POST": post(PLAIN, b"{}"), "a call": post(CHAT, CHAT_REQUEST)}, "502")
async def is_not_upgraded_unasked(trial: Trial, request: bytes) -> str:
    trial.answers(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: odd\r\n\r\nhello")
    return str((await trial.answer(request)).status)


@case("413 too long, whole")
async def an_answer_before_the_upload_has_ended_reaches_the_client(trial: Trial) -> str:
    async def refuse(visit: Visit) -> None:
        await visit.send(b"HTTP/1.1 413 Too Long\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo long")

    trial.upstream.on_head = refuse
    async with connected(trial.port) as client:
        await client.send(
            message(f"POST {PLAIN} HTTP/1.1", [HOST, ("Content-Length", "1000000")], b"a" * 1000)
        )
        return told(await client.answer())


@case("401 no, whole")
async def a_refusal_by_upstream_instead_of_reading_reaches_the_client(trial: Trial) -> str:
    """The client was invited by the proxy, and sends its body while upstream has refused the head."""

    async def refuse(visit: Visit) -> None:
        await visit.send(b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")

    trial.upstream.on_head = refuse
    async with connected(trial.port) as client:
        head, body = post(PLAIN, b"a" * 1000, EXPECT).split(b"\r\n\r\n")
        await client.send(head + b"\r\n\r\n")
        if (await client.provisional_head()).status == 100:
            await client.send(body)
        return told(await client.answer())
