"""A connection to an upstream: used again only after an answer whose end was plain, never for two at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientError, ClientPayloadError, ServerDisconnectedError, SocketTimeoutError
from yarl import URL

from proxy import wire
from proxy.asked import Body
from proxy.upstream_client import Answer, UpstreamClient
from proxy.upstream_errors import NotHttp
from tests.proxy.message import chunked, message
from tests.proxy.running import PATIENCE_S, eventually
from tests.proxy.upstream import Upstream, Visit, scripted_upstream

IDLE_S = 0.8


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


@pytest.fixture
async def client() -> AsyncIterator[UpstreamClient]:
    client = UpstreamClient(connect_timeout_s=5, idle_timeout_s=IDLE_S)
    yield client
    await client.close()


async def ask(
    client: UpstreamClient, upstream: Upstream, *, keeps_connection: bool = True, method: str = "POST"
) -> Answer:
    url = URL(f"http://127.0.0.1:{upstream.port}/v1/x")
    return await client.send(method, url, [("X-A", "1")], b"{}", keeps_connection=keeps_connection)


async def body_of(answer: Answer) -> bytes:
    return await answer.content.read()


def sized(body: bytes, *headers: tuple[str, str], status: str = "HTTP/1.1 200 OK") -> bytes:
    return message(status, [*headers, ("Content-Length", str(len(body)))], body)


KEPT = {
    "sized": sized(b"ok"),
    "in chunks": message("HTTP/1.1 200 OK", [("Transfer-Encoding", "chunked")], chunked(b"o", b"k")),
    "in chunks, with a trailer": message(
        "HTTP/1.1 200 OK", [("Transfer-Encoding", "chunked")], b"2\r\nok\r\n0\r\nX-T: 1\r\n\r\n"
    ),
    "after 100 and 103": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
    + sized(b"ok"),
    "empty": message("HTTP/1.1 204 No Content"),
    "not modified": message("HTTP/1.1 304 Not Modified", [("Content-Length", "9")]),
}
SPENT = {
    "said to close": sized(b"ok", ("Connection", "close")),
    "HTTP/1.0": sized(b"ok", status="HTTP/1.0 200 OK"),
    "two answers": sized(b"ok") * 2,
}


@pytest.mark.parametrize("ending", [*KEPT, *SPENT])
async def test_a_wire_is_used_again_unless_it_is_closing_or_spoilt(
    ending: str, upstream: Upstream, client: UpstreamClient
) -> None:
    upstream.script = lambda visit: visit.send({**KEPT, **SPENT}[ending])
    for _ in range(3):
        assert await body_of(await ask(client, upstream)) in (b"ok", b"")
        await asyncio.sleep(0.02)
    assert upstream.connections == (1 if ending in KEPT else 3)
    assert {received.raw for received in upstream.received} == {
        message(
            "POST /v1/x HTTP/1.1",
            [("Host", f"127.0.0.1:{upstream.port}"), ("X-A", "1"), ("Content-Length", "2")],
            b"{}",
        )
    }


async def test_a_call_that_wants_a_wire_of_its_own_says_so_and_leaves_none(
    upstream: Upstream, client: UpstreamClient
) -> None:
    for _ in range(2):
        await body_of(await ask(client, upstream, keeps_connection=False))
    assert upstream.connections == 2
    assert [received.head.value("Connection") for received in upstream.received] == [b"close"] * 2


async def test_calls_at_once_have_a_wire_each_and_those_are_used_again(
    upstream: Upstream, client: UpstreamClient
) -> None:
    for _ in range(3):
        await asyncio.gather(*[body_of(await ask(client, upstream)) for _ in range(2)])
        answers = await asyncio.gather(*[ask(client, upstream) for _ in range(20)])
        await asyncio.gather(*map(body_of, answers))
    assert upstream.connections <= 20


@pytest.mark.parametrize("what", ["bytes", "end"])
async def test_a_wire_on_which_something_came_unasked_is_not_used_again(
    what: str, upstream: Upstream, client: UpstreamClient
) -> None:
    """An answer that lies ready before it was asked for would be somebody else's."""

    is_free = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.send(sized(b"ok"))
        await is_free.wait()
        if what == "bytes":
            await visit.send(sized(b"poison"))
        else:
            visit.close()

    upstream.script = script
    for _ in range(2):
        assert await body_of(await ask(client, upstream)) == b"ok"
        (free,) = client._free.values()
        assert [wire.is_usable for wire in free] == [True]
        is_free.set()
        await eventually(lambda wire=free[0]: not wire.is_usable)  # type: ignore[misc]
        is_free.clear()
    assert upstream.connections == 2


