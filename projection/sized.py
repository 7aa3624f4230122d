"""How many copies of a candidate the measured traffic takes.

What is replayed is the busiest stretch of calls in a row, its times pressed together by the plan's burst
factor: if that is in time, the rest is, which asks for less at a time. All of a large traffic would take
seconds for each of a dozen candidates. The whole of it is looked at as a fluid, see projection.curve."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from projection.asked import Asked
from projection.candidates import Candidate
from projection.columns import Ints
from projection.curve import curve_of
from projection.fitting import share_by_itself
from projection.fleet import Fleet
from projection.outcome import Binding, Refused
from projection.plan import Constraints, Kind, Plan
from projection.replay import Arrivals, Limits, Replayed, alone, replay, replay_in_time
from projection.rig import DoesNotFit, Rig, room_tokens
from projection.roofline import highest_rate
from projection.sizing import Enough, TooSlow, copies_needed
from projection.traffic import Flags

Sizing = Callable[[Candidate, Plan], Fleet | Refused]
MOST_BORNE = 16.0
"""Of the measured volume: nobody's months grow beyond that, and each doubling takes a replay to find out."""
CLOSE_ENOUGH = 1.15
LEAST_SHARE = 0.5
"""Of requests that are in time by themselves; with fewer, sending what is late elsewhere leaves nothing."""


def fleet_of(candidate: Candidate, plan: Plan) -> Fleet | Refused:
    """As many copies as it takes for the limits to hold, or as many as the plan names.

    Those that the plan names are let pass though too slow where the rest may go elsewhere (HYBRID)."""
    asked, limits = candidate.moved.asked, plan.constraints.limits
    found = _sized(candidate, plan.constraints)
    if isinstance(found, Refused):
        return found
    rate = highest_rate(found.rig, asked.shape)
    if isinstance(rate, DoesNotFit):
        return _refused(found.rig, Binding.DOES_NOT_FIT, rate.reason)
    elsewhere_share = _elsewhere_share(candidate, found, limits)
    curve = curve_of(found.rig, asked, limits, copies=found.copies, elsewhere_share=elsewhere_share)
    return Fleet(
        rig=found.rig,
        copies=found.copies,
        share_within=found.share,
        longest_queue=found.queue,
        overflow_share=float(curve.overflow_share(np.ones(1))[0]),
        bears_factor=_bears(asked, found, plan.constraints, curve.bears(limits.share)),
        full_tokens_per_s=rate * (asked.shape.input_tokens + asked.shape.output_tokens) * found.copies,
        observed_tokens_per_s=asked.tokens_per_s,
        load_by_hour=curve.load_by_hour(),
        nearly_full_share=curve.nearly_full_share(),
        curve=curve,
    )


class _Sized(NamedTuple):
    rig: Rig
    copies: int
    share: float
    """Of the requests, those in time."""
    queue: int
    """The longest, of requests that wait to be let in."""
    held: bool
    """So many were in time as the limits want."""
    fewest: bool
    """One copy less was looked at, and was too slow."""


def _sized(candidate: Candidate, constraints: Constraints) -> _Sized | Refused:
    rig, asked = candidate.rig, candidate.moved.asked
    if candidate.wanted is not None and candidate.wanted.units is not None:
        return _as_named(candidate, constraints, max(1, candidate.wanted.units // rig.units))
    answer = copies_needed(
        rig,
        _pressed(asked, constraints.burst_factor),
        constraints.limits,
        most_units=constraints.most_units,
        prefix_hit_rate=asked.shape.prefix_hit_rate,
    )
    if isinstance(answer, Enough):
        done = answer.replayed
        share, queue = answer.share_within, done.longest_queue
        return _Sized(done.rig, done.copies, share, queue, held=True, fewest=True)
    binding = Binding.TOO_SLOW if isinstance(answer, TooSlow) else Binding.DOES_NOT_FIT
    return _refused(rig, binding, answer.reason)


def _as_named(candidate: Candidate, constraints: Constraints, copies: int) -> _Sized | Refused:
    rig, asked, limits = candidate.rig, candidate.moved.asked, constraints.limits
    done = _replayed(rig, copies, asked, constraints.burst_factor)
    share = float(done.within(limits).mean())
    by_itself = share_by_itself(rig, asked, limits)
    held = share >= limits.share
    if held or (Kind.HYBRID in candidate.kinds and by_itself >= LEAST_SHARE):
        return _Sized(rig, copies, share, done.longest_queue, held=held, fewest=False)
    where = f"{copies * rig.units} x {rig.hardware.name}"
    if by_itself < limits.share:
        where, share = f"each request by itself on {where}", by_itself
    reason = f"{where}: {share:.1%} of requests in time, {limits.share:.1%} wanted"
    return _refused(rig, Binding.TOO_SLOW, reason, copies)


def _replayed(rig: Rig, copies: int, asked: Asked, factor: float) -> Replayed:
    return replay(rig, _pressed(asked, factor), copies=copies, prefix_hit_rate=asked.shape.prefix_hit_rate)


def _holds(rig: Rig, copies: int, asked: Asked, factor: float, limits: Limits) -> bool:
    hit_rate = asked.shape.prefix_hit_rate
    pressed = _pressed(asked, factor)
    return replay_in_time(rig, pressed, limits, copies=copies, prefix_hit_rate=hit_rate) is not None


def _pressed(asked: Asked, factor: float) -> Arrivals:
    return replace(asked.stretch, at_s=asked.stretch.at_s / factor)


def _elsewhere_share(candidate: Candidate, found: _Sized, limits: Limits) -> float:
    """Of the tokens, those of calls that the cache of a copy has no room for. Of machines that are too slow,
    those of the calls too that would be late with no other there."""
    asked, calls = candidate.moved.asked, candidate.moved.traffic.calls
    if not found.held:
        stretch = asked.stretch
        done = alone(found.rig, stretch, prefix_hit_rate=asked.shape.prefix_hit_rate)
        return _share(stretch.input_tokens + stretch.output_tokens, ~done.within(limits))
    room = int(room_tokens(found.rig))
    if asked.most_held_tokens <= room:
        return 0.0
    beyond = calls.input_tokens + calls.output_tokens / 2 > room
    return _share(calls.input_tokens + calls.output_tokens, beyond)


def _share(tokens: Ints, which: Flags) -> float:
    return float(tokens[which].sum()) / max(1.0, float(tokens.sum()))


def _bears(asked: Asked, found: _Sized, constraints: Constraints, fluid_factor: float) -> float:
    """The fluid knows no bursts: the largest factor up to its own at which the replay holds, to 15 %."""
    low, high = 1.0, fluid_factor / constraints.burst_factor
    if not found.held:
        return min(low, high)

    def holds(factor: float) -> bool:
        pressed = factor * constraints.burst_factor
        return _holds(found.rig, found.copies, asked, pressed, constraints.limits)

    if high > MOST_BORNE and holds(MOST_BORNE):
        return MOST_BORNE
    high = min(high, MOST_BORNE)
    if found.fewest and found.copies > 1:
        high = min(high, found.copies / (found.copies - 1))
    while high > CLOSE_ENOUGH * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _refused(rig: Rig, binding: Binding, reason: str, copies: int = 1) -> Refused:
    machine = f"{copies * rig.units} x {rig.hardware.name}"
    name = f"{machine}, {rig.model.name} {rig.quantisation.name}, {rig.engine.name}"
    return Refused(name=name, kind=None, binding=binding, reason=reason)
