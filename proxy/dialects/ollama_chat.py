"""Ollama's chat. Its OpenAI-compatible surface under /v1 is plain OpenAI.

Source: https://docs.ollama.com/api/chat and .../api/streaming, read 2026-11-22. An answer is a stream of JSON
lines unless the request says stream: false; the last line has the counts: ollama_counts."""

from proxy.dialects import ollama_counts
from proxy.dialects.dialect import Dialect, Framing, Streams, ends_with
from proxy.estimate.shape import Shape

DIALECT = Dialect(
    operation="chat",
    path=ends_with("/api/chat"),
    reader=lambda: ollama_counts.read,
    streams=Streams.UNLESS_DECLINED,
    framing=Framing.LINES,
    marks=ollama_counts.MARKS,
    shape=Shape.OLLAMA_CHAT,
)
