"""Ollama's generation from a prompt.

Source: https://docs.ollama.com/api/generate and .../api/streaming, read 2026-11-22. As chat; the last line
also has context, a number for each token of prompt and answer, which makes it long."""

from proxy.dialects import ollama_counts
from proxy.dialects.dialect import Dialect, Framing, Streams, ends_with
from proxy.estimate.shape import Shape

DIALECT = Dialect(
    operation="text_completion",
    path=ends_with("/api/generate"),
    reader=lambda: ollama_counts.read,
    streams=Streams.UNLESS_DECLINED,
    framing=Framing.LINES,
    marks=ollama_counts.MARKS,
    shape=Shape.OLLAMA_GENERATE,
)
