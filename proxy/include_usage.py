"""Asking upstream for a stream's usage on the client's behalf, and hiding that we did.

OpenAI-compatible servers put usage into a stream only where stream_options.include_usage is true
(https://platform.openai.com/docs/api-reference/chat/create, read 2026-11-22). Most clients do not ask."""

import re
from collections import OrderedDict
from enum import Enum

import msgspec

from proxy.json_edit import insert_first, remove_member, replace_value
from proxy.json_text import STRING

REMEMBERED_MODELS = 4096
"""Models come from clients; what is remembered of them is bounded."""
_NULL_USAGE = re.compile(rb',\s*"usage"\s*:\s*null(?=\s*[,}])')
"""A quote inside a JSON string is escaped, so these bytes are always structure."""
_STRING = re.compile(STRING, re.DOTALL)
_ASK = b'"stream_options":{"include_usage":true}'


def with_usage_asked(body: bytes, stream_options: object) -> bytes | None:
    """*body*, a JSON object that asks for a stream, so that it asks for usage too.

    *stream_options* is the member's decoded value, msgspec.UNSET where it is not there. None: the client
    asked itself, or its options are nothing that can be added to."""
    if stream_options is msgspec.UNSET:
        return insert_first(body, _ASK)
    if stream_options is None:
        return replace_value(body, "stream_options", b'{"include_usage":true}')
    if not isinstance(stream_options, dict) or stream_options.get("include_usage") is True:
        return None
    return replace_value(
        body, "stream_options", msgspec.json.encode({**stream_options, "include_usage": True})
    )


def without_null_usage(event: bytes) -> bytes:
    """An event as it would be had nobody asked: its data without a top-level usage: null."""
    matches = list(_NULL_USAGE.finditer(event))
    if len(matches) == 1 and _is_top_level(event, matches[0].start()):
        return event[: matches[0].start()] + event[matches[0].end() :]
    start, end = event.find(b"{"), event.rfind(b"}") + 1
    return (
        event[:start] + remove_member(event[start:end], "usage", b"null") + event[end:]
        if 0 <= start < end
        else event
    )


def _is_top_level(event: bytes, position: int) -> bool:
    """In a text of one JSON object, *position* outside its strings. Brackets in strings do not count."""
    before = _STRING.sub(b"", event[event.find(b"{") : position])
    return before.count(b"{") - before.count(b"}") == 1 and before.count(b"[") == before.count(b"]")


class Willing(Enum):
    """What is known of an upstream and model that was asked for usage."""

    UNKNOWN = "unknown"
    YES = "yes"
    NO = "no"


class UsageAsking:
    """Remembers which upstreams refuse stream_options for which models; a refusal holds until the restart."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Willing] = OrderedDict()

    def of(self, upstream: str, model: str) -> Willing:
        return self._known.get((upstream, model), Willing.UNKNOWN)

    def learn(self, upstream: str, model: str, willing: Willing) -> None:
        self._known[upstream, model] = willing
        if len(self._known) > REMEMBERED_MODELS:
            self._known.popitem(last=False)
