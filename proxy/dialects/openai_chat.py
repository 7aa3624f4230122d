"""Chat completions, at OpenAI, Azure and everyone who speaks their language.

Source: https://platform.openai.com/docs/api-reference/chat/object and .../chat/streaming, read 2026-11-22.
With stream_options.include_usage one more chunk comes before [DONE]: its choices are [], its usage is
set, and the chunks before it have usage: null. Some servers put usage on the last chunk with choices."""

from proxy.dialects import openai_document
from proxy.dialects.dialect import Dialect, Streams, ends_with
from proxy.estimate.shape import Shape

DIALECT = Dialect(
    operation="chat",
    path=ends_with("/chat/completions"),
    shape=Shape.OPENAI_CHAT,
    reader=lambda: openai_document.read,
    streams=Streams.ON_REQUEST,
    marks=openai_document.MARKS,
    asks_for_usage=True,
)
