"""The keys of clients as a running payback knows them: read again when their file has changed.

A call looks at the file's date, so that a key that is revoked opens nothing more: one os.stat."""

import logging
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from payback.errors import SettingsError
from payback.issued_key import IssuedKey
from payback.key_file import read_keys
from proxy.client_key import ClientKey
from proxy.gate import KeysUnreadable

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.001
"""What was seen holds for so long. Nobody has heard by then that a key was revoked, and a look takes 2 us."""
_Look = tuple[int, ...]
"""What changes when a file does."""


class KeyRing:
    """Where nothing can be read that could be before, nobody is let in."""

    def __init__(self, path: Path, look_every_s: float = LOOK_SECONDS) -> None:
        self._path = path
        self._look_every_s = look_every_s
        self._looked_at_s = 0.0
        self._seen: _Look | None = None
        self._keys: Mapping[bytes, ClientKey] | None = None
        self._fault: str | None = None
        self.issued: tuple[IssuedKey, ...] = ()
        """As the file had them when it was last read."""

    @property
    def has_keys(self) -> bool:
        """Whether a file was there when last looked: valid or not, from then on a call needs a key."""
        return self._seen is not None

    def start(self) -> None:
        """Raises SettingsError where there is a file that cannot be read."""
        with suppress(FileNotFoundError):
            read_keys(self._path)
        with suppress(KeysUnreadable):
            self.keys()

    def keys(self) -> Mapping[bytes, ClientKey] | None:
        """By digest; None where there never was a file. Raises KeysUnreadable."""
        now_s = time.monotonic()
        if now_s - self._looked_at_s >= self._look_every_s:
            self._look()
            self._looked_at_s = now_s
        if self._fault is not None:
            raise KeysUnreadable(self._fault)
        return self._keys

    def _look(self) -> None:
        try:
            found = os.stat(self._path)  # noqa: PTH116  # half the time of Path.stat, for every call
        except (FileNotFoundError, NotADirectoryError):
            self._gone()
        except OSError as error:
            self._fail(f"cannot look at {self._path}: {error.strerror}")
        else:
            look = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if look != self._seen:
                self._read(look)

    def _gone(self) -> None:
        if self._seen is not None:
            self._seen = ()
            self._fail(f"{self._path} has gone; put it back, or end payback and start it without keys")

    def _read(self, look: _Look) -> None:
        """The look was before the reading: a change in between is seen at the next call."""
        self._seen = look
        try:
            self.issued = read_keys(self._path)
        except SettingsError as error:
            self._fail(str(error))
            return
        except FileNotFoundError:
            self._gone()
            return
        self._fault = None
        self._keys = {key.digest: key for key in map(IssuedKey.as_client_key, self.issued)}
        log.info("%d keys of clients were read", len(self._keys))

    def _fail(self, why: str) -> None:
        """Said once, not for each call."""
        if why != self._fault:
            self._fault = why
            log.error("no call is let in: %s", why)
