"""Units: what a call is charged for beside tokens, or in place of them."""

import msgspec

from ledger.usage import MAX_TOKENS


class Units(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one call, as billed by the provider. None where upstream did not say; 0 is a value.

    A call that is charged for these alone has a TokenUsage of 0 and 0. What upstream counts both ways, such
    as a transcription's tokens and its duration, is in one of the two: its dialect decides.
    Raises ValueError on a count that cannot be one."""

    images: int | None = None
    """Images made."""
    audio_ms: int | None = None
    """Milliseconds of audio, transcribed or made."""
    characters: int | None = None
    """Characters that speech was made from."""
    web_searches: int | None = None
    file_searches: int | None = None
    """Searches in stored files."""
    search_units: int | None = None
    """What a reranker charges for: one query with up to so many documents."""
    pages: int | None = None
    """Pages of documents read."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            count = getattr(self, name)
            if count is not None and (type(count) is not int or not 0 <= count <= MAX_TOKENS):
                raise ValueError(f"{name} is not a count")
