"""TokenUsage: what a call used. The one place where "input includes cached" is decided."""

import msgspec

MAX_TOKENS = 2**53 - 1
"""The largest count that JSON numbers carry exactly (RFC 8259 section 6). More is a fault of upstream."""


class TokenUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of one call, as billed by the provider.

    Convention (OpenTelemetry GenAI): the two totals include their parts. A provider that leaves
    parts out of a total has them added by its dialect, and nothing after it adds again.
    A part is None where upstream did not say; 0 is a value.
    Raises ValueError on a count that cannot be one."""

    input_tokens: int
    """All input tokens, cached ones included."""
    output_tokens: int = 0
    """All output tokens, reasoning included."""
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    """All cache writes, of any lifetime."""
    cache_write_1h_tokens: int | None = None
    """Part of cache_write_tokens."""
    reasoning_tokens: int | None = None
    """Part of output_tokens."""
    input_audio_tokens: int | None = None
    """Part of input_tokens; how much of it was cached is not said by any chat API."""
    output_audio_tokens: int | None = None
    """Part of output_tokens."""

    def __post_init__(self) -> None:
        _refuse_impossible("input_tokens", self.input_tokens)
        _refuse_impossible("output_tokens", self.output_tokens)
        for name in _PARTS:
            count = getattr(self, name)
            if count is not None:
                _refuse_impossible(name, count)
        cached = (self.cache_read_tokens or 0) + (self.cache_write_tokens or 0)
        cached_1h = self.cache_write_1h_tokens or 0
        apart = (self.reasoning_tokens or 0) + (self.output_audio_tokens or 0)
        if cached > self.input_tokens:
            raise ValueError(_exceed("cached tokens", cached, "input_tokens", self.input_tokens))
        if (self.input_audio_tokens or 0) > self.input_tokens:
            audio = self.input_audio_tokens or 0
            raise ValueError(_exceed("input_audio_tokens", audio, "input_tokens", self.input_tokens))
        if cached_1h > (self.cache_write_tokens or 0):
            written = self.cache_write_tokens or 0
            raise ValueError(_exceed("cache_write_1h_tokens", cached_1h, "cache_write_tokens", written))
        if apart > self.output_tokens:
            raise ValueError(
                _exceed("reasoning and audio tokens", apart, "output_tokens", self.output_tokens)
            )


_PARTS = tuple(name for name in TokenUsage.__struct_fields__ if name not in ("input_tokens", "output_tokens"))


def _refuse_impossible(name: str, count: object) -> None:
    if type(count) is not int or not 0 <= count <= MAX_TOKENS:
        raise ValueError(f"{name} is not a count of tokens")


def _exceed(part_name: str, part: int, total_name: str, total: int) -> str:
    return f"{part_name} ({part}) exceed {total_name} ({total})"
