"""What a parser lets in and another reads differently. tests/conformance asks the same over sockets."""

import pytest
from aiohttp import HttpVersion, HttpVersion10, HttpVersion11
from aiohttp.test_utils import make_mocked_request

from payback.doubtful import doubt_about


def status_of(version: HttpVersion = HttpVersion11, **headers: str) -> int | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = make_mocked_request("POST", "/v1/x", headers={"Host": "a", **named}, version=version)
    doubt = doubt_about(request.headers, request._message.version)
    return None if doubt is None else doubt.status


@pytest.mark.parametrize("version", [(0, 9), (2, 0), (1, 2)])
def test_another_version_of_http_is_not_answered_as_if_it_were_ours(version: tuple[int, int]) -> None:
    assert status_of(HttpVersion(*version)) == 505


def test_the_version_can_still_be_set_after_the_question() -> None:
    """The answer to HTTP/2.0 says HTTP/1.1; aiohttp answers in the version that it was once asked for."""
    request = make_mocked_request("GET", "/v1/x", headers={"Host": "a"}, version=HttpVersion(2, 0))
    assert doubt_about(request.headers, request._message.version) is not None
    request._version = HttpVersion11
    assert request.version == HttpVersion11


@pytest.mark.parametrize("coding", ["gzip, chunked", "identity", "chunked, chunked", ""])
def test_a_coding_that_is_not_taken_off_is_not_read_as_if_it_were(coding: str) -> None:
    assert status_of(Transfer_Encoding=coding) == 501


def test_chunks_are_read_in_http_1_1_alone() -> None:
    assert status_of(Transfer_Encoding="Chunked") is None
    assert status_of(HttpVersion10, Transfer_Encoding="chunked") == 400


@pytest.mark.parametrize(
    "host", ["", "payback.test", "127.0.0.1:8300", "[::1]:8300", "under_score.test", "a:"]
)
def test_a_host_is_a_host(host: str) -> None:
    assert status_of(Host=host) is None


@pytest.mark.parametrize("host", ["a/b", "a b", "a@b", "a?b", "a#b", "a\\b", "a:b", "[::1", "caf\u00e9"])
def test_what_is_no_host_is_refused(host: str) -> None:
    assert status_of(Host=host) == 400
