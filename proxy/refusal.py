"""Our own answers, in the error shape of the API that was called, so that its client can read them.

Shapes: https://platform.openai.com/docs/guides/error-codes, https://docs.anthropic.com/en/api/errors,
https://docs.ollama.com/api/errors and https://google.aip.dev/193, read 2026-11-22.
OpenAI says insufficient_quota where an account has nothing left; its SDKs and Anthropic's try a 429 again
unless x-should-retry is false (_should_retry in both, openai 3.54 and anthropic 2.12)."""

import re
from dataclasses import dataclass
from typing import Literal

import msgspec
from aiohttp import web

_GOOGLES = re.compile(r"/v1beta/(?!openai/)|/v1/interactions|:\w*(?:[gG]enerateContent|[eE]mbedContents?)")
_GOOGLES_STATUS = {
    401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL",
    504: "DEADLINE_EXCEEDED",
}  # fmt: skip
_ANTHROPICS_TYPE = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_OPENAIS_TYPE = {"budget_spent": "insufficient_quota", "budget_reserved": "rate_limit_error"}
"""By code."""

Reason = Literal[
    "missing", "unknown", "expired", "revoked", "model", "upstream", "ambiguous", "unreadable",
    "http", "path", "body", "slow", "left", "handshake", "site", "files", "ledger",
    "budget", "unpriced",
]  # fmt: skip
"""Why a call was refused that no row tells of, as it is counted: what is wrong with its key, of which clients
are told less; then what is wrong with the request, or here; then that a budget has no room, or wants a price.
With left there is nobody to tell."""


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """*message* is one sentence: where, what, what to do. *code* is for programs."""

    status: int
    code: str
    message: str
    retry_after_s: int | None = None
    closes: bool = False
    """Whether the connection ends with it."""
    is_final: bool = False
    """To try again does not help: SDKs that would are told."""


BAD_BODY = Refusal(
    400,
    "bad_request_body",
    "the body of the request is not HTTP, or ends too early; send it as its Content-Length or its chunks say",
    closes=True,
)
SLOW_BODY = Refusal(
    408,
    "request_timeout",
    "nothing more has come of the body of the request for a minute; send it again, without such a pause",
    closes=True,
)


def answer_of(refusal: Refusal, path: str, call_id: str | None = None) -> web.Response:
    headers = {"X-Payback-Call-Id": call_id} if call_id else {}
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    if refusal.is_final:
        headers["x-should-retry"] = "false"
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = msgspec.json.encode(_shaped(refusal, path))
    answer = web.Response(status=refusal.status, body=body, content_type="application/json", headers=headers)
    if refusal.closes:
        answer.force_close()
    return answer


def _shaped(refusal: Refusal, path: str) -> object:
    message = f"payback: {refusal.message}"
    if "/v1/messages" in path:
        general = "api_error" if refusal.status >= 500 else "invalid_request_error"
        kind = _ANTHROPICS_TYPE.get(refusal.status, general)
        return {"type": "error", "error": {"type": kind, "message": message}}
    if path.startswith("/api/") or "/ollama/api/" in path:
        return {"error": message}
    if _GOOGLES.search(path):
        general = "UNAVAILABLE" if refusal.status >= 500 else "INVALID_ARGUMENT"
        status = _GOOGLES_STATUS.get(refusal.status, general)
        return {"error": {"code": refusal.status, "message": message, "status": status}}
    general = "server_error" if refusal.status >= 500 else "invalid_request_error"
    kind = _OPENAIS_TYPE.get(refusal.code, general)
    return {"error": {"message": message, "type": kind, "param": None, "code": refusal.code}}
