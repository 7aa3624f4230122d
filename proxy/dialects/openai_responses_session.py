"""Responses over WebSocket: one connection, many responses, one after the other. Codex asks for this first.

Source: https://developers.openai.com/api/docs/guides/websocket-mode and openai-python
types/responses/responses_server_event.py, read 2026-11-22. Each text message is one of the events that the
same API streams over HTTP, and means the same. A response is asked for by a message, so no path names its
model: the response does."""

from typing import Any

import msgspec
from msgspec.structs import replace

from proxy.dialects import openai_responses
from proxy.dialects.dialect import Framing, Streams, ends_with
from proxy.dialects.reading import Item, Reading, name_of
from proxy.dialects.session import Begun, SessionDialect
from proxy.lenient import decoded_or_none

OPERATION = openai_responses.DIALECT.operation
_FAILED = "response.failed"


class _Response(msgspec.Struct):
    id: Any = None
    model: Any = None


class _Event(msgspec.Struct):
    type: Any = None
    response: _Response | None = None


_decoder = msgspec.json.Decoder(_Event)


class _Reader:
    def __init__(self) -> None:
        self._begun = Begun(OPERATION)
        self._read = openai_responses.DIALECT.reader()

    def __call__(self, message: bytes) -> Reading | None:
        event = decoded_or_none(_decoder, message)
        if event is None:
            return None
        if event.type == "response.created" and event.response is not None:
            self._begun.begin(event.response.id, name_of(event.response.model))
        reading = self._read(message)
        if reading is None or not reading.is_last:
            return Reading()
        self._begun.end(event.response.id if event.response else None)
        self._read = openai_responses.DIALECT.reader()
        return Reading(items=_items(reading, is_failed=event.type == _FAILED))

    def unfinished(self) -> tuple[Item, ...]:
        return self._begun.unfinished()


def _items(reading: Reading, *, is_failed: bool) -> tuple[Item, ...]:
    """A response in the background is an item of its own already."""
    if reading.is_unbilled:
        return reading.items
    response = replace(reading, items=(), is_last=False)
    return (Item(operation=OPERATION, reading=response, is_failed=is_failed), *reading.items)


DIALECT = SessionDialect(
    operation=OPERATION,
    path=ends_with("/responses"),
    reader=_Reader,
    methods=frozenset({"GET"}),
    streams=Streams.ALWAYS,
    framing=Framing.LINES,
    marks=(*openai_responses.DIALECT.marks, b'"response.created"'),
    is_billed=False,
)
