"""No prompt, no answer and no credential is stored, logged, or told in an error."""

import logging
from pathlib import Path

import pytest

from tests.proxy.bodies import (
    CHAT,
    DONE,
    USAGE,
    chat_answer,
    chat_request,
    chunk,
    compact,
    event,
)
from tests.proxy.client import Client, call, connected, get, post
from tests.proxy.message import chunked, message
from tests.proxy.running import Payback, configuration, process, running, toml_of
from tests.proxy.upstream import Upstream, Visit

CANARY = "canary-7f3a"
KEY, PROMPT, SAID, QUERY, COOKIE = (
    f"{CANARY}-{kind}" for kind in ("key", "prompt", "said", "query", "cookie")
)
CREDENTIALS = [
    ("Authorization", f"Bearer {KEY}"),
    ("x-api-key", KEY),
    ("api-key", KEY),
    ("Cookie", f"session={COOKIE}"),
]
MESSAGES = {"messages": [{"role": "user", "content": PROMPT}], "user": "u"}
TARGET = f"{CHAT}?key={QUERY}"


async def tells_all(visit: Visit) -> None:
    """An upstream that repeats what it was told, in every kind of answer."""
    target, body = visit.received.target, visit.received.body
    repeated = f"{KEY} {PROMPT} {SAID} {QUERY}"
    usage = {**USAGE, "note": SAID, "prompt": {repeated: 1}, "said": [{"text": SAID}, [KEY, 7]]}
    if "/errors" in target:
        await visit.answer(compact({"error": {"message": repeated}}), ("X-Said", SAID), status="401 No")
    elif "/cut" in target:
        await visit.send(message("HTTP/1.1 200 OK", [("Content-Length", "9999")], repeated.encode()))
        visit.reset()
    elif "/not-http" in target:
        await visit.send(f"{repeated}\r\n\r\n".encode())
        visit.close()
    elif b'"stream":true' in body:
        usage_event = event({"choices": [], "usage": usage})
        await visit.stream(chunk(SAID), b"data: not json " + repeated.encode() + b"\n\n", usage_event, DONE)
        await visit.send(chunked())
    else:
        await visit.answer(chat_answer(usage, SAID), ("Set-Cookie", COOKIE), ("x-request-id", "r"))


async def every_kind_of_call(payback: Payback) -> list[bytes]:
    """The bodies of answers that payback itself gave."""
    ours = []
    for body in (chat_request(**MESSAGES), chat_request(**MESSAGES, stream=True), PROMPT.encode()):
        await call(payback.port, post(TARGET, body, *CREDENTIALS))
    for path in ("/errors", "/cut"):
        await call(payback.port, get(f"{path}?key={QUERY}", *CREDENTIALS))
    ours.append(
        (await call(payback.port, post(f"/not-http?key={QUERY}", PROMPT.encode(), *CREDENTIALS))).body
    )
    ours.append((await call(payback.port, post(f"/v1/../x?key={QUERY}", PROMPT.encode(), *CREDENTIALS))).body)
    async with connected(payback.port) as client:
        await client.send(post(f"/silent?key={QUERY}", PROMPT.encode(), *CREDENTIALS))
        client.leave()
    return ours


async def requests_that_are_not_http(payback: Payback) -> None:
    for line in (f"Authorization: Bearer {KEY}\x00", f"Authorization : {KEY}", f"Content-Length: {KEY}"):
        async with connected(payback.port) as client:
            await client.send(f"GET /v1/models HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n".encode())
            await answered(client)
    async with connected(payback.port) as client:
        await client.send(f"\x16\x03\x01{KEY}\r\n\r\n".encode())
        await answered(client)


async def answered(client: Client) -> None:
    assert (await client.answer()).status == 400


def files_with(folder: Path, text: str) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and text.encode() in file.read_bytes()]


async def test_nothing_of_what_calls_say_is_in_the_ledgers_folder_or_in_the_log(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.script = tells_all
    caplog.set_level(logging.DEBUG)
    async with running(tmp_path, configuration(upstream)) as payback:
        ours = await every_kind_of_call(payback)
        await requests_that_are_not_http(payback)
        with payback.locked():
            ours += await every_kind_of_call(payback)
            assert payback.ledger.with_name("payback.db.spool").stat().st_size > 0
            assert files_with(tmp_path, CANARY) == []
        await payback.ended(14)
        assert files_with(tmp_path, CANARY) == []
        told = [row.call for row in payback.rows()]
    assert files_with(tmp_path, CANARY) == []
    assert CANARY not in caplog.text
    assert not any(CANARY.encode() in body for body in ours)
    assert all((call.who.key or "").startswith("key-") for call in told)


async def test_nothing_of_what_calls_say_is_in_what_the_program_prints(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script = tells_all
    printed = tmp_path / "printed"
    async with process(tmp_path, toml_of(upstream), "--verbose", stderr=printed) as started:
        await every_kind_of_call(started.payback)
        await requests_that_are_not_http(started.payback)
    assert "request" in printed.read_text(), "it should at least say that requests were bad"
    assert files_with(tmp_path, CANARY) == []


async def test_a_configured_key_is_in_no_file_no_log_and_no_error(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    upstream.script = tells_all
    async with running(tmp_path, configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}})) as payback:
        ours = await every_kind_of_call(payback)
    assert files_with(tmp_path, CANARY) == []
    assert CANARY not in caplog.text
    assert not any(CANARY.encode() in body for body in ours)


async def test_a_fault_of_the_meter_is_logged_without_what_it_was_fed(
    upstream: Upstream, payback: Payback, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(document: bytes) -> None:
        raise RuntimeError("the meter is broken")

    monkeypatch.setattr("proxy.dialects.openai_document.read", fails)
    upstream.script = tells_all
    await call(payback.port, post(CHAT, chat_request(**MESSAGES), *CREDENTIALS))
    assert "metering failed" in caplog.text
    assert CANARY not in caplog.text


async def test_a_fault_of_an_estimate_is_logged_without_the_text_that_was_counted(
    upstream: Upstream, payback: Payback, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise RuntimeError("the estimate is broken")

    monkeypatch.setattr("proxy.estimate.estimate.estimate", fails)
    upstream.script = lambda visit: visit.answer(
        chat_answer(None, SAID), ("Content-Type", "application/json")
    )
    await call(payback.port, post(CHAT, chat_request(**MESSAGES), *CREDENTIALS))
    assert "the estimate is broken" in caplog.text
    assert CANARY not in caplog.text


async def test_a_request_that_is_not_http_is_not_quoted_in_the_answer(payback: Payback) -> None:
    async with connected(payback.port) as client:
        await client.send(f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: {KEY}\x00\r\n\r\n".encode())
        answer = await client.answer()
    assert answer.status == 400
    assert KEY.encode() not in answer.body
