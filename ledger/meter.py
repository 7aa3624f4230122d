"""A meter is one thing that is charged for. Meters of a call never overlap: their quantities add up."""

from enum import StrEnum


class Meter(StrEnum):
    """What a price has a rate for. Values are the names that users read and write."""

    INPUT = "input"
    """Input tokens that no other meter takes: neither cached nor audio nor image."""
    CACHE_READ = "cache_read"
    """Cached input tokens that are neither audio nor image."""
    CACHE_WRITE = "cache_write"
    """Cache writes with the provider's default lifetime (Anthropic: 5 minutes)."""
    CACHE_WRITE_1H = "cache_write_1h"
    INPUT_AUDIO = "input_audio"
    """Audio tokens that were not read from the cache."""
    OUTPUT = "output"
    """Output tokens that no other meter takes: rejected predictions are among them, and reasoning is unless
    it has a rate of its own."""
    OUTPUT_REASONING = "output_reasoning"
    OUTPUT_AUDIO = "output_audio"
    REQUEST = "request"
    """One per call, where a provider charges for the call itself."""
    INPUT_IMAGE = "input_image"
    """Image tokens that were not read from the cache."""
    OUTPUT_IMAGE = "output_image"
    CACHE_READ_AUDIO = "cache_read_audio"
    CACHE_READ_IMAGE = "cache_read_image"
    IMAGES = "images"
    """Images made, where they are charged one by one."""
    AUDIO = "audio"
    """Milliseconds of audio, transcribed or made."""
    CHARACTERS = "characters"
    """Characters that speech was made from."""
    WEB_SEARCH = "web_search"
    FILE_SEARCH = "file_search"
    SEARCH_UNIT = "search_unit"
    """A reranker's: one query with up to so many documents."""
    PAGE = "page"
    """Pages of documents read."""

    @property
    def per(self) -> int:
        """What people and price lists quote a rate of it for: a million tokens, an hour, a thousand pages."""
        return _QUOTED_PER.get(self, 1_000_000)


_QUOTED_PER = {
    Meter.REQUEST: 1000,
    Meter.IMAGES: 1,
    Meter.AUDIO: 3_600_000,
    Meter.WEB_SEARCH: 1000,
    Meter.FILE_SEARCH: 1000,
    Meter.SEARCH_UNIT: 1000,
    Meter.PAGE: 1000,
}
