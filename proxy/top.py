"""The members of a request's body that routing and attribution ask for, whatever the wire format."""

from typing import Any

import msgspec


class Top(msgspec.Struct):
    """Any: a member of an odd type is between client and upstream, and nothing to stumble over."""

    model: Any = None
    stream: Any = None
    service_tier: Any = None
    stream_options: Any = msgspec.UNSET
    user: Any = None
    safety_identifier: Any = None
    metadata: Any = None

    def needs(self) -> int | None:
        """Flags of ledger.needs.Needs, as a plain number. None: not known.

        Raises msgspec.DecodeError where a member is not what the wire format says."""
        return None


class Plain(Top):
    """Of wire formats whose requests are not looked into for what they need."""

    n: Any = None
    input: msgspec.Raw = msgspec.Raw(b"")