async def test_a_wire_that_nobody_uses_is_closed(
    upstream: Upstream, client: UpstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "KEPT_SECONDS", 0.1)
    left = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.send(sized(b"ok"))
        await visit.left()
        left.set()

    upstream.script = script
    await body_of(await ask(client, upstream))
    await asyncio.wait_for(left.wait(), 2)
    assert client._free == {URL(f"http://127.0.0.1:{upstream.port}"): []}


async def test_a_post_on_a_wire_that_dies_is_not_sent_again(
    upstream: Upstream, client: UpstreamClient
) -> None:
    async def script(visit: Visit) -> None:
        if len(upstream.received) == 1:
            await visit.send(sized(b"ok"))
        else:
            visit.reset()

    upstream.script = script
    await body_of(await ask(client, upstream))
    with pytest.raises(ClientError):
        await ask(client, upstream)
    assert (len(upstream.received), upstream.connections) == (2, 1)


@pytest.mark.parametrize(
    ("method", "body", "sent"), [("GET", None, 3), ("DELETE", None, 3), ("POST", None, 2)]
)
async def test_what_may_be_asked_twice_is_asked_again_where_a_kept_wire_proves_dead(
    method: str, body: Body, sent: int, upstream: Upstream, client: UpstreamClient
) -> None:
    """The first request that a connection gets is answered, any further one meets its end."""

    async def script(visit: Visit) -> None:
        if sum(visit.received.connection == other.connection for other in upstream.received) > 1:
            visit.reset()
        await visit.send(sized(b"ok"))

    upstream.script = script
    url = URL(f"http://127.0.0.1:{upstream.port}/v1/x")
    await body_of(await ask(client, upstream))
    asking = client.send(method, url, [], body, keeps_connection=True)
    if sent == 2:
        with pytest.raises(ClientError):
            await asking
    else:
        assert await body_of(await asking) == b"ok"
    assert (len(upstream.received), upstream.connections) == (sent, sent - 1)


async def test_an_upload_on_a_wire_that_dies_is_not_sent_again_nor_its_rest_as_a_whole(
    upstream: Upstream, client: UpstreamClient
) -> None:
    async def resets(visit: Visit) -> None:
        visit.reset()

    async def script(visit: Visit) -> None:
        await visit.send(sized(b"ok"))
        upstream.on_head = resets

    async def pieces() -> AsyncIterator[bytes]:
        yield b"half"
        await asyncio.sleep(0.1)
        yield b"rest"

    upstream.script = script
    await body_of(await ask(client, upstream))
    url = URL(f"http://127.0.0.1:{upstream.port}/v1/x")
    with pytest.raises(ClientError):
        await client.send("PUT", url, [], pieces(), keeps_connection=True)
    assert (len(upstream.heads), upstream.connections) == (2, 1)


async def test_an_answer_to_head_has_no_body_and_the_next_one_on_its_wire_has(
    upstream: Upstream, client: UpstreamClient
) -> None:
    async def script(visit: Visit) -> None:
        is_head = visit.received.head.start.startswith(b"HEAD")
        await visit.send(message("HTTP/1.1 200 OK", [("Content-Length", "2")], b"" if is_head else b"ok"))

    upstream.script = script
    for method, body in [("HEAD", b""), ("POST", b"ok"), ("HEAD", b""), ("HEAD", b""), ("GET", b"ok")]:
        assert await body_of(await ask(client, upstream, method=method)) == body
    assert upstream.connections == 1


@pytest.mark.parametrize("how", ["head", "body"])
async def test_a_silent_upstream_is_a_timeout_wherever_it_stops(
    how: str, upstream: Upstream, client: UpstreamClient
) -> None:
    async def script(visit: Visit) -> None:
        if how == "body":
            await visit.send(sized(b"0123456789")[:-5])
        await visit.left()

    upstream.script = script
    with pytest.raises(SocketTimeoutError):
        await body_of(await ask(client, upstream))


