"""Is a claimed speed possible? Memory and bandwidth say what cannot be, the roofline what is to be expected.

To write one token for one request, a machine reads every active weight once. Software gets around that in two
ways only: a smaller model guesses some tokens ahead, or one reading serves several requests."""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import exp, log

from projection.catalogue import Catalogue
from projection.claim_text import Claimed, read_claim
from projection.rig import DoesNotFit, Rig, Shape, room_bytes, slots_of, weight_bytes
from projection.roofline import log_sd, step_s, throughput, weights_read_bytes
from projection.specs import Maker, Published

SHAPE = Shape(input_tokens=512, output_tokens=256)
"""Of a request, which claims do not tell; published speeds are mostly taken at about this size."""
HOST_BYTES_S = 89.6e9
"""Of a computer's own memory, two channels of DDR5-5600 of 8 bytes: there is what does not fit the card."""
KNOWN_FACTOR = 2.0
"""96 % of 899 published speeds are within it of what is computed; mixtures of experts spread wider."""
NEAREST = 3


class Credibility(StrEnum):
    IMPOSSIBLE = "impossible"
    ABOVE_KNOWN = "above what is known"
    """Physics does not forbid it; nobody has published the like."""
    PLAUSIBLE = "plausible"
    SLOW = "slow"
    """The machine should do more than twice that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Tokens a second are of output, all requests together."""

    text: str
    rig: Rig
    concurrent: int
    tokens_per_s: float
    does_not_fit: DoesNotFit | None
    ceiling_tokens_per_s: float
    """Of one request at a time, were there memory enough."""
    ceiling_at_once_tokens_per_s: float
    """Of as many as are claimed."""
    computed_tokens_per_s: float | None
    """What is to be expected; None: it does not fit."""
    offloaded_tokens_per_s: float | None
    """At most, with what does not fit in the computer's own memory. None: it fits, or there is no other."""
    credibility: Credibility
    nearest: tuple[Published, ...]
    """Measured on the same hardware, the model of the most similar size first."""
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        reason = _fitting(self) if self.does_not_fit is None else _not_fitting(self, self.does_not_fit)
        return f"{self.credibility.value.capitalize()}: {reason}"


def check_claim(text: str, catalogue: Catalogue) -> Claim:
    """Raises NotListed for unknown hardware, ValueError for what cannot be read; each in one sentence.

    What is possible is held against units that share all weights out: that takes the least of them."""
    claimed = read_claim(text, catalogue)
    rig = Rig(
        hardware=claimed.hardware,
        model=claimed.model,
        quantisation=claimed.quantisation,
        engine=claimed.engine,
        units=claimed.units,
    )
    least = replace(rig, engine=replace(rig.engine, attends_by_request=False))
    fits = slots_of(least, SHAPE)
    does_not_fit = fits if isinstance(fits, DoesNotFit) else None
    ceiling = _ceiling_tokens_per_s(least, claimed.concurrent)
    usual = least if isinstance(slots_of(rig, SHAPE), DoesNotFit) else rig
    computed = None if does_not_fit else _computed_tokens_per_s(usual, claimed.concurrent)
    offloaded = _offloaded_tokens_per_s(least, claimed.concurrent) if does_not_fit else None
    return Claim(
        text=text,
        rig=least,
        concurrent=claimed.concurrent,
        tokens_per_s=claimed.tokens_per_s,
        does_not_fit=does_not_fit,
        ceiling_tokens_per_s=_ceiling_tokens_per_s(least, 1),
        ceiling_at_once_tokens_per_s=ceiling,
        computed_tokens_per_s=computed,
        offloaded_tokens_per_s=offloaded,
        credibility=_credibility(rig, claimed.tokens_per_s, offloaded if does_not_fit else ceiling, computed),
        nearest=_nearest(claimed, catalogue),
        notes=claimed.notes,
    )


