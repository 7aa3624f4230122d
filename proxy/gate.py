"""Who may make a call. Every call comes through Gate.admit, before anything else of it is looked at: what is
not let in here is refused, and a fault of our own lets nobody in."""

import hmac
import logging
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from proxy.client_key import ClientKey, digest_of, is_token
from proxy.credential import contradicted_in, credentials_in
from proxy.refusal import Reason, Refusal
from proxy.request import Request

log = logging.getLogger(__name__)

Keys = Mapping[bytes, ClientKey]
"""By digest."""
MOST_TOKENS = 4
"""That one request may show. A client sends one, or the same in two headers."""

_MISSING = Refusal(
    401,
    "missing_api_key",
    "this call has no key of payback's; send one where the key of the provider would be, as in"
    " Authorization: Bearer pb-...",
)
_UNKNOWN = Refusal(
    401, "invalid_api_key", "the key of this call is not valid here; ask whoever runs payback for another"
)
"""Clients are not told which of unknown, expired and revoked."""
_UNREADABLE = Refusal(
    503, "keys_unreadable", "the keys of clients cannot be read, so no call is let in; payback's log says why"
)


class KeysUnreadable(Exception):
    """Whoever keeps the keys has said why."""


class Gate:
    """*keys* gives those that are known now, or None where none are asked for; it may raise KeysUnreadable.
    *count* hears why a call is refused."""

    def __init__(
        self, keys: Callable[[], Keys | None], now_us: Callable[[], int], count: Callable[[Reason], None]
    ) -> None:
        self._keys = keys
        self._now_us = now_us
        self.count = count

    def admit(self, request: Request) -> ClientKey | None:
        """The key that the call is made with; None: none is asked for. Raises Refusal, and nothing else."""
        try:
            keys = self._keys()
            return None if keys is None else self._admitted(keys, request)
        except Refusal:
            raise
        except KeysUnreadable:
            raise self.refusal("unreadable", _UNREADABLE) from None
        except Exception as error:
            log.error("a call is refused, as its key could not be looked at", exc_info=error)
            raise self.refusal("unreadable", _UNREADABLE) from None

    def still_admits(self, key: ClientKey) -> bool:
        """Whether a connection that *key* has opened may go on."""
        try:
            known = (self._keys() or {}).get(key.digest)
        except Exception:  # noqa: BLE001  # whatever it is, nobody can say that the key holds
            return False
        return known is not None and known.holds_at(self._now_us())

    def refusal(self, reason: Reason, refusal: Refusal) -> Refusal:
        """*refusal*, counted."""
        self.count(reason)
        return refusal

    def _admitted(self, keys: Keys, request: Request) -> ClientKey:
        if (name := contradicted_in(request.headers)) is not None:
            raise self.refusal("ambiguous", _two_keys(f"in two lines of the header {name}"))
        query = request.raw_path.partition("?")[2]
        sent = list(islice(credentials_in(request.headers, query), MOST_TOKENS))
        known = list(_found(keys, sent))
        if not known:
            raise self.refusal("unknown", _UNKNOWN) if sent else self.refusal("missing", _MISSING)
        found = known[0]
        if any(other is not found for other in known):
            raise self.refusal("ambiguous", _two_keys("in two places"))
        if not found.holds_at(self._now_us()):
            reason: Reason = "revoked" if found.is_revoked else "expired"
            log.info("a call with the %s key %s was refused", reason, found.name)
            raise self.refusal(reason, _UNKNOWN)
        return found


def _two_keys(place: str) -> Refusal:
    return Refusal(400, "ambiguous_api_key", f"this call has two different keys {place}; send one")


def _found(keys: Keys, sent: list[str]) -> Iterator[ClientKey]:
    """Looked up by hash, so how long it takes says nothing of a token, and compared in constant time."""
    for text in sent:
        if is_token(text):
            digest = digest_of(text)
            key = keys.get(digest)
            if key is not None and hmac.compare_digest(key.digest, digest):
                yield key