async def test_an_upstream_that_drips_is_not_silent(upstream: Upstream, client: UpstreamClient) -> None:
    async def script(visit: Visit) -> None:
        answer = sized(b"0123456789")
        for at in range(len(answer)):
            await visit.send(answer[at : at + 1])
            await asyncio.sleep(0.02)

    upstream.script = script
    assert await body_of(await ask(client, upstream)) == b"0123456789"


async def test_a_reader_that_is_slow_is_no_silence_of_upstreams(
    upstream: Upstream, client: UpstreamClient
) -> None:
    body = b"0123456789abcdef" * (1 << 20)
    upstream.script = lambda visit: visit.send(sized(body))
    answer = await ask(client, upstream)
    await asyncio.sleep(IDLE_S * 2)
    assert await body_of(answer) == body
    upstream.script = lambda visit: visit.send(sized(b"ok"))
    assert await body_of(await ask(client, upstream)) == b"ok"
    assert upstream.connections == 1


CUT = {
    "sized": (sized(b"0123456789")[:-5], "close"),
    "in chunks": (KEPT["in chunks"][:-5], "close"),
    "until closed": (message("HTTP/1.1 200 OK", [], b"ok"), "reset"),
}


@pytest.mark.parametrize("cut", CUT)
async def test_an_answer_that_stops_early_is_an_error_and_not_an_end(
    cut: str, upstream: Upstream, client: UpstreamClient
) -> None:
    data, how = CUT[cut]

    async def script(visit: Visit) -> None:
        await visit.send(data)
        await asyncio.sleep(0.02)
        getattr(visit, how)()

    upstream.script = script
    answer = await ask(client, upstream)
    with pytest.raises(ClientPayloadError):
        await body_of(answer)


async def test_nonsense_that_comes_with_the_end_of_a_chunk_is_an_error_and_not_waited_behind_for_ever(
    upstream: Upstream, client: UpstreamClient
) -> None:
    """aiohttp wakes who waits for more at a chunk's end, before it knows that what follows is none."""
    waits = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.send(message("HTTP/1.1 200 OK", [("Transfer-Encoding", "chunked")]) + b"5\r\nhello")
        await waits.wait()
        await visit.send(b"\r\nzz\r\n")

    upstream.script = script
    answer = await ask(client, upstream)
    assert await answer.content.readany() == b"hello"
    asyncio.get_running_loop().call_later(0.05, waits.set)
    with pytest.raises(ClientPayloadError):
        async with asyncio.timeout(PATIENCE_S):
            await answer.content.readany()


async def test_the_end_of_the_connection_is_that_of_an_answer_without_a_length(
    upstream: Upstream, client: UpstreamClient
) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(message("HTTP/1.1 200 OK", [], b"o"))
        await asyncio.sleep(0.02)
        await visit.send(b"k")
        visit.close()

    upstream.script = script
    assert await body_of(await ask(client, upstream)) == b"ok"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"SSH-2.0-x\r\n\r\n", NotHttp),
        (b"HTTP/1.1 200 OK\r\nX-", ServerDisconnectedError),
        (b"HTTP/1.1 200 O\x00K\r\nContent-Length: 0\r\n\r\n", NotHttp),
        (b"HTTP/1.1 200 OK\r\nX-A: a\x1bb\r\nContent-Length: 0\r\n\r\n", NotHttp),
    ],
)
async def test_what_is_no_answer_is_none(
    data: bytes, error: type[Exception], upstream: Upstream, client: UpstreamClient
) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(data)
        visit.close()

    upstream.script = script
    with pytest.raises(error):
        await ask(client, upstream)


@pytest.mark.parametrize("when", ["before the head", "within the body"])
async def test_an_answer_that_is_given_up_ends_upstreams_work(
    when: str, upstream: Upstream, client: UpstreamClient
) -> None:
    left = asyncio.Event()

    async def script(visit: Visit) -> None:
        if when == "within the body":
            await visit.send(sized(b"0123456789")[:-5])
        await visit.left()
        left.set()

    upstream.script = script
    asking = asyncio.ensure_future(ask(client, upstream))
    await eventually(lambda: upstream.received != [])
    if when == "within the body":
        (await asking).close()
    else:
        asking.cancel()
    await asyncio.wait_for(left.wait(), IDLE_S / 2)