def _credibility(rig: Rig, tokens_per_s: float, most: float | None, computed: float | None) -> Credibility:
    if most is None or tokens_per_s > most:
        return Credibility.IMPOSSIBLE
    if computed is None:
        return Credibility.PLAUSIBLE
    factor = max(KNOWN_FACTOR, exp(2 * log_sd(rig, measured=False)))
    if tokens_per_s > factor * computed:
        return Credibility.ABOVE_KNOWN
    return Credibility.SLOW if tokens_per_s * factor < computed else Credibility.PLAUSIBLE


def _ceiling_tokens_per_s(rig: Rig, concurrent: int) -> float:
    """One reading of the weights serves all requests; each of them is multiplied by itself."""
    hardware = rig.hardware
    read_s = weights_read_bytes(rig, concurrent) / (rig.units * hardware.bandwidth_bytes_s)
    fastest_flops = max(hardware.flops_16, hardware.flops_8 or 0, hardware.flops_4 or 0)
    multiply_s = 2 * rig.model.active_parameters * concurrent / (rig.units * fastest_flops)
    return concurrent / max(read_s, multiply_s)


def _offloaded_tokens_per_s(rig: Rig, concurrent: int) -> float | None:
    """None for a Mac, whose memory is all there is, and where it is the requests that do not fit."""
    outside_bytes = -room_bytes(rig)
    if rig.hardware.maker is Maker.APPLE or outside_bytes <= 0:
        return None
    read_bytes = weights_read_bytes(rig, concurrent)
    outside_share = min(1.0, outside_bytes / weight_bytes(rig))
    inside_s = (1 - outside_share) * read_bytes / (rig.units * rig.hardware.bandwidth_bytes_s)
    return concurrent / (inside_s + outside_share * read_bytes / HOST_BYTES_S)


def _computed_tokens_per_s(rig: Rig, concurrent: int) -> float:
    """Of one request, while it is written: that is what llama.cpp's benchmark and most people report."""
    if concurrent == 1:
        return 1 / step_s(rig, 1, SHAPE.held_tokens)
    speed = throughput(rig, SHAPE, concurrent)
    assert not isinstance(speed, DoesNotFit), speed.reason
    return speed


def _nearest(claimed: Claimed, catalogue: Catalogue) -> tuple[Published, ...]:
    same = [row for row in catalogue.throughput if catalogue.hardware[row.hardware] == claimed.hardware]

    def distance(row: Published) -> tuple[float, float]:
        size = catalogue.models[row.model].parameters / claimed.model.parameters
        at_once = (row.concurrent or row.units * 256) / claimed.concurrent
        return abs(log(size)), abs(log(at_once)) + abs(log(row.units / claimed.units))

    return tuple(sorted(same, key=distance)[:NEAREST])


def _not_fitting(claim: Claim, does_not_fit: DoesNotFit) -> str:
    offloaded = claim.offloaded_tokens_per_s
    elsewhere = (
        f" With the rest in the computer's own memory, {_rate(offloaded)} at most." if offloaded else ""
    )
    return f"{does_not_fit.reason}.{elsewhere} Were there room, {_physics(claim)}."


def _fitting(claim: Claim) -> str:
    expected = f"{_rate(claim.computed_tokens_per_s or 0)} are to be expected of {claim.rig.engine.name}"
    if claim.credibility is Credibility.IMPOSSIBLE:
        ahead = ", unless a smaller model guesses ahead" if claim.concurrent == 1 else ""
        return f"{_physics(claim)}{ahead}; {expected}."
    return f"it fits, and {expected}; {_physics(claim)}."


def _physics(claim: Claim) -> str:
    read_gb = weights_read_bytes(claim.rig, 1) / 1e9
    bandwidth_gb_s = claim.rig.units * claim.rig.hardware.bandwidth_bytes_s / 1e9
    many = f", {claim.concurrent} at once {_rate(claim.ceiling_at_once_tokens_per_s)}"
    return (
        f"one request reads {read_gb:.1f} GB a token at {bandwidth_gb_s:,.0f} GB/s and gets"
        f" {_rate(claim.ceiling_tokens_per_s)} at most{many if claim.concurrent > 1 else ''}"
    )


def _rate(tokens_per_s: float) -> str:
    return f"{tokens_per_s:,.0f} tok/s" if tokens_per_s >= 100 else f"{tokens_per_s:.3g} tok/s"
