"""Headers of requests: lists, not mappings; nothing is added, mended or merged."""

from tests.conformance.case import PLAIN, Trial, case, each, shown, values
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import get, post
from tests.proxy.message import message

HOST = "Host: payback.test"


async def passed(trial: Trial, *lines: bytes, method: str = "GET") -> str:
    """Lines that start with x-, as upstream has had them, without their space."""
    head = b"\r\n".join([f"{method} {PLAIN} HTTP/1.1".encode(), HOST.encode(), *lines, b"", b""])
    answer = await trial.answer(head)
    if answer.status != 200:
        return str(answer.status)
    received = trial.upstream.only.head.headers
    return " & ".join(
        f"{shown(name)}={shown(value)}" for name, value in received if name.lower().startswith(b"x")
    )


SHAPES: dict[str, tuple[list[bytes], str]] = {
    "repeated fields": ([b"X-A: 1", b"X-B: 2", b"X-A: 3"], "X-A=1 & X-B=2 & X-A=3"),
    "the case of names": ([b"x-lower: 1", b"X-UPPER: 2", b"X-mIxEd: 3"], "x-lower=1 & X-UPPER=2 & X-mIxEd=3"),
    "an empty value": ([b"X-Empty:", b"X-A: 1"], "X-Empty= & X-A=1"),
    "a value without its space": ([b"X-A:1"], "X-A=1"),
    "space around a value": ([b"X-A:  \t 1 \t "], "X-A=1"),
    "space within a value": ([b"X-A: 1  2\t3"], "X-A=1  2\t3"),
    "a list": ([b"X-A: 1, 2,,3"], "X-A=1, 2,,3"),
    "quotes and a comment": ([b'X-A: "a\\"b" (c)'], 'X-A="a\\"b" (c)'),
    "a colon in a value": ([b"X-A: a:b:"], "X-A=a:b:"),
    "UTF-8": ([b"X-A: caf\xc3\xa9"], "X-A=caf\u00e9"),
    "a Latin-1 byte": ([b"X-A: caf\xe9"], "X-A=caf\\xe9"),
    "a value of 30 KiB": ([b"X-A: " + b"a" * 30_000], "X-A=30000 bytes"),
    "a name of 200 letters": ([b"X-" + b"a" * 198 + b": 1"], "200 bytes=1"),
    "an underscore in a name": ([b"X_A: 1"], "X_A=1"),
    "odd letters in a name": ([b"X!#$%&'*+-.^`|~9: 1"], "X!#$%&'*+-.^`|~9=1"),
    "a hundred fields": (
        [b"X-%d: 1" % number for number in range(100)],
        " & ".join(f"X-{number}=1" for number in range(100)),
    ),
    "forwarding": (
        [b"X-Forwarded-For: 10.0.0.1, 10.0.0.2", b"X-Forwarded-Proto: https", b"X-Real-IP: 10.0.0.1"],
        "X-Forwarded-For=10.0.0.1, 10.0.0.2 & X-Forwarded-Proto=https & X-Real-IP=10.0.0.1",
    ),
}  # fmt: skip


@each(SHAPES, like=lambda shape: shape[1])
async def goes_on_as_it_was_sent(trial: Trial, shape: tuple[list[bytes], str]) -> str:
    return await passed(trial, *shape[0])


@each({"a Latin-1 byte": b"X-A: caf\xe9", "UTF-8": b"X-A: caf\xc3\xa9"}, "as it was sent")
async def goes_on_with_a_body_too(trial: Trial, line: bytes) -> str:
    """Bodies that are known in full take a way of their own."""
    head = f"POST {CHAT} HTTP/1.1\r\n{HOST}\r\nContent-Length: {len(CHAT_REQUEST)}\r\n".encode()
    answer = await trial.answer(head + line + b"\r\n\r\n" + CHAT_REQUEST)
    is_there = line in trial.upstream.only.raw.split(b"\r\n") if trial.upstream.received else None
    return "as it was sent" if is_there else f"{answer.status}, changed"


@each({"a Latin-1 byte": b"X-A: caf\xe9", "UTF-8": b"X-A: caf\xc3\xa9"}, "as it was sent")
async def goes_on_with_an_upload_too(trial: Trial, line: bytes) -> str:
    head = f"POST {PLAIN} HTTP/1.1\r\n{HOST}\r\nTransfer-Encoding: chunked\r\n".encode()
    answer = await trial.answer(head + line + b"\r\n\r\n2\r\nok\r\n0\r\n\r\n")
    is_there = line in trial.upstream.only.raw.split(b"\r\n") if trial.upstream.received else None
    return "as it was sent" if is_there else f"{answer.status}, changed"


