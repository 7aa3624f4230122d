"""A key that payback gives to a client: what it looks like, and what of it is kept.

Only a hash is. A plain SHA-256 does: a token is 256 random bits, so nobody can try all, and nobody has a
list of likely ones; to make a hash slow or to salt it helps against guessing what people think up. A slow
one would cost every call, and let strangers spend our time."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256

START = "pb-"
RANDOM_BYTES = 32
PUBLIC_CHARACTERS = 9
"""So many from the start may be shown, to tell keys apart: 36 of the random bits, and 220 stay unknown."""
_TOKEN = re.compile(r"pb-[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientKey:
    name: str
    """As the ledger knows it."""
    digest: bytes
    """Of the token: digest_of."""
    upstream: str | None = None
    """Where its calls go; None: where they would go anyway."""
    project: str | None = None
    """Whose the calls are, whatever they say themselves; None: what they say. So is the workload."""
    workload: str | None = None
    models: tuple[str, ...] = ()
    """Patterns of the models that may be asked for; none: all may."""
    expires_us: int | None = None
    """From then on it is refused. Unix epoch."""
    is_revoked: bool = False

    def holds_at(self, now_us: int) -> bool:
        return not self.is_revoked and (self.expires_us is None or now_us < self.expires_us)

    def allows(self, model: str) -> bool:
        """Google's names may begin with models/."""
        return any(fnmatchcase(model.removeprefix("models/"), pattern) for pattern in self.models)


def is_token(text: str) -> bool:
    """Whether it looks like one.

    >>> is_token("pb-" + 43 * "a"), is_token("sk-" + 43 * "a"), is_token("pb-" + 44 * "a")
    (True, False, False)
    """
    return _TOKEN.fullmatch(text) is not None


def digest_of(token: str) -> bytes:
    """
    >>> digest_of("pb-" + 43 * "a").hex()[:16]
    '6db24bfe3ac4ea52'
    """
    return sha256(token.encode("ascii")).digest()
