"""Compressed bodies pass as they are: nobody between the peers has asked for anything else."""

import gzip
import zlib

from tests.conformance.case import PLAIN, Trial, case, each, values
from tests.proxy.bodies import CHAT, CHAT_ANSWER, CHAT_REQUEST
from tests.proxy.client import get, post

BODIES = {
    "gzip": gzip.compress(CHAT_ANSWER),
    "deflate": zlib.compress(CHAT_ANSWER),
    "x-odd": CHAT_ANSWER[::-1],
    "gzip, that is none": b"no gzip at all",
    "gzip, cut": gzip.compress(CHAT_ANSWER)[:-9],
    "br, that is none": b"no brotli at all",
}


@each(BODIES, "the same bytes")
async def comes_back_as_it_was_sent(trial: Trial, body: bytes) -> str:
    return await _answered(trial, body, get(PLAIN, ("Accept-Encoding", "gzip, deflate, br, x-odd")))


@each(BODIES, "the same bytes")
async def comes_back_from_a_call_as_it_was_sent(trial: Trial, body: bytes) -> str:
    return await _answered(trial, body, post(CHAT, CHAT_REQUEST, ("Accept-Encoding", "gzip, deflate, br")))


async def _answered(trial: Trial, body: bytes, request: bytes) -> str:
    coding = next(name for name, found in BODIES.items() if found is body).partition(",")[0]
    head = ("Content-Encoding", coding), ("Content-Type", "application/json")
    trial.upstream.script = lambda visit: visit.answer(body, *head)
    answer = await trial.answer(request)
    is_same = (answer.body, values(answer.head, "Content-Encoding")) == (body, coding)
    return "the same bytes" if is_same and answer.whole else f"{answer.status}, {len(answer.body)} bytes"


@each({"a plain call": PLAIN, "a metered call": CHAT}, "the same bytes, gzip")
async def arrives_compressed_as_it_was_sent(trial: Trial, path: str) -> str:
    body = gzip.compress(CHAT_REQUEST)
    await trial.answer(post(path, body, ("Content-Encoding", "gzip")))
    received = trial.upstream.only
    same = "the same bytes" if received.body == body else f"{len(received.body)} bytes"
    return f"{same}, {values(received.head, 'Content-Encoding')}"


@case("-")
async def no_encoding_is_asked_for_where_the_client_asks_for_none(trial: Trial) -> str:
    await trial.answer(post(CHAT, CHAT_REQUEST))
    return values(trial.upstream.only.head, "Accept-Encoding")
