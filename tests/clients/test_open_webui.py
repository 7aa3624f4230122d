"""What Open WebUI 0.12.4 sends with its users' names forwarded, seen on the wire 2026-11-22, without it."""

import pytest

from tests.clients.provider import INPUT_TOKENS, OUTPUT_TOKENS
from tests.clients.rows import Told, told
from tests.proxy.bodies import CHAT, compact
from tests.proxy.client import call, post
from tests.proxy.running import Payback
from tests.proxy.upstream import Upstream

USER, CHAT_ID = "02089e7d-b6be-4df7-a680-7bba89d9ea04", "49c59094-6014-41d3-bc25-feb7e20d509e"
HEADERS = [
    ("Content-Type", "application/json"),
    ("X-OpenWebUI-Auth-Type", "jwt"),
    ("X-OpenWebUI-User-Name", "Ana"),
    ("X-OpenWebUI-User-Id", USER),
    ("X-OpenWebUI-User-Email", "ana@example.test"),
    ("X-OpenWebUI-User-Role", "admin"),
    ("X-OpenWebUI-Chat-Id", CHAT_ID),
    ("User-Agent", "Python/3.11 aiohttp/3.14.5"),
]


@pytest.mark.parametrize(
    ("path", "model", "name"), [(CHAT, "gpt-4o-mini", "openai"), ("/api/chat", "llama3:8b", "ollama")]
)
async def test_its_user_and_its_chat_are_those_of_the_row_and_no_more_is_known_of_them(
    path: str, model: str, name: str, payback: Payback, upstream: Upstream
) -> None:
    body = compact({"model": model, "stream": True, "messages": [{"role": "user", "content": "Say hello."}]})
    await call(payback.port, post(path, body, *HEADERS))
    row = await payback.row()
    assert told(row) == Told(model=model, client="Python", tokens=(INPUT_TOKENS, OUTPUT_TOKENS))
    who = row.call.who
    assert (row.call.upstream, who.user, who.session, who.tags) == (name, USER, CHAT_ID, None)
    assert upstream.only.head.value("X-OpenWebUI-User-Name") == b"Ana"
