"""Gemini's embedContent and batchEmbedContents, at Google AI and at Vertex AI.

Source: https://ai.google.dev/api/embeddings and models/embedContent in
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest, read 2026-11-22. usageMetadata has
promptTokenCount, and by modality promptTokenDetails (Vertex: promptTokensDetails); nothing is generated.
Here images have a price of their own. Answers of older models have no usageMetadata; no answer names its
model, the path does."""

from typing import Any

import msgspec

from ledger.usage import TokenUsage
from proxy.dialects import gemini, gemini_usage
from proxy.dialects.counted import counted
from proxy.dialects.dialect import Dialect
from proxy.dialects.reading import Reading
from proxy.lenient import decoded_or_none


class _Top(msgspec.Struct, rename="camel"):
    usage_metadata: Any = None


_decoder = msgspec.json.Decoder(_Top)


def read(document: bytes) -> Reading | None:
    """None where *document* is no JSON object."""
    top = decoded_or_none(_decoder, document)
    if top is None:
        return None
    usage, problem = counted(top.usage_metadata, _usage_of)
    return Reading(usage=usage, reported=top.usage_metadata, problem=problem)


def _usage_of(usage: dict[str, Any]) -> TokenUsage:
    details = usage.get("promptTokenDetails", usage.get("promptTokensDetails"))
    found = gemini_usage.usage_of({**usage, "promptTokensDetails": details})
    images = gemini_usage.of_modality({"details": details}, "details", "IMAGE")
    return msgspec.structs.replace(found, input_image_tokens=images)


DIALECT = Dialect(
    operation="embeddings",
    path=gemini.method_path("embedContent", "batchEmbedContents"),
    reader=lambda: read,
    marks=gemini.MARKS,
)
