"""Machines that serve a workload, and how far they bear more of it."""

from dataclasses import dataclass
from typing import Protocol

from projection.period import Floats
from projection.rig import Rig


class Curve(Protocol):
    """What becomes of a fleet at other volumes. *factor* is demand over what was measured, divided by true
    over computed speed: 2 is twice the calls, or half the speed. Arrays in, arrays of that shape out."""

    def overflow_share(self, factor: Floats) -> Floats:
        """Of the tokens, those that come while everything is taken, and have to go elsewhere."""
        ...

    def busy_h_per_month(self, factor: Floats) -> Floats:
        """Hours in which a copy computes, those of all copies added up; never more than all there are."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fleet:
    rig: Rig
    copies: int
    share_within: float
    """Of the measured requests (times the plan's burst factor), those that were in time."""
    longest_queue: int
    """Of them, the most that waited to be let in at one moment."""
    overflow_share: float
    """Of the measured tokens, those that come while everything is taken."""
    bears_factor: float
    """At so many times the measured volume the limits still hold; beyond it another copy is needed."""
    full_tokens_per_s: float
    """Input and output together, of all copies, never idle."""
    observed_tokens_per_s: float
    """What the measured traffic asks for, on the mean of the whole period."""
    load_by_hour: Floats
    """Mean share that is taken, by hour of the week, Monday 0:00 UTC first; NaN where nothing was seen."""
    nearly_full_share: float
    """Of the time, how long more than 80 % is taken."""
    curve: Curve

    @property
    def units(self) -> int:
        return self.copies * self.rig.units
