"""Request lines: what goes on is what was sent, byte for byte; what is in doubt is refused."""

from tests.conformance.case import PLAIN, Trial, case, each, shown
from tests.proxy.client import connected, get, post
from tests.proxy.message import message
from tests.proxy.upstream import Upstream

HOST = [("Host", "payback.test")]

RAW = {
    "an encoded slash": "/v1/models/a%2Fb",
    "an encoded slash in a metered path": "/v1/chat%2fcompletions",
    "an encoded letter": "/v1/models/%41",
    "lower-case hex": "/v1/caf%c3%a9",
    "an encoded percent sign": "/v1/models/100%25",
    "an encoded question mark": "/v1/a%3Fb",
    "an encoded space": "/v1/a%20b",
    "a percent sign that encodes nothing in a query": "/v1/x?a=100%",
    "an encoded NUL in a query": "/v1/x?q=%00",
    "an empty segment": "/v1//models",
    "an empty first segment": "//v1/models",
    "a final slash": "/v1/models/",
    "a semicolon": "/v1/x;v=1/y",
    "punctuation": "/v1/~a/!$&'()*,=@:+",
    "a colon": "/v1/models/m:latest",
    "dots within a segment": "/v1/a..b/c.../.d",
    "three dots": "/v1/.../x",
    "a query": "/v1/models?limit=2&after=a%20b+c",
    "an empty query": "/v1/models?",
    "a query of one ampersand": "/v1/models?&",
    "a question mark in a query": "/v1/x?a=b?c=d",
    "slashes and dots in a query": "/v1/x?path=../../y&url=http://other.test/",
    "brackets in a query": "/v1/files?ids[]=1&ids[]=2&x=%5B",
    "braces and bars in a query": '/v1/x?q={"a":"b|c"}^`',
    "a backslash in a query": "/v1/x?q=a\\b",
    "a path of 8 KiB": "/v1/" + "p" * 8192,
    "a query of 30 KiB": "/v1/x?q=" + "q" * 30_000,
}


def target_seen(upstream: Upstream) -> str:
    (head,) = upstream.heads
    return shown(head.start.split(b" ")[1])


@each(RAW, like=lambda target: shown(target.encode("utf-8", "surrogateescape")))
async def is_passed_on_raw(trial: Trial, target: str) -> str:
    answer = await trial.answer(get(target))
    return target_seen(trial.upstream) if answer.status == 200 else str(answer.status)


NO_URI = {
    "UTF-8 in a path": "/v1/caf\u00e9",
    "UTF-8 in a query": "/v1/x?q=caf\u00e9",
    "a byte that is no UTF-8 in a query": "/v1/x?q=caf\udce9",
}


@each(NO_URI, "400", like=lambda target: shown(target.encode("utf-8", "surrogateescape")))
async def is_passed_on_raw_or_refused(trial: Trial, target: str) -> str:
    """A URI is ASCII; some clients and most servers do not mind."""
    answer = await trial.answer(get(target))
    return target_seen(trial.upstream) if answer.status == 200 else str(answer.status)


CLIMBING = {
    "a segment of two dots": "/v1/../x",
    "a segment of one dot": "/v1/./x",
    "an encoded segment of dots": "/v1/%2e%2e/x",
    "a segment of dots behind an encoded slash": "/v1/..%2fx",
}


@each(CLIMBING, "400 open, 0 upstream")
async def is_refused_where_a_key_may_be_bound_to_the_folder(trial: Trial, target: str) -> str:
    """nginx hands them on, for upstream to climb."""
    return await trial.seen(get(target))


NOT_ORIGIN = {
    "an absolute target": "GET http://payback.test/v1/models",
    "an absolute target of another host": "GET http://other.test/v1/models",
    "an asterisk": "OPTIONS *",
    "a target without a slash": "GET v1/models",
}


