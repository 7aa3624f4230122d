"""Timings: what a local server says of the time that it took."""

import msgspec

from ledger.usage import MAX_TOKENS


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Durations of one call in microseconds, as the server itself measured them. None where it did not say.

    Raises ValueError on one that cannot be."""

    load_us: int | None = None
    """Getting the model into memory."""
    prefill_us: int | None = None
    """Reading the prompt, as far as it was not cached."""
    decode_us: int | None = None
    """Making the output."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            duration = getattr(self, name)
            if duration is not None and (type(duration) is not int or not 0 <= duration <= MAX_TOKENS):
                raise ValueError(f"{name} is not a duration in whole microseconds")
