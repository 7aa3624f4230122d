"""Responses, at OpenAI, Azure and the servers that speak it. Compaction and /decisions count alike.

Source: https://platform.openai.com/docs/api-reference/responses/object and .../responses-streaming, and
openai-python types/responses/response.py, response_usage.py and compacted_response.py, types/decision.py,
read 2026-11-22. usage is at the top of a document, and in the response that the events response.completed,
.incomplete and .failed hold; the response of the events before them has usage: null. Servers that imitate it
end with response.done, or with response.cancelled, and some count in the words of chat. Streams tell it
unasked, and stream_options.include_usage is refused. input_tokens includes cached_tokens and
cache_write_tokens, output_tokens includes reasoning_tokens.

Hosted tools are charged beside tokens. tool_usage.web_search.num_requests counts billable searches, xAI's
usage does it in words of its own (server_tools); where both are absent, each completed web_search_call whose
action is a search is one: opening a page and finding in one are not charged
(https://developers.openai.com/api/docs/pricing). Each completed file_search_call is one.
tool_usage.image_gen counts tokens of another model: they are a call of their own. Code interpreter is charged
by the session, which one answer does not show: it is left out.

With background: true the answer goes on after the connection that asked for it: it is told by the stream,
or by whichever GET comes after its end, any number of times. It is therefore always an item, named by its
id, and the calls that tell of it are not charged for themselves."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from ledger.judgement import UNMETERED
from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects import openai_images, openai_usage, upstream_cost
from proxy.dialects.counted import counted, part, together
from proxy.dialects.dialect import Dialect, Streams, ends_with
from proxy.dialects.reading import Item, Reading, name_of
from proxy.dialects.server_tools import searches_in
from proxy.estimate.shape import Shape
from proxy.lenient import decoded_or_none

OPERATION = "chat"
_LAST = frozenset(f"response.{end}" for end in ("completed", "incomplete", "failed", "done", "cancelled"))
_UNDER_WAY = frozenset({None, "queued", "in_progress"})
MOST_SEARCHES = 1_000_000
"""Of one response: more is a fault of upstream."""
_IMAGE_TOOL = "image_generation"
"""Stands for its model's name too where the answer does not tell that: it is not the one that answers."""
_WITHOUT_USAGE = {
    "queued": "the response had not begun when it was told",
    "in_progress": "the response was not complete when it was told",
    "failed": "the response failed, and told no usage",
}
_GOES_ON = "the response goes on in the background; its tokens are counted when it is retrieved"
_IS_AN_ITEM = "the response ran in the background; its tokens are in a row of their own"


class _Event(msgspec.Struct):
    """An event, or a document: that one has no response in it."""

    type: Any = None
    response: msgspec.Raw = msgspec.Raw(b"")
    item: msgspec.Raw = msgspec.Raw(b"")


class _Response(msgspec.Struct):
    id: Any = None
    status: Any = None
    background: Any = None
    model: Any = None
    service_tier: Any = None
    usage: Any = None
    tool_usage: Any = None
    output: msgspec.Raw = msgspec.Raw(b"")
    tools: msgspec.Raw = msgspec.Raw(b"")


class _Searches(NamedTuple):
    web: int
    files: int

    def plus(self, others: "_Searches") -> "_Searches":
        return _Searches(self.web + others.web, self.files + others.files)


class _Step(msgspec.Struct):
    """An item of output, or a tool: what of either says how it is charged."""

    type: Any = None
    status: Any = None
    action: Any = None
    model: Any = None


_event_decoder = msgspec.json.Decoder(_Event)
_response_decoder = msgspec.json.Decoder(_Response, float_hook=upstream_cost.exact)
_step_decoder = msgspec.json.Decoder(_Step)
_steps_decoder = msgspec.json.Decoder(list[msgspec.Raw])


class Reader:
    """Counts the searches of a stream as they end: its last event may be too long to be read whole."""

    def __init__(self, *, is_retrieval: bool = False) -> None:
        self._is_retrieval = is_retrieval
        """A call that reads what another has made tells nothing but items: it costs nothing itself."""
        self._ended = _Searches(0, 0)

    def __call__(self, document: bytes) -> Reading | None:
        event = decoded_or_none(_event_decoder, document)
        if event is None:
            return None
        response = decoded_or_none(_response_decoder, event.response or document)
        if response is None:
            return None
        if event.type == "response.output_item.done":
            self._ended = self._ended.plus(_searches_among(b"[%s]" % bytes(event.item)))
        is_last = name_of(event.type) in _LAST
        reading = self._reading(response, is_over=is_last or not event.response)
        if response.background is True and name_of(response.id):
            reading = _told_as_item(response, reading)
        if self._is_retrieval:
            reading = Reading(items=reading.items if response.background is True else ())
        return replace(reading, is_last=is_last)

    def _reading(self, response: _Response, *, is_over: bool) -> Reading:
        names = Reading(model=name_of(response.model), service_tier=name_of(response.service_tier))
        if not is_over:
            return names
        usage, problem = counted(response.usage, usage_of)
        if response.usage is None:
            problem = _WITHOUT_USAGE.get(name_of(response.status) or "")
        return replace(
            names,
            usage=usage,
            units=self._units(response) if usage else None,
            reported=together(response.usage, tool_usage=response.tool_usage),
            upstream_cost=upstream_cost.claimed_in(response.usage),
            problem=problem,
            items=_images_made(response),
        )

    def _units(self, response: _Response) -> Units | None:
        web, files = map(max, self._ended, _searches_among(response.output))
        stated = part(response.tool_usage, "web_search").get("num_requests")
        if type(stated) is int:
            web = stated
        elif (charged := _searches_charged(response.usage)) is not None:
            web = charged
        if not 0 < web + files <= MOST_SEARCHES or web < 0:
            return None
        return Units(web_searches=web or None, file_searches=files or None)


