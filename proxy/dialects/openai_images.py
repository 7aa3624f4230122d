"""Images: generations, edits and variations. The latter two send a form; edits may send JSON too.

Source: https://platform.openai.com/docs/api-reference/images/object and .../images-streaming, and
openai-python types/images_response.py and image_gen_completed_event.py, read 2026-11-22. GPT image models
report usage, at the top of a document and in the events image_generation.completed and
image_edit.completed: input_tokens includes text_tokens and image_tokens; output_tokens are image tokens but
for the text_tokens of output_tokens_details, if they are told apart. The image itself, some MB in base64,
stands before usage or after it. What writes an SVG is another model, with svg_usage of its own: a call of
its own. The answer names no model.

Older models and most other providers report no usage and charge by the image: those in data are counted; in
an answer that is too long to be read, as many as the request asks for. Volcengine's usage counts
generated_images (https://www.volcengine.com/docs/82379/1541523)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects import upstream_cost
from proxy.dialects.counted import Counted, counted, part
from proxy.dialects.dialect import Dialect, Streams, ends_with
from proxy.dialects.reading import NO_TOKENS, Item, Reading, name_of
from proxy.lenient import decoded_or_none

OPERATION = "image_generation"
MOST_IMAGES = 1000
"""Of one request; OpenAI makes ten."""
_SVG_AUTHOR = "svg"
"""Stands for the name of a model that the answer does not tell: it is not the one that was asked for."""


class _Top(msgspec.Struct):
    type: Any = None
    model: Any = None
    data: msgspec.Raw = msgspec.Raw(b"")
    usage: Any = None
    svg_usage: Any = None


_decoder = msgspec.json.Decoder(_Top, float_hook=upstream_cost.exact)
_list_decoder = msgspec.json.Decoder(list[msgspec.Raw])


class Reader:
    def __init__(self) -> None:
        self._images = 0
        """That have come as events so far."""

    def __call__(self, document: bytes) -> Reading | None:
        top = decoded_or_none(_decoder, document)
        if top is None:
            return None
        if isinstance(top.type, str) and top.type.endswith(".completed"):
            self._images += 1
        usage, problem = _usage(top.usage)
        units = None if usage or problem else self._units(top)
        return Reading(
            model=name_of(top.model),
            usage=usage,
            units=units,
            reported=top.usage,
            upstream_cost=upstream_cost.claimed_in(top.usage),
            problem=problem,
            items=_written(top.svg_usage),
        )

    def _units(self, top: _Top) -> Units | None:
        stated = part({"usage": top.usage}, "usage").get("generated_images")
        images = stated if type(stated) is int else self._images or _length(top.data)
        return Units(images=images) if images is not None and 0 <= images <= MOST_IMAGES else None


def usage_of(usage: Mapping[str, Any]) -> TokenUsage:
    """Raises ValueError where the object holds no usable counts."""
    read, made = part(usage, "input_tokens_details"), part(usage, "output_tokens_details")
    cached = part(usage, "cached_tokens_details") or part(read, "cached_tokens_details")
    output = usage.get("output_tokens", usage.get("completion_tokens", 0))
    return TokenUsage(
        input_tokens=usage.get("input_tokens", usage.get("prompt_tokens")),
        output_tokens=output,
        cache_read_tokens=usage.get("cached_tokens", read.get("cached_tokens")),
        cache_read_image_tokens=cached.get("cached_image_tokens", cached.get("image_tokens")),
        input_image_tokens=read.get("image_tokens"),
        output_image_tokens=made.get("image_tokens", output),
    )


def units_asked(members: Mapping[str, Any]) -> Units | None:
    """Images that a request asks for: n, or one."""
    number = members.get("n")
    if isinstance(number, str):
        number = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0
    images = 1 if number is None else number
    return Units(images=images) if type(images) is int and 0 < images <= MOST_IMAGES else None


def _usage(usage: object) -> Counted:
    """A usage of nothing, as some gateways invent it, is none; nor is one that counts no tokens."""
    if isinstance(usage, dict) and not {"input_tokens", "prompt_tokens"} & usage.keys():
        return None, None
    found, problem = counted(usage, usage_of)
    return found, None if problem == NO_TOKENS else problem


def _written(svg_usage: object) -> tuple[Item, ...]:
    usage, problem = counted(svg_usage, _text_usage_of)
    if usage is None:
        return ()
    model = name_of(part({"svg": svg_usage}, "svg").get("model"))
    reading = Reading(model=model, usage=usage, reported=svg_usage, problem=problem)
    return (Item(operation="chat", reading=reading, request_model=model or _SVG_AUTHOR),)


def _text_usage_of(usage: Mapping[str, Any]) -> TokenUsage:
    return TokenUsage(
        input_tokens=usage.get("input_tokens"),  # type: ignore[arg-type]  # TokenUsage refuses what is no count
        output_tokens=usage.get("output_tokens", 0),
        reasoning_tokens=usage.get("reasoning_tokens"),
    )


def _length(listed: bytes) -> int | None:
    images = decoded_or_none(_list_decoder, listed)
    return None if images is None else len(images)


DIALECT = Dialect(
    operation=OPERATION,
    path=ends_with("/images/generations", "/images/edits", "/images/variations"),
    reader=Reader,
    streams=Streams.ON_REQUEST,
    marks=(b'"usage"', b'.completed"'),
    is_form=True,
    units_asked=units_asked,
)
