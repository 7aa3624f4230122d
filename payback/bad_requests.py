"""What is said of requests that are not HTTP: nothing of what was sent, in the log as in the answer."""

import logging

from aiohttp import HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from proxy.refusal import Refusal, answer_of

log = logging.getLogger(__name__)


def request_log() -> logging.Logger:
    """For aiohttp's server, in place of its own."""
    if not log.filters:
        log.addFilter(_BadRequests())
    return log


class _BadRequests(logging.Filter):
    """aiohttp logs a request that is not HTTP with a traceback that quotes it, keys included. Here it says no
    more than what was wrong, and only with --verbose: a port scanner would fill the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            return True
        record.exc_info, record.msg = None, f"{record.msg}: {type(error).__name__}"
        return log.isEnabledFor(logging.INFO)


def refused(request: web.BaseRequest, error: HttpProcessingError) -> web.Response:
    """In OpenAI's shape, which most clients read: which API was called is not known."""
    request._version = HttpVersion11  # noqa: SLF001  # pinned in tests/payback/test_doubtful.py
    is_too_long = isinstance(error, LineTooLong)
    why = "a line of its head is too long" if is_too_long else type(error).__name__
    status, code = (431, "head_too_long") if is_too_long else (400, "bad_request")
    answer = answer_of(Refusal(status, code, f"this is no request that can be read ({why})"), "")
    answer.force_close()
    return answer
