"""What upstream receives is what the client sent, but for the edits that are documented."""

import gzip
import hashlib
import os
from pathlib import Path

import pytest

from ledger.call import Pricing, UsageBasis
from tests.proxy.bodies import CHAT, CHAT_REQUEST, EMBEDDINGS, MODEL, chat_request
from tests.proxy.client import call, connected, get, post
from tests.proxy.message import chunked, message
from tests.proxy.running import Payback, configuration, eventually, process, running, toml_of
from tests.proxy.upstream import Upstream, Visit, scripted_upstream

MIB = 1 << 20
EMBEDDED = b'{"model":"small-model","data":[],"usage":{"prompt_tokens":8,"total_tokens":8}}'


@pytest.mark.parametrize(
    "target",
    [
        "/v1/models/%41%2Fb%20c",
        "/v1/files?purpose=a%20b+c&ids[]=1&ids[]=2&x=%5B",
        "/lab/openai/deployments/gpt/models?api-version=2024-10-21",
        "/v1/x;v=1/@me:80/~a/!$&'()*,=",
        "/v1//double//",
        "//host.test/v1/x",
        "/v1/x?path=../../y&url=http://other.test/",
        "/v1/caf%C3%A9?q=%00",
        "/v1/models?",
    ],
)
async def test_path_and_query_arrive_as_they_were_sent(
    target: str, upstream: Upstream, payback: Payback
) -> None:
    assert (await call(payback.port, get(target))).status == 200
    assert upstream.only.head.start == f"GET {target.removeprefix('/lab')} HTTP/1.1".encode()


async def test_the_name_of_an_upstream_is_taken_off_the_path(upstream: Upstream, payback: Payback) -> None:
    await call(payback.port, get("/lab/v1/models?x=%41"))
    assert upstream.only.target == "/v1/models?x=%41"


async def test_a_base_url_with_a_path_keeps_it(upstream: Upstream, tmp_path: Path) -> None:
    base_url = f"http://127.0.0.1:{upstream.port}/v1beta/openai/"
    async with running(tmp_path, configuration(upstream, lab={"base_url": base_url})) as payback:
        await call(payback.port, post("/lab/chat/completions", CHAT_REQUEST))
        assert (await payback.row()).call.operation == "chat"
    assert upstream.only.target == "/v1beta/openai/chat/completions"


async def test_nothing_is_added_to_a_request(upstream: Upstream, payback: Payback) -> None:
    """A User-Agent or an Accept-Encoding of our own would change the answer, and Expect the request."""
    await call(payback.port, message("GET /v1/models HTTP/1.1", [("Host", "payback.test")]))
    assert upstream.only.head.headers == ((b"Host", f"127.0.0.1:{upstream.port}".encode()),)


async def test_nothing_but_the_length_is_added_to_a_request_with_a_body(
    upstream: Upstream, payback: Payback
) -> None:
    request = [("Host", "payback.test"), ("Content-Length", str(len(CHAT_REQUEST)))]
    await call(payback.port, message(f"POST {CHAT} HTTP/1.1", request, CHAT_REQUEST))
    assert sorted(upstream.only.head.names) == ["content-length", "host"]
    assert upstream.only.body == CHAT_REQUEST


SENT = [
    ("User-Agent", "OpenAI/Python 3.1"),
    ("Accept", "application/json"),
    ("accept-encoding", "gzip, deflate"),
    ("Authorization", "Bearer sk-theirs"),
    ("x-api-key", "theirs"),
    ("OpenAI-Organization", "org-1"),
    ("Cookie", "a=1; b=2"),
    ("X-Repeated", "1"),
    ("X-Repeated", "2"),
    ("X-Unicode", "caf\u00e9"),
    ("X-Stainless-Retry-Count", "1"),
    ("X-Forwarded-For", "10.0.0.1"),
    ("Idempotency-Key", "k"),
    ("X-Empty", ""),
]
NOT_SENT = [
    ("Connection", "keep-alive, X-Hop"),
    ("X-Hop", "1"),
    ("Keep-Alive", "timeout=1"),
    ("Proxy-Authorization", "Basic eDp5"),
    ("TE", "trailers"),
    ("Trailer", "X-T"),
    ("Upgrade", "h2c"),
    ("HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA"),
    ("X-Payback-Workload", "w"),
    ("x-payback-user", "u"),
    ("X_Payback_Tags", "a=b"),
]


