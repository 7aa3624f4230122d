"""Where a request ends. Two readers that disagree on it are a way to smuggle one past the other."""

from tests.conformance.case import PLAIN, Trial, case, each, state_of
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import connected, get, post
from tests.proxy.message import Ended, chunked, message

HOST = ("Host", "payback.test")
SMUGGLED = b"0\r\n\r\nGET /v1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
Headers = list[tuple[str, str]]

IN_DOUBT: dict[str, Headers] = {
    "a length and chunks": [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
    "chunks and a length": [("Transfer-Encoding", "chunked"), ("Content-Length", "5")],
    "two lengths": [("Content-Length", "5"), ("Content-Length", "6")],
    "a list of lengths": [("Content-Length", "5, 6")],
    "a length with a plus sign": [("Content-Length", "+5")],
    "a negative length": [("Content-Length", "-1")],
    "a length in hex": [("Content-Length", "0x5")],
    "a length with an underscore": [("Content-Length", "5_0")],
    "a length with a fraction": [("Content-Length", "5.0")],
    "a length with a parameter": [("Content-Length", "5;a")],
    "an empty length": [("Content-Length", "")],
    "a length in Arabic digits": [("Content-Length", "\u0665")],
    "a length of 26 digits": [("Content-Length", "9" * 26)],
    "an unknown coding": [("Transfer-Encoding", "xchunked")],
    "identity as a coding": [("Transfer-Encoding", "identity")],
    "gzip as a coding": [("Transfer-Encoding", "gzip")],
    "gzip before chunked": [("Transfer-Encoding", "gzip, chunked")],
    "chunked before identity": [("Transfer-Encoding", "chunked, identity")],
    "chunked twice": [("Transfer-Encoding", "chunked, chunked")],
    "chunked on two lines": [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
    "codings on two lines": [("Transfer-Encoding", "gzip"), ("Transfer-Encoding", "chunked")],
    "chunked in quotes": [("Transfer-Encoding", '"chunked"')],
    "chunked with a parameter": [("Transfer-Encoding", "chunked;a=b")],
    "an empty coding": [("Transfer-Encoding", "")],
}
REFUSED = ("400 closed, 0 upstream", "501 closed, 0 upstream")


@each(IN_DOUBT, *REFUSED)
async def is_refused(trial: Trial, headers: Headers) -> str:
    return await trial.seen(message(f"POST {PLAIN} HTTP/1.1", [HOST, *headers], SMUGGLED))


@each(
    {name: IN_DOUBT[name] for name in ("a length and chunks", "two lengths", "gzip before chunked")}, *REFUSED
)
async def is_refused_where_calls_are_metered(trial: Trial, headers: Headers) -> str:
    return await trial.seen(message(f"POST {CHAT} HTTP/1.1", [HOST, *headers], SMUGGLED))


@case(*REFUSED)
async def chunks_in_http_1_0_are_refused(trial: Trial) -> str:
    head = [HOST, ("Transfer-Encoding", "chunked")]
    return await trial.seen(message(f"POST {PLAIN} HTTP/1.0", head, chunked(b"hello")))


GOOD_LENGTHS = {"a length with zeros in front": "0005", "a length with space around it": " \t5 \t"}


@each(GOOD_LENGTHS, "hello")
async def is_a_length(trial: Trial, length: str) -> str:
    answer = await trial.answer(
        message(f"POST {PLAIN} HTTP/1.1", [HOST, ("Content-Length", length)], b"hello")
    )
    return trial.upstream.only.body.decode() if answer.status == 200 else str(answer.status)


@each({"the same length twice": ["5", "5"], "a list of the same length": ["5, 5"]}, "hello", "400")
async def is_one_length_or_refused(trial: Trial, lengths: list[str]) -> str:
    head = [HOST, *(("Content-Length", length) for length in lengths)]
    answer = await trial.answer(message(f"POST {PLAIN} HTTP/1.1", head, b"hello"))
    return trial.upstream.only.body.decode() if answer.status == 200 else str(answer.status)


CHUNKED = {
    "chunks": chunked(b"hel", b"lo"),
    "a chunk for each byte": chunked(*(b"%c" % byte for byte in b"hello")),
    "upper-case hex": b"0000000A\r\nhellohello\r\n0\r\n\r\n",
    "a chunk extension": b"5;a=b\r\nhello\r\n0;c\r\n\r\n",
    "a quoted chunk extension": b'5;a="b;c"\r\nhello\r\n0\r\n\r\n',
    "a last chunk of many zeros": b"5\r\nhello\r\n0000\r\n\r\n",
    "a trailer": b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
}


@each({"": "chunked", "also in capitals": "CHUNKED"}, "hello")
async def chunks_are_read(trial: Trial, coding: str) -> str:
    head = [HOST, ("Transfer-Encoding", coding)]
    await trial.answer(message(f"POST {PLAIN} HTTP/1.1", head, chunked(b"hel", b"lo")))
    return trial.upstream.only.body.decode()


@each(CHUNKED, "hello, 200", "hellohello, 200")
async def arrives_with_the_same_content(trial: Trial, body: bytes) -> str:
    head = [HOST, ("Transfer-Encoding", "chunked")]
    answer = await trial.answer(message(f"POST {PLAIN} HTTP/1.1", head, body))
    return f"{trial.upstream.only.body.decode()}, {answer.status}"


@each(CHUNKED, "hello, 200", "hellohello, 200")
async def arrives_with_the_same_content_where_calls_are_metered(trial: Trial, body: bytes) -> str:
    head = [HOST, ("Transfer-Encoding", "chunked")]
    answer = await trial.answer(message(f"POST {CHAT} HTTP/1.1", head, body))
    return f"{trial.upstream.only.body.decode()}, {answer.status}"


TRAILERS = {
    "a length": "Content-Length: 99",
    "a coding": "Transfer-Encoding: chunked",
    "a host": "Host: evil.test",
    "a credential": "Authorization: evil",
    "a name of payback's own": "X-Payback-User: evil",
}


@each(TRAILERS, "hello, 200", "- 400")
async def in_a_trailer_is_no_header(trial: Trial, trailer: str) -> str:
    body = b"5\r\nhello\r\n0\r\n" + trailer.encode() + b"\r\n\r\n"
    answer = await trial.answer(
        message(f"POST {PLAIN} HTTP/1.1", [HOST, ("Transfer-Encoding", "chunked")], body)
    )
    received = trial.upstream.received
    if received and trailer.encode() in received[0].raw.partition(b"\r\n\r\n")[0]:
        return "a header"
    return f"{received[0].body.decode()}, {answer.status}" if received else f"- {answer.status}"


BAD_CHUNKS = {
    "a size that is no number": b"zz\r\nhello\r\n0\r\n\r\n",
    "a negative size": b"-5\r\nhello\r\n0\r\n\r\n",
    "a size with 0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "a size with a plus sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "a size with an underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "a space before a size": b" 5\r\nhello\r\n0\r\n\r\n",
    "an empty size": b"\r\nhello\r\n0\r\n\r\n",
    "a size of 17 digits": b"F" * 17 + b"\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than its size": b"3\r\nhello\r\n0\r\n\r\n",
    "a chunk shorter than its size": b"6\r\nhello\r\n0\r\n\r\n",
    "a missing line end behind a chunk": b"5\r\nhello0\r\n\r\n",
    "a CR without its LF behind a size": b"5\rhello\r\n0\r\n\r\n",
    "a line feed within an extension": b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    "a NUL in an extension": b"5;a\x00\r\nhello\r\n0\r\n\r\n",
}


@each(BAD_CHUNKS, "refused, 0 whole upstream")
async def ends_no_request(trial: Trial, body: bytes) -> str:
    """400, or no answer at all where upstream has had the head already; never a request that looks whole."""
    return await _refused(trial, PLAIN, body)


@each(BAD_CHUNKS, "refused, 0 whole upstream")
async def ends_no_call(trial: Trial, body: bytes) -> str:
    """As above, where calls are metered."""
    return await _refused(trial, CHAT, body)


async def _refused(trial: Trial, path: str, body: bytes) -> str:
    async with connected(trial.port) as client:
        await client.send(message(f"POST {path} HTTP/1.1", [HOST, ("Transfer-Encoding", "chunked")], body))
        try:
            status = (await client.answer()).status
        except Ended:
            status = 400
        left = await state_of(client)
    refused = "refused" if status in (400, 413, 502) and left == "closed" else f"{status} {left}"
    return f"{refused}, {len(trial.upstream.received)} whole upstream"


START = f"POST {PLAIN} HTTP/1.1"
CHUNKED_HEAD = [HOST, ("Transfer-Encoding", "chunked")]
UNFINISHED = {
    "a body shorter than its length": message(START, [HOST, ("Content-Length", "9")], b"hello"),
    "chunks without the last": message(START, CHUNKED_HEAD, chunked(b"hello", end=False)),
    "half a chunk": message(START, CHUNKED_HEAD, b"9\r\nhello"),
    "half a head": f"POST {PLAIN} HTTP/1.1\r\nHost: a\r\nContent-Le".encode(),
    "a metered body shorter than its length": message(
        f"POST {CHAT} HTTP/1.1", [HOST, ("Content-Length", "9999")], CHAT_REQUEST
    ),
}  # fmt: skip


@each(UNFINISHED, "0 whole upstream")
async def is_never_made_whole(trial: Trial, request: bytes) -> str:
    """The client has sent its FIN in the middle."""
    async with connected(trial.port) as client:
        await client.send(request)
        client.half_close()
        await client.is_cut()
    return f"{len(trial.upstream.received)} whole upstream"


@case("200, 400 closed, 1 upstream")
async def what_follows_a_request_is_another_or_is_refused(trial: Trial) -> str:
    async with connected(trial.port) as client:
        await client.send(post(PLAIN, b"hello") + b"surplus\r\n\r\n")
        first = await client.answer()
        second = await client.answer()
        state = await state_of(client)
    return f"{first.status}, {second.status} {state}, {len(trial.upstream.received)} upstream"


BODIES = {
    "GET": get(PLAIN, ("Content-Length", "5")) + b"hello",
    "DELETE": get(PLAIN, ("Content-Length", "5"), method="DELETE") + b"hello",
    "OPTIONS": get(PLAIN, ("Content-Length", "5"), method="OPTIONS") + b"hello",
}


@each(BODIES, "hello")
async def may_have_a_body(trial: Trial, request: bytes) -> str:
    await trial.answer(request)
    return trial.upstream.only.body.decode()


@each({"without a length": [], "with a length of 0": [("Content-Length", "0")]}, "0 bytes, 200")
async def a_post_without_a_body_is_one(trial: Trial, headers: Headers) -> str:
    answer = await trial.answer(message(f"POST {PLAIN} HTTP/1.1", [HOST, *headers]))
    return f"{len(trial.upstream.only.body)} bytes, {answer.status}"
