"""Embeddings.

Source: https://platform.openai.com/docs/api-reference/embeddings/create, read 2026-11-22. usage has
prompt_tokens and total_tokens; nothing is generated, so output tokens are 0."""

from proxy.dialects.openai_document import read as read

OPERATION = "embeddings"
PATH = "/embeddings"
STREAMS = False
