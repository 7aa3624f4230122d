"""Wire formats: one file each, JSON -> Reading, citing its source. Method and path say which one is spoken.

- dialect         what a wire format is
- reading         what a dialect makes of a document
- llama_timings   the counts that llama.cpp sends unasked
- openai_usage, openai_document   the usage object, and the top of an answer, that OpenAI's older APIs share
- openai_chat, openai_completions, openai_embeddings
- openai_responses, openai_images, openai_transcriptions, openai_speech, openai_moderations, rerank
- openai_realtime, openai_responses_session   over WebSocket: many calls on one connection
- session, sessions   what those have in common; which path speaks which
- counted, upstream_cost, server_tools   what every reader of a usage object does with it; what that says of a
  cost, and of searches
- unbilled        requests that cost nothing, whatever they answer
- gemini_usage, gemini, gemini_stream, gemini_interactions, gemini_embed   Gemini's counts, and its own APIs
- anthropic_usage, anthropic_messages   what Anthropic counts, and the messages that tell it
- batch_items, anthropic_batch, openai_batch   the results of batches: each is a call
- ollama_counts, ollama_chat, ollama_generate, ollama_embed   Ollama's own API, and what it counts"""

import re

from proxy.dialects import (
    anthropic_batch,
    anthropic_messages,
    gemini,
    gemini_embed,
    gemini_interactions,
    gemini_stream,
    ollama_chat,
    ollama_embed,
    ollama_generate,
    openai_batch,
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_images,
    openai_moderations,
    openai_responses,
    openai_speech,
    openai_transcriptions,
    rerank,
)
from proxy.dialects.dialect import Dialect as Dialect
from proxy.dialects.reading import Reading as Reading

DIALECTS: tuple[Dialect, ...] = (
    openai_chat.DIALECT,
    openai_completions.DIALECT,
    openai_embeddings.DIALECT,
    openai_responses.DIALECT,
    openai_responses.RETRIEVED,
    openai_images.DIALECT,
    openai_transcriptions.DIALECT,
    openai_speech.DIALECT,
    openai_moderations.DIALECT,
    rerank.DIALECT,
    gemini.DIALECT,
    gemini_stream.DIALECT,
    gemini_interactions.DIALECT,
    gemini_embed.DIALECT,
    anthropic_messages.DIALECT,
    anthropic_batch.DIALECT,
    openai_batch.DIALECT,
    ollama_chat.DIALECT,
    ollama_generate.DIALECT,
    ollama_embed.DIALECT,
)
"""The first whose path fits is the one that is spoken: longer endings stand before their own endings."""


_IN_ANY_CASE = {dialect.path: re.compile(dialect.path.pattern, re.IGNORECASE) for dialect in DIALECTS}


def dialect_of(method: str, path: str, *, in_any_case: bool = False) -> tuple[Dialect | None, str | None]:
    """The dialect that is spoken at *path* (no query), and the model that the path names.

    No dialect: an operation that is not metered. *in_any_case*: as servers read paths that do not tell A
    from a.

    >>> dialect_of("POST", "/v1/chat/completions")[0].operation
    'chat'
    >>> dialect_of("POST", "/openai/deployments/ours/embeddings/")[1]
    'ours'
    >>> dialect_of("GET", "/v1/models")
    (None, None)
    """
    for dialect in DIALECTS:
        pattern = _IN_ANY_CASE[dialect.path] if in_any_case else dialect.path
        if method in dialect.methods and (found := pattern.search(path)):
            return dialect, found.groupdict().get("model")
    return None, None
