"""Chat completions.

Source: https://platform.openai.com/docs/api-reference/chat/object and .../chat/streaming, read 2026-11-22.
With stream_options.include_usage one more chunk comes before [DONE]: its choices are [], its usage is
set, and the chunks before it have usage: null. Some servers put usage on the last chunk with choices."""

from proxy.dialects.openai_document import read as read

OPERATION = "chat"
PATH = "/chat/completions"
STREAMS = True
