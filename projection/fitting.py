"""How a model is put on a machine where nobody has said how: in which quantisation, by which engine, on how
many units a copy; and how many requests it then bears within the limits, by the formulas."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from projection.asked import Asked
from projection.catalogue import Catalogue
from projection.catalogue.shelf import folded
from projection.plan import Constraints, MeasuredSpeed, Wanted
from projection.replay import Limits, alone
from projection.rig import DoesNotFit, Rig, Shape, slots_of
from projection.roofline import prefill_s, throughput, time_per_token_s
from projection.sizing import LARGEST_GROUP, largest_group
from projection.specs import Engine, Hardware, Maker, Model, Quantisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    rig: Rig
    is_speed_measured: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asking:
    """What a machine is chosen for."""

    asked: Asked
    constraints: Constraints

    @property
    def limits(self) -> Limits:
        return self.constraints.limits

    @property
    def calls_per_s(self) -> float:
        """When most is asked for."""
        return self.asked.peak_calls_per_s * self.constraints.burst_factor


def fitted(
    hardware: Hardware,
    model: Model,
    wanted: Wanted,
    asking: Asking,
    catalogue: Catalogue,
    measured: Sequence[MeasuredSpeed],
) -> Fitted | DoesNotFit:
    """The group of units that bears what is asked for with the fewest in all; of equals, the smaller one.

    In a group, the first quantisation that fits, from the best down. What was measured on that machine is
    run as it was measured, unless the plan says otherwise."""
    wanted = _as_measured(hardware, model, wanted, measured)
    engine = _engine_of(hardware, wanted, catalogue)
    found, reason = [], DoesNotFit(f"no group of units takes {model.name}")
    for units in _groups(hardware, wanted, asking.constraints.most_units):
        for quantisation in _quantisations(hardware, model, engine, wanted, catalogue):
            rig = Rig(hardware=hardware, model=model, quantisation=quantisation, engine=engine, units=units)
            slots = slots_of(rig, asking.asked.shape)
            if not isinstance(slots, DoesNotFit):
                found.append(_at_measured_speed(rig, measured))
                break
            reason = slots
    return min(found, key=lambda each: units_for(each.rig, asking)) if found else reason


def units_for(rig: Rig, asking: Asking) -> float:
    """In all, by the formulas; infinity where requests by themselves are not within the limits."""
    rate = rate_within(rig, asking.asked.shape, asking.limits)
    if rate == 0 or share_by_itself(rig, asking.asked, asking.limits) < asking.limits.share:
        return math.inf
    return rig.units * max(1, math.ceil(asking.calls_per_s / rate))


def share_by_itself(rig: Rig, asked: Asked, limits: Limits) -> float:
    """Of the busiest requests, those that would be in time if no other were there."""
    done = alone(rig, asked.stretch, prefix_hit_rate=asked.shape.prefix_hit_rate)
    return float(done.within(limits).mean())


def rate_within(rig: Rig, shape: Shape, limits: Limits) -> float:
    """Requests a second of one copy, as many under way as the limits leave room for; 0: not even one."""
    batch = batch_within(rig, shape, limits)
    if batch == 0 or prefill_s(rig, shape.input_tokens, shape.prefix_hit_rate) > limits.first_token_s:
        return 0.0
    tokens_per_s = throughput(rig, shape, batch)
    return 0.0 if isinstance(tokens_per_s, DoesNotFit) else tokens_per_s / shape.output_tokens


def batch_within(rig: Rig, shape: Shape, limits: Limits) -> int:
    """The most requests under way at which tokens come in time, on the mean; 0: not even one's do."""
    most = slots_of(rig, shape)
    if isinstance(most, DoesNotFit):
        return 0
    low, high = 0, most + 1
    while high - low > 1:
        batch = (low + high) // 2
        per_token_s = time_per_token_s(rig, shape, batch)
        in_time = not isinstance(per_token_s, DoesNotFit) and per_token_s <= limits.per_token_s
        low, high = (batch, high) if in_time else (low, batch)
    return low


def _groups(hardware: Hardware, wanted: Wanted, most_units: int) -> Iterator[int]:
    """Units of a copy. Of a given number all are used, so that a group has to divide it."""
    if wanted.units:
        largest = min(wanted.units, LARGEST_GROUP if hardware.link is not None else 1)
        yield from (units for units in range(1, largest + 1) if wanted.units % units == 0)
        return
    units = 1
    while units <= min(largest_group(hardware), most_units):
        yield units
        units *= 2


def _engine_of(hardware: Hardware, wanted: Wanted, catalogue: Catalogue) -> Engine:
    return catalogue.engines[wanted.engine or ("llama.cpp" if hardware.maker is Maker.APPLE else "vLLM")]


def _quantisations(
    hardware: Hardware, model: Model, engine: Engine, wanted: Wanted, catalogue: Catalogue
) -> tuple[Quantisation, ...]:
    """The best first. 8 bit where the card computes in 8 bit: it is as good as 16, and twice as fast."""
    if wanted.quantisation:
        names: tuple[str, ...] = (wanted.quantisation,)
    elif folded(model.name).startswith("gptoss"):
        names = ("mxfp4",)
    elif engine.bandwidth_share is not None:
        names = ("q4_k_m",)
    else:
        names = ("fp8", "awq") if hardware.flops_8 else ("fp16", "awq")
    return tuple(catalogue.quantisations[name] for name in names)


def _as_measured(
    hardware: Hardware, model: Model, wanted: Wanted, measured: Sequence[MeasuredSpeed]
) -> Wanted:
    for speed in measured:
        agrees = all(
            _same(asked, had)
            for asked, had in ((wanted.quantisation, speed.quantisation), (wanted.engine, speed.engine))
        )
        if agrees and _same(speed.hardware, hardware.name) and _same(speed.model, model.name):
            return replace(
                wanted,
                quantisation=wanted.quantisation or speed.quantisation,
                engine=wanted.engine or speed.engine,
            )
    return wanted


def _at_measured_speed(rig: Rig, measured: Sequence[MeasuredSpeed]) -> Fitted:
    """Of several measurements, the geometric mean: what is spread evenly is the logarithm."""
    ratios = [ratio for speed in measured if (ratio := _ratio(rig, speed)) is not None]
    if not ratios:
        return Fitted(rig=rig, is_speed_measured=False)
    mean = math.exp(math.fsum(map(math.log, ratios)) / len(ratios))
    return Fitted(rig=replace(rig, speed=mean), is_speed_measured=True)


def _ratio(rig: Rig, speed: MeasuredSpeed) -> float | None:
    """True over computed speed; None: measured on something else, or on what is not thought possible."""
    told = (speed.hardware, speed.model, speed.quantisation, speed.engine)
    ours = (rig.hardware.name, rig.model.name, rig.quantisation.name, rig.engine.name)
    if not all(map(_same, told, ours)) or speed.output_tokens_per_s <= 0:
        return None
    shape = Shape(input_tokens=speed.input_tokens, output_tokens=speed.output_tokens)
    computed = throughput(replace(rig, units=speed.units), shape, speed.concurrent)
    return None if isinstance(computed, DoesNotFit) else speed.output_tokens_per_s / computed


def _same(one: str | None, other: str | None) -> bool:
    """Not told agrees with all."""
    return one is None or other is None or folded(one) == folded(other)
