"""How many machines the calls of one reading of the ledger take, found once: sizing replays them, which takes
half of a projection, and of all that can be asked otherwise only limits and machines change it."""

from collections.abc import Hashable
from hashlib import blake2b

from projection.candidates import Candidate
from projection.fleet import Fleet
from projection.moving import Moved
from projection.outcome import Refused
from projection.plan import Plan
from projection.sized import fleet_of

MOST = 500
"""Then all are forgotten: limits were moved a lot."""


class Fleets:
    def __init__(self) -> None:
        self._known: dict[Hashable, Fleet | Refused] = {}

    def of(self, candidate: Candidate, plan: Plan) -> Fleet | Refused:
        """A projection.sized.Sizing."""
        calls = candidate.moved.traffic.workload, _digest(candidate.moved)
        key = (*calls, candidate.rig, candidate.wanted, candidate.kinds, plan.constraints)
        if key not in self._known:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = fleet_of(candidate, plan)
        return self._known[key]


def _digest(moved: Moved) -> bytes:
    """Of which calls of the workload moved."""
    return blake2b(moved.which.tobytes(), digest_size=16).digest()
