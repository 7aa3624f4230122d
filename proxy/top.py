"""The members of a request's body that routing and attribution ask for, whatever the wire format."""

from typing import Any

import msgspec

MOST_TOLD = 1_000_000
"""Of tokens and of choices: no model writes more at once, and who says so is refused upstream."""


class Top(msgspec.Struct):
    """Any: a member of an odd type is between client and upstream, and nothing to stumble over."""

    model: Any = None
    stream: Any = None
    service_tier: Any = None
    stream_options: Any = msgspec.UNSET
    user: Any = None
    safety_identifier: Any = None
    metadata: Any = None
    n: Any = None
    max_tokens: Any = None
    max_completion_tokens: Any = None
    max_output_tokens: Any = None

    def needs(self) -> int | None:
        """Flags of ledger.needs.Needs, as a plain number. None: not known.

        Raises msgspec.DecodeError where a member is not what the wire format says."""
        return None

    def limits(self) -> tuple[Any, ...]:
        """What it says of the longest output, in tokens."""
        return self.max_tokens, self.max_completion_tokens, self.max_output_tokens

    def choices(self) -> Any:
        """How many such outputs it asks for."""
        return self.n


class Anything(msgspec.Struct, gc=False):
    """An object, whatever is in it."""


class Plain(Top):
    """Of wire formats whose requests are not looked into for what they need."""

    input: msgspec.Raw = msgspec.Raw(b"")


def most_output_in(top: Top) -> int | None:
    """Tokens that the answer has at most, all choices together; None: nothing is said of it."""
    told = top.limits()
    if not any(told):
        return None
    limit = max(map(count_of, told))
    return limit * (count_of(top.choices()) or 1) if limit else None


def count_of(told: Any) -> int:
    """0: it is none. Ollama's -1 and -2 are no limits, either; 100.0 is 100, as most servers read it."""
    is_whole = type(told) is int or (type(told) is float and told.is_integer())
    return int(min(told, MOST_TOLD)) if is_whole and told > 0 else 0
