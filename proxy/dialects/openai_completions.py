"""Completions (legacy at OpenAI; what many local servers and editors speak).

Source: https://platform.openai.com/docs/api-reference/completions/object, read 2026-11-22. Usage and its
extra chunk are those of chat; llama.cpp puts usage on the last chunk with choices, asked or not. Its own
/completion, and /infill, which editors ask for what stands between two texts, have no usage: what they tell
are timings (https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md, read 2026-11-23)."""

from proxy.dialects import openai_document
from proxy.dialects.dialect import Dialect, Streams, ends_with
from proxy.estimate.shape import Shape

DIALECT = Dialect(
    operation="text_completion",
    path=ends_with("/completions", "/completion", "/infill"),
    shape=Shape.OPENAI_COMPLETIONS,
    reader=lambda: openai_document.read,
    streams=Streams.ON_REQUEST,
    marks=openai_document.MARKS,
    asks_for_usage=True,
)
