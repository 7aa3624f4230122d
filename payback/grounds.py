"""What projections stood on that were asked for before, of one reading of the ledger: somebody who changes an
assumption asks of the same ground again."""

from collections.abc import Callable
from datetime import date

from payback.fleets import Fleets
from projection.ground import Ground
from projection.plan import Plan
from projection.sized import Sizing

Make = Callable[[Sizing], Ground]
MOST_CALLS = 500_000
"""Of all that is kept: a call takes 170 to 260 bytes, those of the demo."""


class Grounds:
    """One of each workload, those asked for last."""

    def __init__(self) -> None:
        self._fleets = Fleets()
        self._known: dict[str | None, Ground] = {}

    def of(self, workload: str | None, plan: Plan, today: date, make: Make) -> Ground:
        known = self._known.pop(workload, None)
        ground = known if known is not None and known.bears(plan, today) else make(self._fleets.of)
        self._keep(workload, ground)
        return ground

    def _keep(self, workload: str | None, ground: Ground) -> None:
        room = MOST_CALLS - len(ground.traffic)
        if room < 0:
            return
        for each in list(self._known):
            if sum(len(kept.traffic) for kept in self._known.values()) <= room:
                break
            del self._known[each]
        self._known[workload] = ground