@case("Host")
async def nothing_is_added_to_a_request(trial: Trial) -> str:
    await trial.answer(message(f"GET {PLAIN} HTTP/1.1", [("Host", "payback.test")]))
    return " ".join(name.decode() for name, _ in trial.upstream.only.head.headers)


@case("content-length host")
async def nothing_is_added_to_a_request_with_a_body(trial: Trial) -> str:
    await trial.answer(message(f"POST {PLAIN} HTTP/1.1", [("Host", "a"), ("Content-Length", "2")], b"{}"))
    return " ".join(sorted(trial.upstream.only.head.names))


@case("Bearer a | Bearer b")
async def two_credentials_stay_two(trial: Trial) -> str:
    await trial.answer(get(PLAIN, ("Authorization", "Bearer a"), ("Authorization", "Bearer b")))
    return values(trial.upstream.only.head, "Authorization")


@case('bytes=0-9, "a", identity;q=0, */*')
async def questions_about_the_answer_arrive(trial: Trial) -> str:
    asked = [
        ("Range", "bytes=0-9"),
        ("If-Match", '"a"'),
        ("Accept-Encoding", "identity;q=0"),
        ("Accept", "*/*"),
    ]
    await trial.answer(get(PLAIN, *asked))
    return ", ".join(values(trial.upstream.only.head, name) for name, _ in asked)


@case("a=1; b=2 | c=3")
async def cookies_stay_apart(trial: Trial) -> str:
    await trial.answer(get(PLAIN, ("Cookie", "a=1; b=2"), ("Cookie", "c=3")))
    return values(trial.upstream.only.head, "Cookie")


HOP_BY_HOP = {
    "Keep-Alive": ("Keep-Alive", "timeout=5"),
    "TE": ("TE", "trailers"),
    "Trailer": ("Trailer", "X-Sum"),
    "Upgrade to h2c": ("Upgrade", "h2c"),
    "Proxy-Connection": ("Proxy-Connection", "keep-alive"),
    "Proxy-Authorization": ("Proxy-Authorization", "Basic eDp5"),
    "HTTP2-Settings": ("HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA"),
}


@each(HOP_BY_HOP, "removed")
async def is_of_one_hop_only(trial: Trial, header: tuple[str, str]) -> str:
    answer = await trial.answer(post(PLAIN, b"{}", ("Connection", header[0]), header))
    assert answer.status == 200, answer.status
    return "removed" if header[0].lower() not in trial.upstream.only.head.names else "passed on"


@each({"one name": "X-Hop", "a list": "close, x-hop ,X-Other", "an odd list": ", ,X-HOP,"}, "removed")
async def in_connection_names_what_is_removed(trial: Trial, listed: str) -> str:
    await trial.answer(get(PLAIN, ("Connection", listed), ("X-Hop", "1")))
    return "removed" if "x-hop" not in trial.upstream.only.head.names else "passed on"


@each({name: name for name in ("Content-Length", "Host", "Authorization")}, "kept, 2 bytes of body")
async def is_not_connections_to_remove(trial: Trial, name: str) -> str:
    """Who is asked, by whom and with how much are not a hop's own."""
    request = post(PLAIN, b"{}", ("Connection", f"keep-alive, {name}"), ("Authorization", "Bearer a"))
    await trial.answer(request)
    received = trial.upstream.only
    kept = "kept" if name.lower() in received.head.names else "removed"
    return f"{kept}, {len(received.body)} bytes of body"


BAD_LINES = {
    "a space before the colon": b"X-A : 1",
    "a tab before the colon": b"X-A\t: 1",
    "an empty name": b": 1",
    "a line without a colon": b"X-A",
    "a fold": b"X-A: 1\r\n 2",
    "a fold of a tab": b"X-A: 1\r\n\t2",
    "a fold right behind the request line": b" X-A: 1",
    "a NUL in a value": b"X-A: a\x00b",
    "a CR in a value": b"X-A: a\rb",
    "a control byte in a value": b"X-A: a\x01b",
    "a control byte in a name": b"X-A\x0b: 1",
    "a NUL in a name": b"X-\x00A: 1",
    "a byte beyond ASCII in a name": b"X-\xe9: 1",
    "a bracket in a name": b"X(A): 1",
}


@each(BAD_LINES, "400 closed, 0 upstream")
async def makes_a_bad_request(trial: Trial, line: bytes) -> str:
    return await trial.seen(f"GET {PLAIN} HTTP/1.1\r\n{HOST}\r\n".encode() + line + b"\r\n\r\n")


@case("400 closed, 0 upstream", "200 open, 1 upstream")
async def lines_that_end_in_a_bare_line_feed_are_refused_or_read(trial: Trial) -> str:
    return await trial.seen(get(PLAIN).replace(b"\r\n", b"\n"))
