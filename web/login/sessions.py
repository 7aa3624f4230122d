"""Who has signed in, and until when. In memory alone: a restart, which a new password needs, ends all."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256

TOKEN_BYTES = 32
IDLE_S = 8 * 3600.0
"""A session that nobody uses for so long is over. A page that keeps itself up to date uses it."""
LONGEST_S = 7 * 24 * 3600.0
"""From signing in on, used or not."""
MOST = 1000
"""Beyond these the one that was used least recently ends. Only who has the password can make more."""


@dataclass(slots=True)
class _Session:
    begun_s: float
    used_s: float


class Sessions:
    """Times are seconds of a clock that only goes forward. Tokens are kept as hashes."""

    def __init__(self) -> None:
        self._by_hash: OrderedDict[bytes, _Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_hash)

    def begin(self, now_s: float) -> str:
        """The token of a new session, which the browser keeps."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._by_hash[_hash_of(token)] = _Session(now_s, now_s)
        while len(self._by_hash) > MOST:
            self._by_hash.popitem(last=False)
        return token

    def use(self, token: str, now_s: float) -> bool:
        """Whether the session is there; it then goes on."""
        name = _hash_of(token)
        session = self._by_hash.get(name)
        if session is None:
            return False
        if now_s - session.used_s > IDLE_S or now_s - session.begun_s > LONGEST_S:
            del self._by_hash[name]
            return False
        session.used_s = now_s
        self._by_hash.move_to_end(name)
        return True

    def end(self, token: str) -> None:
        self._by_hash.pop(_hash_of(token), None)


def _hash_of(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()
