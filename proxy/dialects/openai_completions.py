"""Completions (legacy at OpenAI; what many local servers and editors speak).

Source: https://platform.openai.com/docs/api-reference/completions/object, read 2026-11-22. Usage and its
extra chunk are those of chat; llama.cpp puts usage on the last chunk with choices, asked or not."""

from proxy.dialects.openai_document import read as read

OPERATION = "text_completion"
PATH = "/completions"
STREAMS = True
