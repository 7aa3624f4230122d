"""A call that upstream answers is metered, however its path is written; upstream gets the path as it came."""

from pathlib import Path

import pytest

from proxy.dialects.sessions import session_at
from proxy.route import Router, Target
from proxy.upstream import Upstream, root_of
from tests.proxy.bodies import CHAT_REQUEST, chat_request
from tests.proxy.client import call, post
from tests.proxy.issued import bearer, issue
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream as Scripted

ROUTER = Router(
    [
        Upstream(name=name, root=root_of("http://127.0.0.1:1/v1"))
        for name in ("openai", "anthropic", "google")
    ],
    "openai",
)
SPELLINGS = [
    "/v1/chat%2fcompletions",
    "/v1%2Fchat/completions",
    "/v1/%63hat/completions",
    "/v1/chat/completion%73",
    "/v1//chat/completions",
    "//v1/chat///completions//",
    "/v1/chat/completions%2F",
    "/V1/Chat/Completions",
    "/v1/CHAT%2FCOMPLETIONS/",
]


def target_of(path: str, method: str = "POST") -> Target:
    target = ROUTER.target_of(method, path)
    assert isinstance(target, Target)
    return target


def operation_at(path: str, method: str = "POST") -> str | None:
    dialect = target_of(path, method).dialect
    return dialect.operation if dialect else None


@pytest.mark.parametrize("path", SPELLINGS)
async def test_a_call_is_metered_however_its_path_is_spelt_and_goes_on_as_it_came(
    path: str, upstream: Scripted, payback: Payback
) -> None:
    await call(payback.port, post(path, CHAT_REQUEST))
    row = await payback.row()
    assert (row.call.operation, row.call.request_model) == ("chat", "small-model")
    assert row.call.usage is not None
    assert upstream.only.target == path


@pytest.mark.parametrize(
    "path", ["/v1/chat%252fcompletions", "/v1/chat/completions%3Fx", "/v1/chat%5Ccompletions", "/v1/chat%00"]
)
def test_what_no_server_takes_for_a_call_is_none(path: str) -> None:
    """Decoded twice, or into a query, a path would be another than the one upstream sees."""
    assert operation_at(path) is None


@pytest.mark.parametrize(
    ("path", "operation", "model"),
    [
        ("/openai/deployments/my%20gpt/chat/completions", "chat", "my%20gpt"),
        ("/openai/deployments/a%2Fb/chat/completions", "chat", "a%2Fb"),
        ("/openai/deployments/My-GPT/chat%2Fcompletions", "chat", "My-GPT"),
        ("/openai/deployments/a%2541/chat%2Fcompletions", "chat", "a%2541"),
        ("/OpenAI/Deployments/My-GPT/Chat/Completions", "chat", "My-GPT"),
        ("/v1beta/models/gemini-2.5-flash%3AgenerateContent", "generate_content", "gemini-2.5-flash"),
        ("/v1beta//models/gemini-2.5-flash:generateContent", "generate_content", "gemini-2.5-flash"),
    ],
)
def test_the_model_that_a_path_names_stays_encoded_as_often_as_it_was(
    path: str, operation: str, model: str
) -> None:
    """Whoever holds it against what a key may ask for takes one encoding off, as upstream does."""
    assert (operation_at(path), target_of(path).model) == (operation, model)


@pytest.mark.parametrize("path", ["/v1%2Fmessages", "//v1/messages"])
def test_a_spelling_goes_where_the_plain_path_goes(path: str) -> None:
    target = target_of(path)
    assert (target.fallback.name, target.raw_path) == ("anthropic", path)


def test_a_model_with_a_slash_is_still_googles() -> None:
    assert target_of("/v1/models/a%2Fb:generateContent").fallback.name == "google"


def test_a_session_is_metered_too() -> None:
    assert session_at(target_of("/v1%2Frealtime", "GET").spoken) is not None


async def test_a_spelling_is_no_way_around_what_a_key_may_ask_for(upstream: Scripted, tmp_path: Path) -> None:
    issue(tmp_path, "small", models=["small-*"])
    async with running(tmp_path, configuration(upstream, lab={"self_hosted": True})) as payback:
        for path in SPELLINGS:
            large = post(path, chat_request(model="large-model"), bearer("small"))
            assert (await call(payback.port, large)).status == 403
        assert (await call(payback.port, post(SPELLINGS[0], CHAT_REQUEST, bearer("small")))).status == 200
    assert len(upstream.received) == 1
