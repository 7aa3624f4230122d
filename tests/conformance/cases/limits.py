"""Heads that are too long: refused, in a form that a client of the API can read."""

import json

from tests.conformance.case import PLAIN, Trial, case, each
from tests.proxy.client import Answer, get
from tests.proxy.message import message

HOST = ("Host", "payback.test")
TOO_LONG = {
    "a value of 100 KiB": get(PLAIN, ("X-A", "a" * 100_000)),
    "a name of 100 KiB": get(PLAIN, ("a" * 100_000, "1")),
    "a target of 100 KiB": get("/v1/" + "a" * 100_000),
    "twenty thousand fields": get(PLAIN, *((f"X-{number}", "1") for number in range(20_000))),
}
STATUSES = (400, 414, 431)


@each(TOO_LONG, "refused, 0 upstream")
async def is_too_long(trial: Trial, request: bytes) -> str:
    answer = await trial.answer(request)
    refused = "refused" if answer.status in STATUSES else str(answer.status)
    return f"{refused}, {len(trial.upstream.heads)} upstream"


BAD = {
    **TOO_LONG,
    "what is not HTTP": b"hello\r\n\r\n",
    "a bad header": get(PLAIN, ("X-A ", "1")),
    "a framing in doubt": message(f"POST {PLAIN} HTTP/1.1", [HOST, ("Content-Length", "+5")], b"hello"),
}


@each(BAD, "application/json, an error with a message")
async def is_refused_in_the_apis_own_shape(trial: Trial, request: bytes) -> str:
    """nginx answers with a page; clients of LLM APIs look for error.message."""
    answer = await trial.answer(request)
    kind = (answer.head.value("Content-Type") or b"").partition(b";")[0].decode()
    return f"{kind}, {'an error with a message' if _has_message(answer) else 'no message'}"


def _has_message(answer: Answer) -> bool:
    try:
        return bool(json.loads(answer.body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return False


@case("not quoted")
async def what_was_sent_is_not_quoted(trial: Trial) -> str:
    answer = await trial.answer(get(PLAIN, ("Authorization ", "Bearer sk-canary")))
    return "quoted" if b"canary" in answer.body else "not quoted"
