"""The text of a call, as far as it is kept. A passage is what a tokenizer sees by itself: one message, one
argument of a tool; no token reaches from one into the next."""

from io import StringIO

MOST_CHARACTERS = 100_000
"""Kept of one text, all its passages together: what bounds the memory and the time of a count."""
MOST_GROWING = 100
"""Passages that may be continued. Choices, content blocks and tool calls of one answer are far fewer."""

Path = tuple[str | int, ...]
"""Where in a document a text stands; a stream continues it under the same path."""


class Passages:
    """What of a text is kept, and what else is known of it."""

    def __init__(self) -> None:
        self.length = 0
        """Characters, kept or not."""
        self.known_tokens = 0
        """Tokens that need no tokenizer: those that a request gives as numbers, those between messages."""
        self.has_media = False
        """There are images, audio or files beside the text: they are not counted."""
        self.has_earlier_turns = False
        """The request goes on from something that only upstream has: that is not counted."""
        self._kept = 0
        self._whole: list[str] = []
        self._growing: dict[Path, StringIO] = {}

    def add(self, text: str, path: Path | None = None) -> None:
        """*path*: continue the passage that stands there. None: the passage is whole."""
        self.length += len(text)
        kept = text[: MOST_CHARACTERS - self._kept]
        if not kept:
            return
        self._kept += len(kept)
        if path is None or (path not in self._growing and len(self._growing) >= MOST_GROWING):
            self._whole.append(kept)
        elif (passage := self._growing.get(path)) is not None:
            passage.write(kept)
        else:
            self._growing[path] = passage = StringIO()
            passage.write(kept)

    def texts(self) -> list[str]:
        return [*self._whole, *(passage.getvalue() for passage in self._growing.values())]

    def scaled(self, tokens: int) -> int:
        """Tokens of the whole text, *tokens* being those of what is kept; rounded up.

        tokens / kept characters * all characters: as if the rest were like its first 100,000 characters."""
        return -(-tokens * self.length // self._kept) if self._kept else 0
