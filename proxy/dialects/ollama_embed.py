"""Ollama's embeddings.

Source: https://docs.ollama.com/api/embed, read 2026-11-22. One document; nothing is generated, so output
tokens are 0, and what of total_duration is not load_duration went into reading the texts. The older
/api/embeddings answers numbers alone and is left to OpenAI's, whose path ends alike."""

from proxy.dialects import ollama_counts
from proxy.dialects.dialect import Dialect, ends_with
from proxy.dialects.reading import Reading, name_of
from proxy.estimate.shape import Shape


def read(document: bytes) -> Reading | None:
    top = ollama_counts.decoded(document)
    if top is None:
        return None
    usage, problem = ollama_counts.usage_of(top)
    reading_ns = None
    if type(top.total_duration) is int and type(top.load_duration) is int:
        reading_ns = top.total_duration - top.load_duration
    return Reading(
        model=name_of(top.model),
        usage=usage,
        reported=ollama_counts.reported_in(top),
        problem=problem,
        timings=ollama_counts.timings_of(top.load_duration, reading_ns, None),
    )


DIALECT = Dialect(
    operation="embeddings",
    path=ends_with("/api/embed"),
    reader=lambda: read,
    shape=Shape.OLLAMA_EMBED,
)