@each(NOT_ORIGIN, "400 open, 0 upstream", "400 closed, 0 upstream")
async def is_refused_as_this_is_no_forward_proxy(trial: Trial, start: str) -> str:
    """nginx takes a host from absolute targets; here nothing in a request chooses where it goes."""
    return await trial.seen(message(f"{start} HTTP/1.1", HOST))


@case("400", "405", "501")
async def connect_makes_no_tunnel(trial: Trial) -> str:
    request = message(f"CONNECT 127.0.0.1:{trial.upstream.port} HTTP/1.1", HOST)
    answer = await trial.answer(request)
    assert trial.upstream.heads == []
    return str(answer.status)


@case("400", "/v1/models")
async def a_fragment_stays_with_the_client(trial: Trial) -> str:
    answer = await trial.answer(get("/v1/models#part"))
    return target_seen(trial.upstream) if answer.status == 200 else str(answer.status)


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "PURGE", "REPORT", "M-SEARCH"]


@each({method: method for method in METHODS}, like=str)
async def is_passed_on_as_a_method(trial: Trial, method: str) -> str:
    answer = await trial.answer(post(PLAIN, b"{}", method=method))
    assert answer.status == 200, answer.status
    return trial.upstream.only.head.start.split(b" ")[0].decode()


@case("FETCH", "501", "400")
async def a_method_that_nobody_has_registered_is_passed_on_or_refused(trial: Trial) -> str:
    answer = await trial.answer(get(PLAIN, method="FETCH"))
    return shown(trial.upstream.only.head.start[:5]) if answer.status == 200 else str(answer.status)


@each({"a TRACE": "TRACE"}, "405", "200", "501")
async def has_an_answer(trial: Trial, method: str) -> str:
    return str((await trial.answer(get(PLAIN, method=method))).status)


VERSIONS = {
    "HTTP/2.0": "HTTP/2.0",
    "HTTP/3.0": "HTTP/3.0",
    "HTTP/9.9": "HTTP/9.9",
    "HTTP/0.9 with a name": "HTTP/0.9",
}


@each(VERSIONS, "HTTP/1.1 505, 0 upstream", "HTTP/1.1 400, 0 upstream")
async def is_refused_in_a_version_that_is_spoken_here(trial: Trial, version: str) -> str:
    async with connected(trial.port) as client:
        await client.send(message(f"GET {PLAIN} {version}", HOST))
        head = await client.head()
    return f"{head.start[:12].decode()}, {len(trial.upstream.heads)} upstream"


@case("200", "400", "505")
async def a_later_minor_version_is_answered(trial: Trial) -> str:
    """It ought to be read as HTTP/1.1; no client sends it."""
    return str((await trial.answer(message(f"GET {PLAIN} HTTP/1.2", HOST))).status)


@case("200")
async def an_empty_line_before_a_request_is_skipped(trial: Trial) -> str:
    return str((await trial.answer(b"\r\n" + get(PLAIN))).status)


BAD_LINES = {
    "a space within the target": f"GET {PLAIN} x HTTP/1.1",
    "a tab within the target": f"GET {PLAIN}\tx HTTP/1.1",
    "a control byte within the target": f"GET {PLAIN}\x01 HTTP/1.1",
    "a DEL within the target": f"GET {PLAIN}\x7f HTTP/1.1",
    "a version in lower case": f"GET {PLAIN} http/1.1",
    "a version of one digit": f"GET {PLAIN} HTTP/1",
    "a method with a bracket": f"GE(T {PLAIN} HTTP/1.1",
    "a missing target": "GET HTTP/1.1",
}


@each(BAD_LINES, "400 closed, 0 upstream")
async def is_refused(trial: Trial, start: str) -> str:
    return await trial.seen(message(start, HOST))


@case("400 closed, 0 upstream")
async def what_is_not_http_at_all_is_refused(trial: Trial) -> str:
    """The first bytes of TLS."""
    return await trial.seen(bytes.fromhex("16030100a5010000a10303") + b"\r\n\r\n")
