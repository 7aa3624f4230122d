"""Requests that change something and cost nothing: no provider charges for the call itself.

A batch costs when its results are fetched, stored files by the day, a session by what is said in it. Left
out is what may cost: creating fine-tuning jobs, runs, containers, caches; searching vector stores.

Sources, read 2026-11-22: https://platform.openai.com/docs/api-reference, https://docs.anthropic.com/en/api,
https://docs.mistral.ai/api, https://ai.google.dev/api, https://docs.ollama.com/api,
https://docs.cohere.com/reference/tokenize, the README of llama.cpp's tools/server,
https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html."""

import re
from collections.abc import Iterable

STARTS = (
    # batches and jobs
    "/batches", "/batch/jobs",
    # keys for a browser to open a session with
    "/realtime/client_secrets", "/realtime/sessions", "/realtime/transcription_sessions",
    "/realtime/translations/client_secrets", "/chatkit/sessions",
)  # fmt: skip
"""Of PATHS those that begin what is billed later, past every budget."""
PATHS = (
    *STARTS,
    # what a call would cost, or how it would read
    "/responses/input_tokens", "/messages/count_tokens", "/tokenize", "/detokenize", "/apply-template",
    # of a call that was made
    "/responses/*/cancel", "/chat/completions/*",
    # files, and what is made of them
    "/files", "/uploads", "/uploads/*/parts", "/uploads/*/complete", "/uploads/*/cancel",
    "/vector_stores", "/vector_stores/*", "/file_batches", "/file_batches/*/cancel", "/skills", "/skills/*",
    # batches and jobs
    "/batches/*/cancel", "/batch/jobs/*/cancel",
    "/fine_tuning/jobs/*/cancel", "/fine_tuning/jobs/*/pause", "/fine_tuning/jobs/*/resume",
    # what a model is to remember
    "/conversations", "/conversations/*", "/conversations/*/items",
    "/assistants", "/assistants/*", "/threads", "/threads/thread_*", "/threads/*/messages",
    # sessions
    "/realtime/calls/*/hangup",
    # a local server's models
    "/api/show", "/api/pull", "/api/push", "/api/create", "/api/copy", "/api/delete", "/api/blobs/*",
    "/load_lora_adapter", "/unload_lora_adapter", "/lora-adapters", "/models/load", "/models/unload",
)  # fmt: skip
"""Endings; a star is one segment."""
STARTING_METHODS = ("batchGenerateContent", "asyncBatchEmbedContent")
METHODS = (*STARTING_METHODS, "countTokens", "computeTokens", "cancel")
"""Of Google's APIs: they stand after a colon."""


def _ending(paths: Iterable[str], methods: Iterable[str]) -> re.Pattern[str]:
    choice = "|".join(re.escape(path).replace(r"\*", "[^/]+") for path in paths)
    return re.compile(rf"(?:(?:{choice})|:(?:{'|'.join(methods)}))/?$")


_unbilled, _starting = _ending(PATHS, METHODS), _ending(STARTS, STARTING_METHODS)


def is_unbilled(path: str) -> bool:
    """*path* without its query. Only for what no dialect is spoken at. Some servers read a path as far as its
    first semicolon: behind that, anything could stand.

    >>> is_unbilled("/v1/responses/resp_1/cancel"), is_unbilled("/v1beta/models/gemini-2.5-flash:countTokens")
    (True, True)
    >>> is_unbilled("/v1/audio/voices"), is_unbilled("/v1/fine_tuning/jobs")
    (False, False)
    """
    return _unbilled.search(path) is not None and ";" not in path


def starts_what_is_billed(path: str) -> bool:
    """Whether such a request begins what is billed later: a batch, or a session that goes past us.

    >>> starts_what_is_billed("/v1/batches"), starts_what_is_billed("/v1/batches/batch_1/cancel")
    (True, False)
    """
    return _starting.search(path) is not None
