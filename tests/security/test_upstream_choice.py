"""The configuration chooses where a call goes and with which key: nothing in a request or an answer does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from payback.settings import Settings
from tests.proxy.bodies import CHAT, CHAT_REQUEST, chat_request, compact
from tests.proxy.client import call, get, post
from tests.proxy.message import message
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, Visit, scripted_upstream

KEY = "configured-key"


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


@pytest.fixture
async def elsewhere() -> AsyncIterator[Upstream]:
    """Where an attacker wants calls and keys to go. Nobody has configured it."""
    async with scripted_upstream() as started:
        yield started
    assert started.connections == 0, "payback called a host that a request or an answer chose"


@pytest.fixture
async def payback(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Payback]:
    monkeypatch.setenv("LAB_KEY", KEY)
    async with running(tmp_path, configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}})) as started:
        yield started


async def test_no_field_of_a_body_chooses_the_host_or_the_key(
    payback: Payback, upstream: Upstream, elsewhere: Upstream
) -> None:
    """LiteLLM's CVE-2024-6587: api_base in the body sent the provider's key to any host."""
    theirs = f"http://127.0.0.1:{elsewhere.port}/v1"
    fields = (
        "api_base",
        "base_url",
        "api_url",
        "endpoint",
        "url",
        "host",
        "proxy",
        "upstream",
        "custom_llm_provider",
    )
    body = chat_request(**dict.fromkeys(fields, theirs), api_key="theirs", headers={"Host": theirs})
    assert (await call(payback.port, post(CHAT, body))).status == 200
    assert upstream.only.head.values("Authorization") == [f"Bearer {KEY}".encode()]


CHOOSING = (
    "Host", "X-Forwarded-Host", "X-Forwarded-Server", "Forwarded", "X-Original-URL", "X-Rewrite-URL",
    "X-Host", "X-Payback-Upstream", "X-Payback-Base-Url", "X-Upstream", "X-Real-Ip", "Helicone-Target-Url",
    "X-Portkey-Custom-Host", "X-Target-Url", "Referer", "Proxy-Connection", "Destination",
)  # fmt: skip


async def test_no_header_chooses_the_host(payback: Payback, upstream: Upstream, elsewhere: Upstream) -> None:
    theirs = f"127.0.0.1:{elsewhere.port}"
    for name in CHOOSING:
        headers = (
            [(name, theirs)] if name == "Host" else [("Host", "payback.test"), (name, f"http://{theirs}/")]
        )
        request = message(
            f"POST {CHAT} HTTP/1.1", [*headers, ("Content-Length", str(len(CHAT_REQUEST)))], CHAT_REQUEST
        )
        assert (await call(payback.port, request)).status == 200, name
    assert {head.value("Host") for head in upstream.heads} == {f"127.0.0.1:{upstream.port}".encode()}


TARGETS = (
    "http://{0}/v1/models", "https://{0}/v1/models", "//{0}/v1/models", "@{0}/v1/models", ":80@{0}/v1/models",
    "/@{0}/v1/models", "/v1/@{0}/", "/v1/..//{0}/", "/v1/%2f%2f{0}/", "/http://{0}/v1/models", "/%40{0}/v1",
    "/\\{0}/v1", "\\\\{0}\\v1", "/v1/models?base_url=http://{0}/", "/lab/http://{0}/v1", "/lab//{0}/v1",
    "/lab@{0}/v1",
    "/v1/models#@{0}/", "/lab:80@{0}/v1/models", ";@{0}/v1", "?@{0}/v1", "ftp://{0}/", "file:///etc/passwd",
)  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST", "CONNECT"])
async def test_no_target_in_whatever_form_leads_to_another_host(
    method: str, payback: Payback, upstream: Upstream, elsewhere: Upstream
) -> None:
    """CVE-2011-3368 and its kin: a path that is put behind a host by joining texts may change the host."""
    for target in TARGETS:
        start = f"{method} {target.format(f'127.0.0.1:{elsewhere.port}')} HTTP/1.1"
        headers = [("Host", "payback.test"), ("Content-Length", "2")]
        await call(payback.port, message(start, headers, b"{}"))
    await call(
        payback.port, message(f"CONNECT 127.0.0.1:{elsewhere.port} HTTP/1.1", [("Host", "payback.test")])
    )
    assert {head.value("Host") for head in upstream.heads} <= {f"127.0.0.1:{upstream.port}".encode()}


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
async def test_a_redirect_is_the_clients_to_follow_and_takes_no_key_anywhere(
    status: str, payback: Payback, upstream: Upstream, elsewhere: Upstream
) -> None:
    """Filters against bad hosts have been got around with a 302."""
    location = ("Location", f"http://127.0.0.1:{elsewhere.port}/v1/models")
    upstream.script = lambda visit: visit.answer(b"", location, status=status)
    for request in (post(CHAT, CHAT_REQUEST), get("/v1/models"), post("/v1/files", b"x" * 100_000)):
        answer = await call(payback.port, request)
        assert (answer.status, answer.head.value("Location")) == (int(status[:3]), location[1].encode())
        assert KEY.encode() not in answer.body + b"".join(value for _, value in answer.head.headers)
    assert len(upstream.received) == 3


async def test_no_header_of_an_answer_makes_payback_fetch_anything(
    payback: Payback, upstream: Upstream, elsewhere: Upstream
) -> None:
    theirs = f"http://127.0.0.1:{elsewhere.port}/"
    told = [
        ("Refresh", f"0; url={theirs}"),
        ("Link", f"<{theirs}>; rel=preload"),
        ("Content-Location", theirs),
        ("Alt-Svc", f'h2="127.0.0.1:{elsewhere.port}"'),
    ]
    body = compact(
        {"url": theirs, "polling_url": theirs, "usage": {"prompt_tokens": 1, "completion_tokens": 1}}
    )
    upstream.script = lambda visit: visit.answer(body, *told)
    for _ in range(3):
        assert (await call(payback.port, post(CHAT, CHAT_REQUEST))).body == body
    assert len(upstream.received) == 3


async def test_a_page_of_another_origin_cannot_spend_a_configured_key_where_browsers_tell_origin_alone(
    payback: Payback, upstream: Upstream
) -> None:
    """Browsers send Sec-Fetch-Site over TLS and to this machine, and leave it out towards http://192.168.0.2."""
    for origin in ("https://evil.example", "null", "http://payback.test.evil.example", "http://[payback"):
        for request in (post(CHAT, CHAT_REQUEST, ("Origin", origin)), get("/v1/models", ("Origin", origin))):
            answer = await call(payback.port, request)
            assert (answer.status, b"cross_site" in answer.body) == (403, True), origin
    assert upstream.received == []
    own = ("Origin", "http://payback.test:3000")
    assert (await call(payback.port, post(CHAT, CHAT_REQUEST, own))).status == 200


async def test_names_of_our_own_headers_go_nowhere_with_underscores_either(
    payback: Payback, upstream: Upstream
) -> None:
    """oauth2-proxy's CVE-2025-64484: X_Forwarded_User passed where X-Forwarded-User was stripped."""
    names = (
        "X-Payback-Workload",
        "X_Payback_Workload",
        "x-payback_workload",
        "X_PAYBACK-CALL-ID",
        "x_payback_tags",
    )

    async def echo(visit: Visit) -> None:
        await visit.answer(b"{}", *((name, "theirs") for name in names))

    upstream.script = echo
    answer = await call(payback.port, post(CHAT, CHAT_REQUEST, *((name, "mine") for name in names)))
    assert b"payback" not in upstream.only.raw.lower().replace(b"payback.test", b"")
    assert b"theirs" not in b"".join(value for _, value in answer.head.headers)


def test_no_key_and_no_password_comes_with_payback() -> None:
    """Default credentials have opened other gateways to everybody."""
    settings = Settings()
    assert settings.report.password is None
    assert settings.upstreams()
    assert [upstream.name for upstream in settings.upstreams() if upstream.api_key is not None] == []
    assert settings.key == ()
