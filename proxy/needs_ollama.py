"""What a request of Ollama's own API needs of a model beside text, and the longest output it allows. Pure.

Source: https://docs.ollama.com/api/chat and /api/generate (images, tools, options), read 2026-11-22."""

from typing import Any

import msgspec

from ledger.needs import Needs
from proxy.top import Anything, Top

_TOOLS, _IMAGES = int(Needs.TOOLS), int(Needs.IMAGES)


class _Imaged(msgspec.Struct):
    images: list[msgspec.Raw] | None = None


class _Ollama(Top):
    options: Any = None

    def limits(self) -> tuple[Any, ...]:
        return (self.options.get("num_predict"),) if isinstance(self.options, dict) else ()


class OllamaChat(_Ollama):
    messages: list[_Imaged] | None = None
    tools: list[Anything] | None = None

    def needs(self) -> int:
        found = _TOOLS if self.tools else 0
        return found | (_IMAGES if any(message.images for message in self.messages or ()) else 0)


class OllamaGenerate(_Ollama):
    images: list[msgspec.Raw] | None = None

    def needs(self) -> int:
        return _IMAGES if self.images else 0
