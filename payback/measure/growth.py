"""When more at once brings no more."""

from collections.abc import Sequence
from itertools import pairwise

from payback.measure.step import Step

LEAST_GROWTH = 0.05
MOST_FAILED = 0.05
_FLAT_STEPS = 2


def why_stop(steps: Sequence[Step]) -> str | None:
    """Half a sentence on why the ramp ends here; None: it goes on."""
    if steps and steps[-1].failed_share > MOST_FAILED:
        return f"{steps[-1].failed_share:.0%} of the calls failed"
    if len(steps) > _FLAT_STEPS and all(growth < LEAST_GROWTH for growth in _growths(steps)[-_FLAT_STEPS:]):
        return f"more at once has brought less than {LEAST_GROWTH:.0%} more output, twice"
    return None


def best_of(steps: Sequence[Step]) -> Step | None:
    """The one with the most output of those whose calls came back; None: there is none."""
    sound = [step for step in steps if step.failed_share <= MOST_FAILED and step.output_tokens_per_s > 0]
    return max(sound, key=lambda step: step.output_tokens_per_s, default=None)


def _growths(steps: Sequence[Step]) -> list[float]:
    speeds = [step.output_tokens_per_s for step in steps]
    return [after / before - 1 if before > 0 else float("inf") for before, after in pairwise(speeds)]
