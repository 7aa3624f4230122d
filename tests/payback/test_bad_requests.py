"""The log of what comes in: no credentials, no storm, and a fault of payback itself in full."""

import logging

import pytest
from aiohttp.http_exceptions import InvalidHeader

from payback.bad_requests import request_log


def log_fault(error: Exception) -> None:
    try:
        raise error
    except type(error):
        request_log().exception("Error handling request from %s", "127.0.0.1")


def test_a_request_that_is_not_http_is_one_line_without_what_was_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        log_fault(InvalidHeader("Authorization : Bearer sk-canary"))
    assert caplog.text.rstrip().endswith("Error handling request from 127.0.0.1: InvalidHeader")
    assert "canary" not in caplog.text
    assert "Traceback" not in caplog.text


def test_without_verbose_it_is_no_line_at_all(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        log_fault(InvalidHeader("Authorization : Bearer sk-canary"))
    assert caplog.text == ""


def test_a_fault_of_payback_keeps_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        log_fault(ZeroDivisionError("division by zero"))
    assert "ZeroDivisionError: division by zero" in caplog.text


def test_asking_for_the_log_again_filters_no_twice() -> None:
    assert len(request_log().filters) == len(request_log().filters) == 1
