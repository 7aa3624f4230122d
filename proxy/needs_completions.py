"""What a request for completions of text says: it has nothing but text, and may have several prompts. Pure.

Source: OpenAI's own library, read 2026-11-23,
https://www.rubydoc.info/github/openai/openai-ruby/OpenAI/Models/CompletionCreateParams."""

from typing import Any

import msgspec

from proxy.top import Top, count_of


class Completions(Top):
    best_of: Any = None
    prompt: msgspec.Raw = msgspec.Raw(b"")

    def needs(self) -> int:
        return 0

    def choices(self) -> int:
        """Of each prompt: all those of which the best are chosen are charged for."""
        return max(count_of(self.n), count_of(self.best_of), 1) * self._prompts()

    def _prompts(self) -> int:
        """A list of numbers is one prompt, in tokens."""
        if bytes(memoryview(self.prompt)[:1]) != b"[":
            return 1
        prompts = msgspec.json.decode(self.prompt, type=list[msgspec.Raw])
        are_tokens = bool(prompts) and bytes(memoryview(prompts[0])[:1]).isdigit()
        return 1 if are_tokens else max(len(prompts), 1)
