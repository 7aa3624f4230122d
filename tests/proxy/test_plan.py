"""What is decided before a call goes out: the model that prices and routes it, and whom it is for."""

from ledger.judgement import UNMETERED
from tests.proxy.bodies import CHAT, CHAT_REQUEST, chat_request, compact
from tests.proxy.client import call, get, post
from tests.proxy.running import Payback
from tests.proxy.upstream import Upstream

DEPLOYED = "/lab/openai/deployments/ours/chat/completions?api-version=2024-10-21"


async def test_the_model_in_the_body_goes_before_the_one_in_the_path(
    upstream: Upstream, payback: Payback
) -> None:
    for body in (compact({"messages": []}), CHAT_REQUEST):
        await call(payback.port, post(DEPLOYED, body))
    assert [row.call.request_model for row in await payback.ended(2)] == ["ours", "small-model"]


async def test_names_in_the_body_say_whom_a_call_is_for(upstream: Upstream, payback: Payback) -> None:
    body = chat_request(user="u-1", metadata={"feature": "search"})
    await call(payback.port, post(CHAT, body))
    who = (await payback.row()).call.who
    assert (who.user, who.tags) == ("u-1", "feature=search")


async def test_a_key_in_the_query_is_known_by_its_label_and_written_nowhere(
    upstream: Upstream, payback: Payback
) -> None:
    await call(payback.port, get("/v1beta/models?key=AIza-canary-0123456789"))
    row = await payback.row()
    assert (row.call.operation, row.call.http_request) == (UNMETERED, "GET /v1beta/models")
    assert (row.call.who.key or "").startswith("key-")
    assert b"canary" not in payback.ledger.read_bytes()
