"""TokenUsage: what a call used. The one place where "input includes cached" is decided."""

import msgspec
from msgspec.structs import astuple

MAX_TOKENS = 2**53 - 1
"""The largest count that JSON numbers carry exactly (RFC 8259 section 6). More is a fault of upstream."""


class TokenUsage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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
    """Part of input_tokens, cached or not."""
    output_audio_tokens: int | None = None
    """Part of output_tokens."""
    input_image_tokens: int | None = None
    """Part of input_tokens, cached or not, where the provider counts images apart."""
    output_image_tokens: int | None = None
    """Part of output_tokens."""
    cache_read_audio_tokens: int | None = None
    """Part of cache_read_tokens and of input_audio_tokens: what the two have in common."""
    cache_read_image_tokens: int | None = None
    """Part of cache_read_tokens and of input_image_tokens: what the two have in common."""
    rejected_prediction_tokens: int | None = None
    """Part of output_tokens, beside reasoning: of a prediction, what was not taken. Billed all the same."""
    inferred_tokens: int | None = None
    """Part of output_tokens that no field states: what upstream's own total is larger than its parts.
    It says how well output_tokens is known, not what kind they are: it may overlap any other part."""

    def __post_init__(self) -> None:
        into, out, parts = self.input_tokens, self.output_tokens, astuple(self)[_TOTALS:]
        if not (type(into) is type(out) is int and 0 <= into <= MAX_TOKENS and 0 <= out <= MAX_TOKENS):
            _refuse_impossible("input_tokens", into)
            _refuse_impossible("output_tokens", out)
        if parts == _NO_PARTS or (not any(parts) and _NONE_OR_COUNT.issuperset(map(type, parts))):
            return  # as most are: what is not said, and what is 0, is no more than any total
        for name, count in zip(_PARTS, parts, strict=True):
            if count is not None:
                _refuse_impossible(name, count)
        _refuse_impossible_input(self)
        _refuse_impossible_cached_media(self)
        _refuse_impossible_output(self)


_TOTALS = 2
"""The first of its members; the parts come after them."""
_PARTS = TokenUsage.__struct_fields__[_TOTALS:]
_NO_PARTS = (None,) * len(_PARTS)
_NONE_OR_COUNT = frozenset({type(None), int})


def has_parts(usage: TokenUsage) -> bool:
    """Whether its tokens are of more classes than input and output."""
    parts = astuple(usage)[_TOTALS:]
    return parts != _NO_PARTS and any(parts)


def _refuse_impossible_input(usage: TokenUsage) -> None:
    cached = (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0)
    audio, image = usage.input_audio_tokens or 0, usage.input_image_tokens or 0
    _refuse_more("cached tokens", cached, "input_tokens", usage.input_tokens)
    _refuse_more("input_audio_tokens", audio, "input_tokens", usage.input_tokens)
    _refuse_more("input audio and image tokens", audio + image, "input_tokens", usage.input_tokens)
    written, written_1h = usage.cache_write_tokens or 0, usage.cache_write_1h_tokens or 0
    _refuse_more("cache_write_1h_tokens", written_1h, "cache_write_tokens", written)


def _refuse_impossible_cached_media(usage: TokenUsage) -> None:
    cached = usage.cache_read_tokens or 0
    audio, cached_audio = usage.input_audio_tokens or 0, usage.cache_read_audio_tokens or 0
    image, cached_image = usage.input_image_tokens or 0, usage.cache_read_image_tokens or 0
    _refuse_more("cache_read_audio_tokens", cached_audio, "input_audio_tokens", audio)
    _refuse_more("cache_read_image_tokens", cached_image, "input_image_tokens", image)
    _refuse_more("cached audio and image tokens", cached_audio + cached_image, "cache_read_tokens", cached)
    apart = cached
    if usage.cache_read_audio_tokens is not None:
        apart += audio - cached_audio
    if usage.cache_read_image_tokens is not None:
        apart += image - cached_image
    _refuse_more("cached, audio and image tokens", apart, "input_tokens", usage.input_tokens)


def _refuse_impossible_output(usage: TokenUsage) -> None:
    """Reasoning and rejected predictions are two things that OpenAI's completion_tokens includes, each."""
    apart = (
        (usage.reasoning_tokens or 0)
        + (usage.output_audio_tokens or 0)
        + (usage.output_image_tokens or 0)
        + (usage.rejected_prediction_tokens or 0)
    )
    _refuse_more("reasoning, audio, image and rejected tokens", apart, "output_tokens", usage.output_tokens)
    _refuse_more("inferred_tokens", usage.inferred_tokens or 0, "output_tokens", usage.output_tokens)


def _refuse_impossible(name: str, count: object) -> None:
    if type(count) is not int or not 0 <= count <= MAX_TOKENS:
        raise ValueError(f"{name} is not a count of tokens")


def _refuse_more(part_name: str, part: int, total_name: str, total: int) -> None:
    if part > total:
        raise ValueError(f"{part_name} ({part}) exceed {total_name} ({total})")
