"""How fast a rig serves: bandwidth, arithmetic, and what a step takes besides.

Six of the constants were fitted on 61 published speeds. On others, half of the errors were below 10 % for
dense models on one GPU or over NVLink (n=522), 15 % over PCIe and 19 % for mixtures of experts; 96 % of 899
were within a factor of two. It tells throughput and time per token, not the tails of the first token."""

from dataclasses import replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from projection.rig import DoesNotFit, Rig, Shape, cache_bytes_per_token, slots_of
from projection.specs import Link

BANDWIDTH_SHARE = 0.95
COMPUTE_SHARE = 0.48
PREFILL_SHARE_H100_16_BIT = 0.68
MIXTURE_SHARE = 0.6
"""Of a dense model's speed: experts are read and multiplied in pieces."""
SLIDING_SHARE = 0.6
"""Of the cache is read where part of the layers look back a short way only."""
LAYER_S = 30e-6
MIXTURE_LAYER_S = 40e-6
"""On top of a dense model's layer: choosing experts."""
STEP_S = 0.73e-3
SEQUENCE_S = 7.9e-6
BYTES_PER_16_BIT = 2
MOST_BYTES_OF_4_BITS = 0.65
"""A parameter with its part of the scales: llama.cpp's formats have 4.25 to 5 bits, those of 5 bits 5.5."""
LOG_SD_DENSE, LOG_SD_MIXTURE, LOG_SD_MEASURED = 0.24, 0.39, 0.08
"""Of true over computed speed; the last where the user's own machine was measured."""


class _Wire(NamedTuple):
    latency_s: float
    bytes_s: float


WIRES = {
    Link.NVLINK: _Wire(8e-6, 450e9),
    Link.SERVER_PCIE: _Wire(30e-6, 16e9),
    Link.SERVER_PCIE_5: _Wire(30e-6, 32e9),
    Link.CONSUMER_PCIE: _Wire(40e-6, 10e9),
}
"""Server PCIe: half of what the bus has one way. 20 to 25 GB/s were seen where two cards copied; with these,
four and eight come out a third too fast."""

Tokens = TypeVar("Tokens", float, NDArray[np.float64])


def step_s(rig: Rig, batch: float, context_tokens: float) -> float:
    """One more token for each of *batch* sequences, which have *context_tokens* each on average."""
    weights_s = step_without_context_s(rig, batch)
    return weights_s + batch * context_tokens * context_token_s(rig)


def step_without_context_s(rig: Rig, batch: float) -> float:
    """Requests that share one stream take turns: the step is as many times longer as there are requests."""
    if rig.engine.batches:
        return _batch_step_s(rig, batch)
    if not rig.reads_gguf_alone:
        return batch * _batch_step_s(rig, 1)
    if not _is_of_4_bits(rig):
        return batch * _batch_step_s(replace(rig, units=1), 1)
    return batch * weights_read_bytes(rig, 1) / (_bandwidth_bytes_s(rig) * rig.speed)


def context_token_s(rig: Rig) -> float:
    """What a step takes longer for each token that a sequence under way has in the cache."""
    read_bytes = cache_bytes_per_token(rig) * (SLIDING_SHARE if rig.model.slides else 1)
    return read_bytes / (_bandwidth_bytes_s(rig) * rig.speed)


def weights_read_bytes(rig: Rig, batch: float) -> float:
    """In one step of *batch* sequences: of a mixture, the experts that any of them chose. What each unit
    holds for itself, each reads."""
    model = rig.model
    routed = model.parameters - model.shared_parameters
    chosen: float = 1 - (1 - model.experts_used / model.experts) ** batch
    shared = model.shared_parameters * (rig.units if rig.attends_by_request else 1)
    return (shared + routed * chosen) * rig.quantisation.bytes_per_parameter


def link_s(rig: Rig, batch: float) -> float:
    """What the units tell each other in one step, twice for each layer."""
    if rig.units == 1 or rig.hardware.link is None:
        return 0.0
    return 2 * rig.model.layers * WIRES[rig.hardware.link].latency_s + batch * link_token_s(rig)


def link_token_s(rig: Rig) -> float:
    """What a token's values take between the units, all layers together: summed after attention and after
    what follows it; where each unit attends to whole requests, they only go to the experts and back."""
    if rig.units == 1 or rig.hardware.link is None:
        return 0.0
    sent_bytes = 2 * (rig.units - 1) / rig.units * rig.model.hidden * BYTES_PER_16_BIT
    times = 1 if rig.attends_by_request else 2
    return times * rig.model.layers * sent_bytes / WIRES[rig.hardware.link].bytes_s


def prefill_s(rig: Rig, input_tokens: Tokens, prefix_hit_rate: float = 0.0) -> Tokens:
    """Until one request's first token, with no other before it."""
    token_s, pair_s = prefill_rates(rig)
    return input_tokens * (token_s + input_tokens * pair_s) * (1 - prefix_hit_rate)


