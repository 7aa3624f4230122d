"""Who counts what is written down, such as the metrics; the records tell it."""

from typing import Protocol

from ledger.call import Entry
from proxy.refusal import Reason


class Watch(Protocol):
    """Counts what is written down. It must be quick, and must not raise."""

    def ended(self, entry: Entry) -> None:
        """A call has ended; its entry is about to be committed."""
        ...

    def refused(self, reason: Reason) -> None:
        """A call was refused, and no row tells of it."""
        ...

    def committed(self, seconds: float) -> None:
        """A call has waited so long until its entry was on the disk."""
        ...
