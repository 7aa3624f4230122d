"""Embeddings.

Source: https://platform.openai.com/docs/api-reference/embeddings/create, read 2026-11-22. usage has
prompt_tokens and total_tokens; nothing is generated, so output tokens are 0."""

from proxy.dialects import openai_document
from proxy.dialects.dialect import Dialect, ends_with
from proxy.estimate.shape import Shape

DIALECT = Dialect(
    operation="embeddings",
    path=ends_with("/embeddings"),
    shape=Shape.OPENAI_EMBEDDINGS,
    reader=lambda: openai_document.read,
)
