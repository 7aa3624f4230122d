"""What is read of a request's body: enough for routing and metering, and never more than may be held."""

import gzip
from typing import Any

import msgspec
import pytest

from proxy.asked import Asked, asked_by
from proxy.decoding import zstd
from tests.proxy.bodies import ASKED_REQUEST, CHAT_REQUEST, MODEL, chat_request


def test_model_stream_and_options_are_read() -> None:
    asked = asked_by(ASKED_REQUEST)
    assert asked == Asked(
        body=ASKED_REQUEST,
        text=ASKED_REQUEST,
        model=MODEL,
        stream=True,
        stream_options={"include_usage": True},
    )
    assert asked_by(CHAT_REQUEST) == Asked(body=CHAT_REQUEST, text=CHAT_REQUEST, model=MODEL)
    assert asked_by(chat_request(service_tier="flex")).service_tier == "flex"


@pytest.mark.parametrize("stream", [False, None, 1, "true", [], {}])
def test_only_true_asks_for_a_stream(stream: Any) -> None:
    assert asked_by(chat_request(stream=stream)).stream is False


@pytest.mark.parametrize("model", [None, 7, ["m"], {"m": 1}, "", True])
def test_a_model_that_is_no_name_is_none(model: Any) -> None:
    assert asked_by(chat_request(model=model)).model is None


def test_a_missing_option_is_told_from_a_null() -> None:
    assert asked_by(b"{}").stream_options is msgspec.UNSET
    assert asked_by(b'{"stream_options":null}').stream_options is None


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"{", b"{}x", b"\xff", b"[" * 100_000, b'{"a":nan}'])
def test_a_body_that_is_no_json_object_is_a_problem_and_no_exception(body: bytes) -> None:
    assert asked_by(body) == Asked(body=body, problem="the request body is not a JSON object")


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "x"])
def test_a_body_that_is_not_of_its_encoding_is_a_problem_and_no_exception(encoding: str) -> None:
    asked = asked_by(CHAT_REQUEST, encoding)
    assert (asked.body, asked.text, asked.model) == (CHAT_REQUEST, None, None)
    assert asked.problem == "the request body is compressed, and cannot be read"


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " zstd "])
def test_a_compressed_body_is_read_and_goes_on_as_it_came(encoding: str) -> None:
    """Codex compresses long conversations with zstd; unread, their calls would have no model."""
    body = (zstd if "zstd" in encoding else gzip).compress(ASKED_REQUEST)
    asked = asked_by(body, encoding)
    assert (asked.body, asked.text, asked.model, asked.stream) == (body, ASKED_REQUEST, MODEL, True)


def test_a_compressed_body_that_inflates_to_more_than_may_be_read_is_not_read() -> None:
    asked = asked_by(gzip.compress(b" " * 1001), "gzip", longest=1000)
    assert asked.problem == "the request body is compressed, and cannot be read"
    assert asked_by(CHAT_REQUEST, "identity").problem is None