async def test_headers_of_the_client_arrive_and_those_for_payback_do_not(
    upstream: Upstream, payback: Payback
) -> None:
    await call(payback.port, post(CHAT, CHAT_REQUEST, *SENT, *NOT_SENT))
    received = [pair for pair in upstream.only.head.headers if pair[0].lower() != b"content-type"]
    expected = [(name.encode(), value.encode()) for name, value in SENT]
    assert [pair for pair in received if pair[0] not in (b"Host", b"Content-Length")] == expected
    assert upstream.only.head.values("Host") == [f"127.0.0.1:{upstream.port}".encode()]


async def test_an_upgrade_to_http_2_is_not_passed_on_with_its_body(
    upstream: Upstream, payback: Payback
) -> None:
    upgrade = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMA")]
    answer = await call(payback.port, post(CHAT, CHAT_REQUEST, *upgrade))
    assert answer.status == 200
    assert upstream.only.body == CHAT_REQUEST
    assert not {"upgrade", "http2-settings", "connection"} & set(upstream.only.head.names)


async def test_cookies_of_one_client_are_not_sent_for_another(upstream: Upstream, payback: Payback) -> None:
    cookie = ("Set-Cookie", "session=secret; Path=/")
    upstream.script = lambda visit: visit.answer(b"{}", cookie)
    await call(payback.port, get("/v1/models", ("Cookie", "mine=1")))
    await call(payback.port, get("/v1/models"))
    assert [received.head.values("Cookie") for received in upstream.received] == [[b"mine=1"], []]


async def test_a_configured_key_replaces_the_clients_at_its_upstream_and_goes_nowhere_else(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", "configured-key\n")
    async with scripted_upstream() as other:
        more = [{"name": "other", "base_url": other.base_url, "models": ["other-*"]}]
        table = configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}}, others=more)
        theirs = [("Authorization", "Bearer theirs"), ("x-api-key", "theirs"), ("api-key", "theirs")]
        async with running(tmp_path, table) as payback:
            await call(payback.port, post(CHAT, CHAT_REQUEST, *theirs))
            await call(payback.port, post(CHAT, chat_request(model="other-1"), *theirs))
            await call(payback.port, post(f"/other{CHAT}", CHAT_REQUEST))
    lab, others = upstream.only, other.received
    assert lab.head.values("Authorization") == [b"Bearer configured-key"]
    assert b"theirs" not in lab.raw
    assert [received.head.values("Authorization") for received in others] == [[b"Bearer theirs"], []]
    assert not any(b"configured" in received.raw for received in others)


@pytest.mark.parametrize("provider", [("anthropic", "x-api-key"), ("azure", "api-key")])
async def test_a_configured_key_goes_into_the_header_that_its_provider_reads(
    provider: tuple[str, str], upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", "configured-key")
    name, header = provider
    table = configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}, "provider": name})
    async with running(tmp_path, table) as payback:
        await call(payback.port, post(CHAT, CHAT_REQUEST, ("Authorization", "Bearer theirs")))
    assert upstream.only.head.values(header) == [b"configured-key"]
    assert upstream.only.head.values("Authorization") == []


async def test_a_page_of_another_site_cannot_spend_a_configured_key(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", "configured-key")
    table = configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}})
    async with running(tmp_path, table) as payback:
        answer = await call(payback.port, post(CHAT, CHAT_REQUEST, ("Sec-Fetch-Site", "cross-site")))
    assert answer.status == 403
    assert upstream.received == []


async def test_a_chunked_upload_arrives(upstream: Upstream, payback: Payback) -> None:
    head = [("Host", "payback.test"), ("Transfer-Encoding", "chunked")]
    body = chunked(CHAT_REQUEST[:10], CHAT_REQUEST[10:])
    await call(payback.port, message(f"POST {CHAT} HTTP/1.1", head, body))
    await call(payback.port, message("PUT /v1/files/1 HTTP/1.1", head, chunked(b"a" * 70_000, b"b")))
    chat, file = upstream.received
    assert (chat.body, chat.head.value("Content-Length")) == (CHAT_REQUEST, str(len(CHAT_REQUEST)).encode())
    assert file.body == b"a" * 70_000 + b"b"
    assert {entry.call.request_model for entry in await payback.ended(2)} == {MODEL, None}


