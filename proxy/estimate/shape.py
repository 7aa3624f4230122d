"""The wire formats whose text is known."""

from enum import Enum


class Shape(Enum):
    """What requests and answers look like; an operation, told apart by API."""

    OPENAI_CHAT = "openai chat"
    OPENAI_COMPLETIONS = "openai completions"
    OPENAI_EMBEDDINGS = "openai embeddings"
    OPENAI_RESPONSES = "openai responses"
    ANTHROPIC_MESSAGES = "anthropic messages"
    OLLAMA_CHAT = "ollama chat"
    OLLAMA_GENERATE = "ollama generate"
    OLLAMA_EMBED = "ollama embed"
    GEMINI = "gemini"
