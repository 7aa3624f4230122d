"""Embeddings.

Source: https://platform.openai.com/docs/api-reference/embeddings/create, read 2026-11-22. usage has
prompt_tokens and total_tokens; nothing is generated, so output tokens are 0. Voyage's has total_tokens alone
(https://docs.voyageai.com/reference/embeddings-api, read 2026-11-23)."""

from typing import Any

from ledger.usage import TokenUsage
from proxy.dialects import openai_document, openai_usage
from proxy.dialects.dialect import Dialect, ends_with
from proxy.dialects.reading import Reading
from proxy.estimate.shape import Shape


def read(document: bytes) -> Reading | None:
    """None where *document* is no JSON object."""
    return openai_document.read(document, usage_of)


def usage_of(usage: dict[str, Any]) -> TokenUsage:
    """Raises ValueError where the object holds no usable counts."""
    if usage.keys().isdisjoint(("prompt_tokens", "completion_tokens")) and "total_tokens" in usage:
        return TokenUsage(input_tokens=usage["total_tokens"])
    return openai_usage.usage_of(usage)


DIALECT = Dialect(
    operation="embeddings",
    path=ends_with("/embeddings"),
    shape=Shape.OPENAI_EMBEDDINGS,
    reader=lambda: read,
)