async def test_an_upload_to_an_unmetered_path_is_passed_on_as_it_comes(
    upstream: Upstream, payback: Payback
) -> None:
    """Upstream sees its start while the client still sends."""
    async with connected(payback.port) as client:
        head = [("Host", "payback.test"), ("Content-Length", "200000"), ("Content-Type", "audio/wav")]
        await client.send(message("POST /v1/files HTTP/1.1", head, b"x" * 100_000))
        await eventually(lambda: upstream.heads != [])
        await client.send(b"y" * 100_000)
        assert (await client.answer()).status == 200
    assert upstream.only.head.value("Content-Length") == b"200000"
    assert upstream.only.body == b"x" * 100_000 + b"y" * 100_000


async def test_a_client_that_waits_for_100_continue_is_told_to_go_on(
    upstream: Upstream, payback: Payback
) -> None:
    request = post(CHAT, CHAT_REQUEST, ("Expect", "100-continue"))
    head, _, body = request.partition(b"\r\n\r\n")
    async with connected(payback.port) as client:
        await client.send(head + b"\r\n\r\n")
        assert (await client.provisional_head()).status == 100
        await client.send(body)
        assert (await client.answer()).status == 200
    assert upstream.only.body == CHAT_REQUEST
    assert "expect" not in upstream.only.head.names


NOT_JSON: list[bytes] = [
    b"",
    b"hello",
    b'{"model":"small-model"',
    b'{"model":"small-model"}{"model":"x"}',
    b'["small-model"]',
    b'"small-model"',
    b"\xef\xbb\xbf" + CHAT_REQUEST,
    CHAT_REQUEST.decode().encode("utf-16"),
    b'{"model":"\xff"}',
    b'{"model":NaN}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"model":' + b"9" * 100_000 + b"}",
    b'{"model":1e999999,"stream":"yes"}',
    b'{"model":["a"],"stream":{},"stream_options":7}',
    b'{"model":"a","model":"b","stream":true,"stream_options":[]}',
    b'{"model":"' + b"m" * 1_000_000 + b'"}',
    b'{"model":"\\ud800 \\u0000","stream":1}',
]


@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:24]))
async def test_a_body_that_is_not_understood_passes_and_is_a_row(
    body: bytes, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = lambda visit: visit.answer(b'{"error":"no"}', status="400 Bad Request")
    assert (await call(payback.port, post(CHAT, body))).status == 400
    assert upstream.only.body == body
    row = await payback.row()
    assert (row.call.usage, row.call.usage_basis, row.pricing) == (None, UsageBasis.NONE, Pricing.UNPRICED)


async def test_a_compressed_body_passes_as_it_is_and_is_read(upstream: Upstream, payback: Payback) -> None:
    body = gzip.compress(chat_request(stream=True))
    await call(payback.port, post(CHAT, body, ("Content-Encoding", "gzip")))
    assert upstream.only.body == body
    row = await payback.row()
    assert (row.call.request_model, row.call.stream, row.call.problem) == (MODEL, True, None)


async def test_64_mib_pass_unchanged_and_are_not_held_in_memory(upstream: Upstream, tmp_path: Path) -> None:
    body = b'{"model":"small-model","x":"' + os.urandom(32 * MIB).hex().encode() + b'"}'
    sums: list[str] = []

    async def script(visit: Visit) -> None:
        sums.append(hashlib.sha256(visit.received.body).hexdigest())
        await visit.answer(EMBEDDED, ("Content-Type", "application/json"))

    upstream.script = script
    async with process(tmp_path, toml_of(upstream)) as started:
        await call(started.payback.port, post(EMBEDDINGS, b'{"model":"small-model"}'))
        before_kib = started.peak_rss_kib()
        assert (await call(started.payback.port, post(EMBEDDINGS, body))).status == 200
        grown_mib = (started.peak_rss_kib() - before_kib) / 1024
        _, row = await started.payback.ended(2)
    assert sums[1] == hashlib.sha256(body).hexdigest()
    assert grown_mib < 3 * 64
    assert row.call.problem == "the request body is too long to be read for its model"
