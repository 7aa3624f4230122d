"""Room for one more call: its connection to upstream is an open file, and a process may have only so many.

What is kept free is for clients that come when there is no room, so that they are told so; for the ledger's
spool, and for the socket to a new scribe."""

import errno
import os
import resource
import time
from collections.abc import Callable
from contextlib import suppress

from proxy.refusal import Reason, Refusal

_MOST_KEPT, _KEPT_SHARE = 64, 8
NO_ROOM_ERRORS = frozenset({errno.EMFILE, errno.ENFILE})
NO_ROOM = Refusal(
    503,
    "too_many_open_files",
    "payback may open no more connections, so the call was not made; raise its limit of open files"
    " (LimitNOFILE= of a service, or ulimit -n) and try again",
    retry_after_s=1,
    closes=True,
)
LOOK_SECONDS = 0.005
"""What was seen holds for so long: a look takes 3 us, and the files that are kept free last longer."""


class Room:
    def __init__(self, count: Callable[[Reason], None]) -> None:
        self._count = count
        self._looked_at_s = 0.0

    def refuse_without_any(self) -> None:
        """Raises NO_ROOM, counted."""
        now_s = time.monotonic()
        if now_s - self._looked_at_s >= LOOK_SECONDS:
            try:
                refuse_without_room()
            except Refusal:
                self._count("files")
                raise
            self._looked_at_s = now_s


def refuse_without_room() -> None:
    """Raises NO_ROOM. The system gives the lowest free number, which shows how many are left."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    try:
        lowest = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in NO_ROOM_ERRORS:
            raise NO_ROOM from error
        return
    os.close(lowest)
    if limit != resource.RLIM_INFINITY and lowest >= limit - min(_MOST_KEPT, limit // _KEPT_SHARE):
        raise NO_ROOM


def take_all_room() -> None:
    """As many open files as the system allows this process: shells and services start it with fewer."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(ValueError, OSError):  # where the system allows fewer than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
