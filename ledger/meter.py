"""A meter is one thing that is charged for. Meters of a call never overlap: their quantities add up."""

from enum import StrEnum


class Meter(StrEnum):
    """What a price has a rate for. Values are the names that users read and write."""

    INPUT = "input"
    """Input tokens that no other meter takes: neither cached nor audio."""
    CACHE_READ = "cache_read"
    CACHE_WRITE = "cache_write"
    """Cache writes with the provider's default lifetime (Anthropic: 5 minutes)."""
    CACHE_WRITE_1H = "cache_write_1h"
    INPUT_AUDIO = "input_audio"
    OUTPUT = "output"
    """Output tokens that no other meter takes. Reasoning is among them unless it has a rate of its own."""
    OUTPUT_REASONING = "output_reasoning"
    OUTPUT_AUDIO = "output_audio"
    REQUEST = "request"
    """One per call, where a provider charges for the call itself."""