def usage_of(usage: Mapping[str, Any]) -> TokenUsage:
    """Raises ValueError where the object holds no usable counts."""
    if usage.get("input_tokens") is None and usage.get("prompt_tokens") is not None:
        return openai_usage.usage_of(usage)
    read, made = part(usage, "input_tokens_details"), part(usage, "output_tokens_details")
    return TokenUsage(
        input_tokens=usage.get("input_tokens"),  # type: ignore[arg-type]  # TokenUsage refuses what is no count
        output_tokens=usage.get("output_tokens", 0),
        cache_read_tokens=read.get("cached_tokens"),
        cache_write_tokens=read.get("cache_write_tokens"),
        input_audio_tokens=read.get("audio_tokens"),
        reasoning_tokens=made.get("reasoning_tokens"),
        output_audio_tokens=made.get("audio_tokens"),
    )


def _searches_charged(usage: Any) -> int | None:
    """None where it is not told, or told as what is no count."""
    try:
        units = searches_in(usage) if isinstance(usage, dict) else None
    except ValueError:
        return None
    return None if units is None else units.web_searches


def _told_as_item(response: _Response, reading: Reading) -> Reading:
    """What is charged for is told under the response's own name; the call that tells it costs nothing."""
    if name_of(response.status) in _UNDER_WAY:
        return replace(reading, is_unbilled=True, problem=_GOES_ON)
    item = Item(
        operation=OPERATION,
        reading=replace(reading, items=()),
        key=name_of(response.id),
        is_failed=response.status == "failed",
    )
    return Reading(
        model=reading.model,
        service_tier=reading.service_tier,
        is_unbilled=True,
        problem=_IS_AN_ITEM,
        items=(item, *reading.items),
    )


def _images_made(response: _Response) -> tuple[Item, ...]:
    """By the hosted tool, with a model of its own."""
    stated = part(response.tool_usage, "image_gen")
    usage, _ = counted(stated or None, openai_images.usage_of)
    if usage is None:
        return ()
    models = [name_of(step.model) for step in _steps(response.tools) if step.type == _IMAGE_TOOL]
    model = models[0] if models else None
    return (
        Item(
            operation=openai_images.OPERATION,
            reading=Reading(model=model, usage=usage, reported=stated),
            request_model=model or _IMAGE_TOOL,
            key=f"{name_of(response.id)}/image_gen" if response.background is True else None,
        ),
    )


def _searches_among(listed: bytes) -> _Searches:
    """Those of a list of output that were completed."""
    done = [step for step in _steps(listed) if step.status in (None, "completed")]
    web = sum(step.type == "web_search_call" and _is_search(step.action) for step in done)
    return _Searches(web, sum(step.type == "file_search_call" for step in done))


def _steps(listed: bytes) -> list[_Step]:
    """The objects of a list; those that are not of a known form are left out."""
    texts = decoded_or_none(_steps_decoder, listed) or ()
    return [step for text in texts if (step := decoded_or_none(_step_decoder, text)) is not None]


def _is_search(action: object) -> bool:
    """Older answers do not say what it was: then it was a search, there was nothing else."""
    return not isinstance(action, dict) or action.get("type", "search") == "search"


DIALECT = Dialect(
    operation=OPERATION,
    path=ends_with("/responses", "/responses/compact", "/decisions"),
    reader=Reader,
    streams=Streams.ON_REQUEST,
    shape=Shape.OPENAI_RESPONSES,
    marks=(*(b'"%s"' % name.encode() for name in sorted(_LAST)), b'_search_call"'),
)

RETRIEVED = Dialect(
    operation=UNMETERED,
    path=re.compile(r"/responses/[^/]+/?$"),
    reader=lambda: Reader(is_retrieval=True),
    methods=frozenset({"GET"}),
    streams=Streams.ON_REQUEST,
    marks=DIALECT.marks,
    is_billed=False,
)
"""A response that is read again, as a document or, with ?stream=true, as events."""