def prefill_rates(rig: Rig) -> tuple[float, float]:
    """Seconds for each token of the input, and for each pair of them.

    The input's values cross the link too: else dense models over PCIe come out 1.7 times too fast."""
    model = rig.model
    share = _units_at_once(rig) * _prefill_share(rig) * rig.speed
    token_s = 2 * model.active_parameters / (_flops(rig) * share)
    pair_s = 2 * model.layers * model.heads * model.head_size / (rig.hardware.flops_16 * share)
    if rig.is_mixture:
        token_s /= MIXTURE_SHARE
    return token_s + (0.0 if rig.reads_gguf_alone else link_token_s(rig) / rig.speed), pair_s


def throughput(rig: Rig, shape: Shape, concurrent: int | None = None) -> float | DoesNotFit:
    """Output tokens a second with *concurrent* requests always under way; None: as many as it takes."""
    batch = _batch_of(rig, shape, concurrent)
    if isinstance(batch, DoesNotFit):
        return batch
    return shape.output_tokens * _requests_per_s(rig, shape, batch)


def time_per_token_s(rig: Rig, shape: Shape, concurrent: int | None = None) -> float | DoesNotFit:
    """Between tokens of one answer, the prefills of others on the way included."""
    batch = _batch_of(rig, shape, concurrent)
    return batch if isinstance(batch, DoesNotFit) else _time_per_token_s(rig, shape, batch)


def highest_rate(rig: Rig, shape: Shape) -> float | DoesNotFit:
    """Requests a second that it serves when it is never idle; above it the queue grows for ever."""
    batch = slots_of(rig, shape)
    return batch if isinstance(batch, DoesNotFit) else _requests_per_s(rig, shape, batch)


def users_within(rig: Rig, shape: Shape, first_token_s: float) -> int | DoesNotFit:
    """Requests that may arrive at one moment, so that the last one's first token is still in time."""
    most = slots_of(rig, shape)
    if isinstance(most, DoesNotFit):
        return most
    each_s = _prefill_of(rig, shape)
    return min(most, int(first_token_s / each_s)) if each_s > 0 else most


def log_sd(rig: Rig, *, measured: bool) -> float:
    """How far the logarithm of true over computed speed spreads; for drawing `Rig.speed`."""
    if measured:
        return LOG_SD_MEASURED
    return LOG_SD_MIXTURE if rig.is_mixture else LOG_SD_DENSE


def _batch_of(rig: Rig, shape: Shape, concurrent: int | None) -> int | DoesNotFit:
    if concurrent is not None and concurrent < 1:
        raise ValueError(f"concurrent is {concurrent}, and has to be 1 or more")
    most = slots_of(rig, shape)
    return most if concurrent is None or isinstance(most, DoesNotFit) else min(most, concurrent)


def _requests_per_s(rig: Rig, shape: Shape, batch: float) -> float:
    step = step_s(rig, batch, shape.held_tokens)
    return 1 / (_prefill_of(rig, shape) + shape.output_tokens * step / batch)


def _time_per_token_s(rig: Rig, shape: Shape, batch: float) -> float:
    step = step_s(rig, batch, shape.held_tokens)
    return step + batch / shape.output_tokens * _prefill_of(rig, shape)


def _prefill_of(rig: Rig, shape: Shape) -> float:
    return prefill_s(rig, float(shape.input_tokens), shape.prefix_hit_rate)


def _batch_step_s(rig: Rig, batch: float) -> float:
    weights_s = weights_read_bytes(rig, batch) / _bandwidth_bytes_s(rig)
    compute_s = 2 * rig.model.active_parameters * batch / (rig.units * _flops(rig) * COMPUTE_SHARE)
    moved_s, layer_s = max(weights_s, compute_s), LAYER_S
    if rig.is_mixture:
        moved_s, layer_s = moved_s / MIXTURE_SHARE, layer_s + MIXTURE_LAYER_S
    rest_s = layer_s * rig.model.layers + STEP_S + SEQUENCE_S * batch + link_s(rig, batch)
    return (moved_s + rest_s) / rig.speed


def _bandwidth_bytes_s(rig: Rig) -> float:
    gguf_share = rig.engine.bandwidth_share if rig.reads_gguf_alone and _is_of_4_bits(rig) else None
    return _units_at_once(rig) * rig.hardware.bandwidth_bytes_s * (gguf_share or BANDWIDTH_SHARE)


def _is_of_4_bits(rig: Rig) -> bool:
    """Such weights take longer to unpack than to read; wider ones are read as fast as elsewhere."""
    return rig.quantisation.bytes_per_parameter < MOST_BYTES_OF_4_BITS


def _units_at_once(rig: Rig) -> int:
    """Units that serve one stream of GGUF hold different layers, and wait for each other."""
    return 1 if rig.reads_gguf_alone else rig.units


def _flops(rig: Rig) -> float:
    """Dense, of a unit; weights in fewer bits than it multiplies are widened to 16 first."""
    hardware = rig.hardware
    by_bits = {16: hardware.flops_16, 8: hardware.flops_8, 4: hardware.flops_4}
    return by_bits[rig.quantisation.compute_bits] or hardware.flops_16


def _prefill_share(rig: Rig) -> float:
    whole_values = rig.quantisation.bytes_per_parameter >= BYTES_PER_16_BIT
    if rig.hardware.name.startswith("H100") and whole_values:
        return PREFILL_SHARE_H100_16_BIT
    return COMPUTE_SHARE
