"""What the session's llama.cpp server answers at temperature 0: the same text to everybody."""

from typing import Any

from tests.llama.fixtures import MODEL_NAME, LlamaServer
from tests.llama.test_llama_server import CHAT, HELLO, HELLO_TOKENS, post

MODEL = MODEL_NAME
SAID_TOKENS = 12
TOKENS = (HELLO_TOKENS, SAID_TOKENS)
"""Input and output of a question with this prompt."""
PROMPT = "hello there"
MESSAGES: Any = [{"role": "user", "content": PROMPT}]


def text_of(server: LlamaServer) -> str:
    """Asked without payback between."""
    answer = post(server, CHAT, {**HELLO, "temperature": 0, "max_tokens": SAID_TOKENS})
    text: str = answer["choices"][0]["message"]["content"]
    return text
