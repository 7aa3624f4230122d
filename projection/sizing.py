"""How many units it takes for nearly all requests to be in time, and what is left over."""

from dataclasses import dataclass, replace

from projection.replay import Arrivals, Limits, Replayed, alone, replay, replay_in_time
from projection.rig import DoesNotFit, Rig, Shape
from projection.roofline import highest_rate
from projection.specs import Hardware, Link

LARGEST_GROUP = 8
"""Units that hold one copy together: those of one machine."""
LARGEST_CONSUMER_GROUP = 4
"""More of a consumer's cards do not go on one board; a plan may say that somebody has done it."""


@dataclass(frozen=True, slots=True)
class Enough:
    """The fewest units that do; `replayed` says in what groups."""

    units: int
    replayed: Replayed
    share_within: float
    late_tokens_share: float
    """Of all tokens, those of requests that were not within the limits: what overflows."""


@dataclass(frozen=True, slots=True)
class TooSlow:
    """It fits, but is not in time on any number of units up to the most that were allowed."""

    reason: str
    share_within: float


def copies_needed(
    rig: Rig, arrivals: Arrivals, limits: Limits, *, most_units: int = 64, prefix_hit_rate: float = 0.0
) -> Enough | TooSlow | DoesNotFit:
    """The fewest units for which the limits hold, in copies on as many units as the *rig* has, or on twice as
    many where that takes fewer.

    Copies are added until the limits hold: this takes for granted that one more never makes it worse."""
    search = _Search(arrivals, limits, most_units, prefix_hit_rate)
    search.try_group(rig)
    if 2 * rig.units <= min(most_units, largest_group(rig.hardware)):
        search.try_group(replace(rig, units=2 * rig.units))
    return search.answer(rig)


def largest_group(hardware: Hardware) -> int:
    """Where nobody says how many are in one machine."""
    if hardware.link is None:
        return 1
    return LARGEST_CONSUMER_GROUP if hardware.link is Link.CONSUMER_PCIE else LARGEST_GROUP


class _Search:
    def __init__(self, arrivals: Arrivals, limits: Limits, most_units: int, prefix_hit_rate: float) -> None:
        if most_units < 1:
            raise ValueError(f"most_units is {most_units}, and has to be 1 or more")
        self._arrivals, self._limits, self._hit_rate = arrivals, limits, prefix_hit_rate
        self._most_units = most_units
        self._best: Replayed | None = None
        self._best_share = 0.0
        self._reason = ""
        self._failed: list[tuple[Rig, int]] = []
        """With how many copies; 0: each request by itself."""

    def try_group(self, rig: Rig) -> None:
        """Copies of *rig*: fewer units than the best so far, or none."""
        at_best = alone(rig, self._arrivals, prefix_hit_rate=self._hit_rate)
        if at_best.within(self._limits).mean() < self._limits.share:
            self._failed.append((rig, 0))
            return
        most = (self._best.units - 1 if self._best else self._most_units) // rig.units
        low, high = 0, min(max(1, self._copies_for_mean_rate(rig)), most)
        while high > 0 and not self._holds(rig, high):
            low, high = high, min(2 * high, most) if high < most else 0
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._holds(rig, middle) else (middle, high)

    def answer(self, rig: Rig) -> Enough | TooSlow | DoesNotFit:
        if self._best is None:
            for failed, copies in self._failed:
                self._note(failed, copies)
            if not self._reason:
                return DoesNotFit(f"no request of these fits on {rig.hardware.name} with {rig.model.name}")
            return TooSlow(self._reason, self._best_share)
        within = self._best.within(self._limits)
        tokens = self._arrivals.input_tokens + self._arrivals.output_tokens
        late = float(tokens[~within].sum() / tokens.sum())
        return Enough(self._best.units, self._best, float(within.mean()), late)

    def _holds(self, rig: Rig, copies: int) -> bool:
        replayed = replay_in_time(
            rig, self._arrivals, self._limits, copies=copies, prefix_hit_rate=self._hit_rate
        )
        if replayed is None:
            self._failed.append((rig, copies))
            return False
        if self._best is None or replayed.units < self._best.units:
            self._best = replayed
        return True

    def _note(self, rig: Rig, copies: int) -> None:
        """How near it came, where nothing was enough: only then is the whole of it replayed."""
        if copies:
            done, where = replay(rig, self._arrivals, copies=copies, prefix_hit_rate=self._hit_rate), ""
        else:
            done = alone(rig, self._arrivals, prefix_hit_rate=self._hit_rate)
            where = "each request by itself on "
        share = float(done.within(self._limits).mean())
        if done.served.any() and (share > self._best_share or not self._reason):
            machine, wanted = f"{where}{_units(rig, max(copies, 1))}", self._limits.share
            self._best_share = share
            self._reason = f"{machine}: {share:.1%} of requests in time, {wanted:.1%} wanted"

    def _copies_for_mean_rate(self, rig: Rig) -> int:
        """Where the search begins; nothing rests on it."""
        arrivals = self._arrivals
        mean = Shape(
            input_tokens=float(arrivals.input_tokens.mean()),
            output_tokens=float(arrivals.output_tokens.mean()),
            prefix_hit_rate=self._hit_rate,
        )
        rate, span_s = highest_rate(rig, mean), float(arrivals.at_s[-1] - arrivals.at_s[0])
        if isinstance(rate, DoesNotFit) or span_s == 0:
            return 1
        return int(len(arrivals.at_s) / span_s / rate) + 1


def _units(rig: Rig, copies: int = 1) -> str:
    return f"{copies * rig.units} x {rig.hardware.name}"
