"""The output of a batch, at OpenAI, Azure and others that took their batches over: it is fetched as a file.

Source: https://platform.openai.com/docs/api-reference/batch/request-output, .../files/retrieve-contents and
https://learn.microsoft.com/azure/ai-foundry/openai/how-to/batch, read 2026-11-22. One JSON object a line, in
any order: custom_id, unique within the file, response and error. response.body is what the call would have
been answered, at batch prices; its object says which API that was. A request that failed has an error, or a
response whose status_code is 400 or more, and is not charged for; those are in a file of their own. A file
can be fetched again: each line is one call, however often that is done. Other files hold no such lines. The
batch itself sums up the usage of its lines, and is not metered: they would count twice."""

import re
from typing import Any

import msgspec
from msgspec.structs import replace

from ledger.judgement import UNMETERED
from proxy.dialects import (
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_images,
    openai_moderations,
    openai_responses,
)
from proxy.dialects.batch_items import SERVICE_TIER, calls_of, failed
from proxy.dialects.dialect import Dialect, Framing, Streams
from proxy.dialects.reading import Item, Reading
from proxy.lenient import decoded_or_none

_FAILED_FROM = 400
_BY_OBJECT = {
    "chat.completion": openai_chat.DIALECT,
    "text_completion": openai_completions.DIALECT,
    "list": openai_embeddings.DIALECT,
    "response": openai_responses.DIALECT,
}
_OF_NO_KNOWN_KIND = Reading(service_tier=SERVICE_TIER, problem="a result in the batch is of no known kind")


class _Response(msgspec.Struct):
    status_code: Any = None
    body: msgspec.Raw = msgspec.Raw(b"")


class _Line(msgspec.Struct):
    custom_id: str
    response: _Response | None
    error: Any = None


class _Body(msgspec.Struct):
    object: Any = None
    results: msgspec.Raw = msgspec.Raw(b"")
    data: msgspec.Raw = msgspec.Raw(b"")


_decoder = msgspec.json.Decoder(_Line)
_body_decoder = msgspec.json.Decoder(_Body)


def read(line: bytes) -> Reading | None:
    told = decoded_or_none(_decoder, line)
    if told is None:
        return None
    return Reading(items=_calls_of(told))


def _calls_of(line: _Line) -> tuple[Item, ...]:
    dialect = _spoken_in(line.response.body) if line.response else None
    operation = dialect.operation if dialect else UNMETERED
    if line.response is None or line.error is not None or _is_failed(line.response.status_code):
        return failed(line.custom_id, operation)
    told = dialect.reader()(bytes(line.response.body)) if dialect else None
    if dialect is None or told is None:
        return calls_of(line.custom_id, operation, _OF_NO_KNOWN_KIND)
    is_unbilled = told.is_unbilled or (not dialect.is_billed and told.usage is None)
    return calls_of(line.custom_id, operation, replace(told, is_unbilled=is_unbilled))


def _is_failed(status_code: object) -> bool:
    return type(status_code) is int and status_code >= _FAILED_FROM


def _spoken_in(body: msgspec.Raw) -> Dialect | None:
    """Moderations and images do not say what they are."""
    top = decoded_or_none(_body_decoder, body)
    if top is None:
        return None
    if isinstance(top.object, str):
        return _BY_OBJECT.get(top.object)
    if top.results:
        return openai_moderations.DIALECT
    return openai_images.DIALECT if top.data else None


DIALECT = Dialect(
    operation=UNMETERED,
    path=re.compile(r"/files/(?P<scope>[^/]+)/content/?$"),
    reader=lambda: read,
    methods=frozenset({"GET"}),
    streams=Streams.ALWAYS,
    framing=Framing.LINES,
    marks=(b'"custom_id"',),
    is_billed=False,
)
