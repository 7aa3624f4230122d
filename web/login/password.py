"""The report's password: compared, and never shown."""

import base64
import hmac
from collections.abc import Sequence
from hashlib import sha256


class Password:
    """Raises ValueError on an empty one: that would be an open door."""

    __slots__ = ("_digest",)

    def __init__(self, text: str) -> None:
        if not text:
            raise ValueError("the report password is empty; set one, or none at all on loopback")
        self._digest = _digest_of(text.encode())

    def __repr__(self) -> str:
        return "Password(***)"

    def is_(self, given: bytes) -> bool:
        """Of digests, so that the time it takes does not tell the length either."""
        return hmac.compare_digest(_digest_of(given), self._digest)


def password_in(authorizations: Sequence[str]) -> bytes | None:
    """What a program gives as Basic; any user name will do. None: nothing that can be read, or two headers,
    as it is open which of them holds."""
    if len(authorizations) != 1:
        return None
    scheme, _, credentials = authorizations[0].partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        _, colon, given = base64.b64decode(credentials.strip(), validate=True).partition(b":")
    except ValueError:
        return None
    return given if colon else None


def _digest_of(given: bytes) -> bytes:
    return sha256(given).digest()
