"""Gemini's streamGenerateContent: what generateContent answers, in parts.

Source: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent, read 2026-11-22. The
method streams whatever the request says: with alt=sse in the query as events, which end without a [DONE];
without it as one JSON list, application/json, whose members come one by one."""

from proxy.dialects import gemini
from proxy.dialects.dialect import Dialect, Streams
from proxy.estimate.shape import Shape

DIALECT = Dialect(
    operation=gemini.OPERATION,
    path=gemini.method_path("streamGenerateContent"),
    reader=lambda: gemini.Reader(is_stream=True),
    streams=Streams.ALWAYS,
    marks=gemini.MARKS,
    shape=Shape.GEMINI,
)
