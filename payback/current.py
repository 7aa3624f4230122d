"""What the configuration says of calls, as it is now: read again while payback runs, and swapped whole.

A call takes one Forwarder and keeps it to its end. A configuration that is wrong changes nothing."""

import logging
from collections.abc import Callable, Iterator

from payback.errors import SettingsError
from payback.section import Section
from payback.settings import Settings
from proxy.forward import Forwarder

log = logging.getLogger(__name__)

_TAKEN = {
    "server": {"when_client_leaves", "drain_limit_s", "read_body_mib"},
    "proxy": {"require_key"},
    "ledger": {"when_unrecordable"},
}
"""What holds for new calls at once; the rest of those sections is read once, at the start."""


class Current:
    """*make* builds what calls are handled by, and raises SettingsError where that cannot be; *follow* hears
    of each configuration that is taken."""

    def __init__(
        self,
        settings: Settings,
        make: Callable[[Settings], Forwarder],
        follow: Callable[[Settings], None] = lambda _: None,
    ) -> None:
        self.forwarder = make(settings)
        self.is_last_reading_taken = True
        """False: the file says what cannot be, and what was read before holds."""
        self._started = settings
        self._make = make
        self._follow = follow

    def read_again(self, load: Callable[[], Settings]) -> None:
        """Whatever is wrong with the new configuration is one line in the log."""
        self.is_last_reading_taken = False
        try:
            settings = load()
            forwarder = self._make(settings)
        except SettingsError as error:
            log.error("the new configuration is refused, and the old one holds: %s", error)
            return
        except Exception as error:
            log.error("the new configuration could not be read; the old one holds", exc_info=error)
            return
        self.forwarder = forwarder
        self._follow(settings)
        self.is_last_reading_taken = True
        log.info("the configuration was read again; new calls go by it")
        if fixed := list(_fixed(self._started, settings)):
            log.warning("restart payback for the changes of %s: they hold from its start", ", ".join(fixed))


def _fixed(before: Settings, after: Settings) -> Iterator[str]:
    """What differs and is not taken, as the configuration's file has it: [server] port."""
    for name, old in before:
        new = getattr(after, name)
        if isinstance(old, Section):
            for key, value in old:
                if value != getattr(new, key) and key not in _TAKEN.get(name, ()):
                    yield f"[{name}] {key}"
