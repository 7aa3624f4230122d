"""Heads of answers: what upstream says is what the client hears, but for what is of one hop only."""

from tests.conformance.case import PLAIN, Trial, case, each, shown, told, values
from tests.proxy.client import get, post
from tests.proxy.message import Head


def with_head(*lines: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: 2", *lines, b"", b"{}"])


def own(head: Head) -> str:
    """Headers that start with x-, but for payback's own."""
    pairs = [pair for pair in head.headers if pair[0].lower().startswith(b"x") and b"ayback" not in pair[0]]
    return " & ".join(f"{shown(name)}={shown(value)}" for name, value in pairs)


SHAPES: dict[str, tuple[list[bytes], str]] = {
    "repeated fields": ([b"X-A: 1", b"X-B: 2", b"X-A: 3"], "X-A=1 & X-B=2 & X-A=3"),
    "the case of names": ([b"x-lower: 1", b"X-UPPER: 2"], "x-lower=1 & X-UPPER=2"),
    "an empty value": ([b"X-Empty:", b"X-A: 1"], "X-Empty= & X-A=1"),
    "space around a value": ([b"X-A:  \t 1 \t "], "X-A=1"),
    "space within a value": ([b"X-A: 1  2"], "X-A=1  2"),
    "UTF-8": ([b"X-A: caf\xc3\xa9"], "X-A=caf\u00e9"),
    "a Latin-1 byte": ([b"X-A: caf\xe9"], "X-A=caf\\xe9"),
    "a value of 30 KiB": ([b"X-A: " + b"a" * 30_000], "X-A=30000 bytes"),
    "an underscore in a name": ([b"X_A: 1"], "X_A=1"),
    "odd letters in a name": ([b"X!#$%&'*+.^`|~9: 1"], "X!#$%&'*+.^`|~9=1"),
    "two hundred fields": ([b"X-%d: 1" % n for n in range(200)], " & ".join(f"X-{n}=1" for n in range(200))),
}


@each(SHAPES, like=lambda shape: shape[1])
async def comes_back_as_it_was_sent(trial: Trial, shape: tuple[list[bytes], str]) -> str:
    trial.answers(with_head(*shape[0]))
    answer = await trial.answer(get(PLAIN))
    return own(answer.head) if answer.status == 200 else str(answer.status)


TELLING = {
    "Set-Cookie": (["a=1; Path=/", "b=2; HttpOnly"], "a=1; Path=/ | b=2; HttpOnly"),
    "WWW-Authenticate": (['Basic realm="a"', "Bearer"], 'Basic realm="a" | Bearer'),
    "Server": (["uvicorn/1.0"], "uvicorn/1.0"),
    "Date": (["Mon, 02 Nov 2026 00:00:00 GMT"], "Mon, 02 Nov 2026 00:00:00 GMT"),
    "Content-Type": (["text/x-odd;  charset=latin-1"], "text/x-odd;  charset=latin-1"),
    "ETag": (['W/"a"'], 'W/"a"'),
    "Link": (["</a>; rel=next", "</b>; rel=prev"], "</a>; rel=next | </b>; rel=prev"),
    "Retry-After": (["7"], "7"),
    "Vary": (["Accept", "Origin"], "Accept | Origin"),
    "Via": (["1.1 edge"], "1.1 edge"),
    "X-Accel-Redirect": (["/internal"], "/internal"),
    "Content-Range": (["bytes 0-1/9"], "bytes 0-1/9"),
}


@each(TELLING, like=lambda telling: telling[1])
async def is_upstreams_to_say(trial: Trial, telling: tuple[list[str], str]) -> str:
    name = next(name for name, found in TELLING.items() if found is telling)
    trial.answers(with_head(*(f"{name}: {value}".encode() for value in telling[0])))
    return values((await trial.answer(get(PLAIN))).head, name)


@each({name: name for name in ("Content-Type", "Server", "Content-Encoding", "ETag")}, "-")
async def is_not_made_up(trial: Trial, name: str) -> str:
    trial.answers(with_head())
    return values((await trial.answer(get(PLAIN))).head, name)


@case("one")
async def an_answer_without_a_date_gets_one(trial: Trial) -> str:
    trial.answers(with_head())
    return "one" if len((await trial.answer(get(PLAIN))).head.values("Date")) == 1 else "none"


HOP_BY_HOP = {
    "Keep-Alive": [b"Keep-Alive: timeout=5"],
    "Trailer": [b"Trailer: X-Sum"],
    "Upgrade": [b"Upgrade: h2c", b"Connection: upgrade"],
    "Proxy-Connection": [b"Proxy-Connection: keep-alive"],
    "X-Hop": [b"Connection: keep-alive, x-hop", b"X-Hop: 1"],
    "X-Listed": [b"Connection: X-Other", b"Connection: ,X-LISTED", b"X-Listed: 1"],
}


@each(HOP_BY_HOP, "removed")
async def is_of_upstreams_hop_only(trial: Trial, lines: list[bytes]) -> str:
    name = next(name for name, found in HOP_BY_HOP.items() if found is lines)
    trial.answers(with_head(*lines))
    answer = await trial.answer(get(PLAIN))
    return "removed" if (answer.status, values(answer.head, name)) == (200, "-") else "passed on"


@case("2")
async def content_length_is_not_connections_to_remove(trial: Trial) -> str:
    trial.answers(with_head(b"Connection: Content-Length"))
    return values((await trial.answer(get(PLAIN))).head, "Content-Length")


STATUS = {
    "a reason of upstream's own": b"HTTP/1.1 200 Fine by me",
    "an empty reason": b"HTTP/1.1 200 ",
    "a status of no registry": b"HTTP/1.1 299 Odd",
    "418": b"HTTP/1.1 418 I'm a teapot",
    "451": b"HTTP/1.1 451 Unavailable For Legal Reasons",
    "503": b"HTTP/1.1 503 Service Unavailable",
    "599": b"HTTP/1.1 599 Odder",
}


@each(STATUS, like=lambda line: shown(line.strip()))
async def is_passed_on(trial: Trial, line: bytes) -> str:
    trial.answers(line + b"\r\nContent-Length: 2\r\n\r\n{}")
    return shown((await trial.answer(get(PLAIN))).head.start.strip())


@case("200 {}, whole")
async def a_status_line_without_the_last_space_is_read(trial: Trial) -> str:
    trial.answers(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}")
    return told(await trial.answer(get(PLAIN)))


@each(
    {str(status): status for status in (300, 301, 302, 303, 307, 308)}, "http://other.test/%41?, 1 upstream"
)
async def is_a_redirect_that_is_not_followed(trial: Trial, status: int) -> str:
    lines = b"HTTP/1.1 %d Elsewhere\r\nLocation: http://other.test/%%41?\r\nContent-Length: 0\r\n\r\n"
    trial.answers(lines % status)
    answer = await trial.answer(post(PLAIN, b"{}"))
    assert answer.status == status, answer.status
    return f"{values(answer.head, 'Location')}, {len(trial.upstream.received)} upstream"


@each({"to upstream itself": b"Location: /v1/other"}, "/v1/other, 1 upstream")
async def a_redirect_is_not_followed(trial: Trial, line: bytes) -> str:
    trial.answers(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n" + line + b"\r\n\r\n")
    answer = await trial.answer(get(PLAIN))
    return f"{values(answer.head, 'Location')}, {len(trial.upstream.received)} upstream"


BAD_LINES = {
    "a NUL in a value": b"X-A: a\x00b",
    "a CR in a value": b"X-A: a\rX-B: b",
    "an empty name": b": 1",
    "a NUL in a name": b"X-\x00A: 1",
}


@each(BAD_LINES, "502", "200 -")
async def is_not_passed_on(trial: Trial, line: bytes) -> str:
    """Either the answer is refused, or the line is left out."""
    trial.answers(with_head(line))
    answer = await trial.answer(get(PLAIN))
    return str(answer.status) if answer.status != 200 else f"200 {own(answer.head) or '-'}"


@each({"a space before the colon": b"X-A : 1"}, "502", "200 X-A=1", "200 -")
async def is_taken_away_or_refused(trial: Trial, line: bytes) -> str:
    trial.answers(with_head(line))
    answer = await trial.answer(get(PLAIN))
    return str(answer.status) if answer.status != 200 else f"200 {own(answer.head) or '-'}"


@each({"a fold": b"X-A: 1\r\n 2"}, "200 X-A=1 2", "502", "200 X-A=1")
async def is_joined_or_refused(trial: Trial, line: bytes) -> str:
    trial.answers(with_head(line))
    answer = await trial.answer(get(PLAIN))
    return str(answer.status) if answer.status != 200 else f"200 {own(answer.head) or '-'}"


@case("200 {}, whole", "502")
async def a_head_with_bare_line_feeds_is_read_or_refused(trial: Trial) -> str:
    trial.answers(b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}")
    answer = await trial.answer(get(PLAIN))
    return told(answer) if answer.status == 200 else str(answer.status)


@case("502")
async def a_head_without_an_end_is_given_up(trial: Trial) -> str:
    trial.answers(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * (1 << 20))
    return str((await trial.answer(get(PLAIN))).status)
