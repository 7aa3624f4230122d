"""Our own answers can be read by the client of the API that was called."""

import json
from typing import Any

import pytest

from proxy.refusal import Refusal, answer_of

MESSAGE = "payback: the disk is full"


def body_of(path: str, status: int) -> Any:
    answer = answer_of(Refusal(status, "disk_full", "the disk is full"), path)
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body)


@pytest.mark.parametrize(("status", "kind"), [(503, "server_error"), (400, "invalid_request_error")])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/lab/v1/embeddings?x=1", "*", ""])
def test_openais_shape_is_the_default(path: str, status: int, kind: str) -> None:
    error = {"message": MESSAGE, "type": kind, "param": None, "code": "disk_full"}
    assert body_of(path, status) == {"error": error}


@pytest.mark.parametrize(("status", "kind"), [(503, "api_error"), (400, "invalid_request_error")])
@pytest.mark.parametrize(
    "path", ["/v1/messages", "/v1/messages?beta=true", "/anthropic/v1/messages/count_tokens"]
)
def test_messages_have_anthropics_shape(path: str, status: int, kind: str) -> None:
    assert body_of(path, status) == {"type": "error", "error": {"type": kind, "message": MESSAGE}}


@pytest.mark.parametrize("path", ["/api/chat", "/api/tags", "/ollama/api/generate"])
def test_ollamas_paths_have_its_shape(path: str) -> None:
    assert body_of(path, 503) == {"error": MESSAGE}


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (429, "RESOURCE_EXHAUSTED"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
    ],
)
@pytest.mark.parametrize(
    "path", ["/v1beta/models/g:generateContent", "/google/v1beta/files", "/v1/models/g:embedContent?alt=json"]
)
def test_googles_paths_have_its_shape(path: str, status: int, name: str) -> None:
    assert body_of(path, status) == {"error": {"code": status, "message": MESSAGE, "status": name}}


def test_openais_api_at_google_has_openais_shape() -> None:
    assert body_of("/v1beta/openai/chat/completions", 503)["error"]["type"] == "server_error"


def test_headers_say_which_call_it_was_and_when_to_come_again() -> None:
    answer = answer_of(Refusal(503, "x", "y", retry_after_s=1), "/v1/x", "the-id")
    assert (answer.headers["X-Payback-Call-Id"], answer.headers["Retry-After"]) == ("the-id", "1")
    assert "X-Payback-Call-Id" not in answer_of(Refusal(400, "x", "y"), "/v1/x").headers


@pytest.mark.parametrize(("status", "kind"), [(401, "authentication_error"), (403, "permission_error")])
def test_anthropics_clients_are_told_that_it_is_about_the_key(status: int, kind: str) -> None:
    assert body_of("/v1/messages", status)["error"]["type"] == kind


def test_who_has_no_key_is_told_which_scheme_is_wanted() -> None:
    assert answer_of(Refusal(401, "x", "y"), "/v1/x").headers["WWW-Authenticate"] == "Bearer"
    assert "WWW-Authenticate" not in answer_of(Refusal(403, "x", "y"), "/v1/x").headers


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/v1/chat/completions", "insufficient_quota"), ("/v1/messages", "rate_limit_error")],
)
def test_a_budget_that_is_spent_is_told_in_words_that_clients_know(path: str, kind: str) -> None:
    """As OpenAI tells of an account with nothing left, and Anthropic of a limit."""
    answer = answer_of(Refusal(429, "budget_spent", "it is spent", is_final=True), path)
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body)["error"]["type"] == kind
    assert answer.headers["x-should-retry"] == "false"


def test_what_may_be_tried_again_is_not_said_to_be_final() -> None:
    answer = answer_of(Refusal(429, "budget_reserved", "try again soon", retry_after_s=1), "/v1/x")
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body)["error"]["type"] == "rate_limit_error"
    assert "x-should-retry" not in answer.headers
