"""Wire formats: one file each, JSON -> Reading, citing its source. A path says which one is spoken.

- reading         what a dialect makes of a document
- llama_timings   the counts that llama.cpp sends unasked
- openai_usage, openai_document   the usage object, and the top of an answer, that OpenAI's older APIs share
- openai_chat, openai_completions, openai_embeddings"""

from typing import Protocol

from proxy.dialects import openai_chat, openai_completions, openai_embeddings
from proxy.dialects.reading import Reading as Reading


class Dialect(Protocol):
    """A module of this package."""

    OPERATION: str
    """gen_ai.operation.name."""
    PATH: str
    """How paths of this operation end."""
    STREAMS: bool
    """Whether an answer may come as events, with usage on request."""

    def read(self, document: bytes) -> Reading | None: ...


DIALECTS: tuple[Dialect, ...] = (openai_chat, openai_completions, openai_embeddings)


def dialect_of(path: str) -> Dialect | None:
    """The dialect that is spoken at *path* (no query); None: one that is not metered.

    >>> dialect_of("/v1/chat/completions").OPERATION
    'chat'
    >>> dialect_of("/v1/embeddings/").OPERATION
    'embeddings'
    >>> dialect_of("/v1/models") is None
    True
    """
    for dialect in DIALECTS:
        if path.rstrip("/").endswith(dialect.PATH):
            return dialect
    return None
