"""The results of a message batch.

Source: https://platform.claude.com/docs/en/api/messages/batches/results and
.../build-with-claude/batch-processing, read 2026-11-22. One JSON object a line, in any order: custom_id,
unique within the batch, and result. A result of type succeeded has the message, whose usage is that of the
Messages API, at batch prices; errored, canceled and expired ones are not charged for. The results can be
fetched again for 29 days: each is one call, however often that is done. The batch itself tells no usage."""

import re

import msgspec

from ledger.judgement import UNMETERED
from proxy.dialects.anthropic_messages import OPERATION, MessageReader
from proxy.dialects.batch_items import SERVICE_TIER, calls_of, failed
from proxy.dialects.dialect import Dialect, Framing, Streams
from proxy.dialects.reading import Reading
from proxy.lenient import decoded_or_none

_UNBILLED = frozenset({"errored", "canceled", "expired"})
_NO_MESSAGE = Reading(service_tier=SERVICE_TIER, problem="a result in the batch is no message")


class _Result(msgspec.Struct):
    type: str
    message: msgspec.Raw = msgspec.Raw(b"")


class _Line(msgspec.Struct):
    custom_id: str
    result: _Result


_decoder = msgspec.json.Decoder(_Line)


def read(line: bytes) -> Reading | None:
    told = decoded_or_none(_decoder, line)
    if told is None:
        return None
    if told.result.type == "succeeded":
        message = MessageReader(SERVICE_TIER)(told.result.message) or _NO_MESSAGE
        return Reading(items=calls_of(told.custom_id, OPERATION, message))
    return Reading(items=failed(told.custom_id, OPERATION)) if told.result.type in _UNBILLED else None


DIALECT = Dialect(
    operation=UNMETERED,
    path=re.compile(r"/messages/batches/(?P<scope>[^/]+)/results/?$"),
    reader=lambda: read,
    methods=frozenset({"GET"}),
    streams=Streams.ALWAYS,
    framing=Framing.LINES,
    marks=(b'"custom_id"',),
    is_billed=False,
)
