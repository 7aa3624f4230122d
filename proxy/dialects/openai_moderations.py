"""Moderations, which OpenAI does not charge for.

Source: https://platform.openai.com/docs/api-reference/moderations/object, read 2026-11-22: the answer has
no usage. Mistral's has the one of its chat (https://docs.mistral.ai/api/endpoint/classifiers): it counts
where it is there."""

from proxy.dialects import openai_document
from proxy.dialects.dialect import Dialect, ends_with

DIALECT = Dialect(
    operation="moderation",
    path=ends_with("/moderations"),
    reader=lambda: openai_document.read,
    is_billed=False,
)
