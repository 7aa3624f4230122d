"""One copy of a model on the units that serve it: does it fit, and how many requests at once.

The cache of keys and values takes what the weights and the runtime leave of the memory."""

from dataclasses import dataclass

from projection.specs import KV_BYTES_PER_VALUE, Engine, Hardware, Model, Quantisation

USABLE_MEMORY = 0.95
RESERVED_BYTES = 1.5e9
"""Of each unit: the runtime itself and the values between layers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """*units* of the hardware that hold one copy of the model together."""

    hardware: Hardware
    model: Model
    quantisation: Quantisation
    engine: Engine
    units: int = 1
    cache_bytes_per_value: float = KV_BYTES_PER_VALUE
    """1 where the engine keeps keys and values in 8 bits."""
    speed: float = 1.0
    """True over computed speed: measured on the user's own machine, or drawn."""

    def __post_init__(self) -> None:
        if self.units < 1:
            raise ValueError(f"units is {self.units}, and has to be 1 or more")
        if self.units > 1 and self.hardware.link is None:
            raise ValueError(f"{self.units} units of {self.hardware.name} have no link between them")
        for name in ("cache_bytes_per_value", "speed"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name} is {getattr(self, name)}, and has to be above 0")

    @property
    def is_mixture(self) -> bool:
        return self.model.experts > 1

    @property
    def attends_by_request(self) -> bool:
        return self.is_mixture and self.units > 1 and self.engine.attends_by_request

    @property
    def reads_gguf_alone(self) -> bool:
        """One stream of GGUF, whose speed is a known share of the bandwidth."""
        return not self.engine.batches and self.engine.bandwidth_share is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The mean request of a workload."""

    input_tokens: float
    output_tokens: float
    prefix_hit_rate: float = 0.0
    """Share of the input that the engine still has from earlier requests."""

    def __post_init__(self) -> None:
        if not 0 <= self.input_tokens < float("inf"):
            raise ValueError(f"input_tokens is {self.input_tokens}, and has to be 0 or more")
        if not 1 <= self.output_tokens < float("inf"):
            raise ValueError(f"output_tokens is {self.output_tokens}, and has to be 1 or more")
        if not 0 <= self.prefix_hit_rate <= 1:
            raise ValueError(f"prefix_hit_rate is {self.prefix_hit_rate}, and has to be between 0 and 1")

    @property
    def held_tokens(self) -> float:
        """In the cache, on average while the answer grows."""
        return self.input_tokens + self.output_tokens / 2


@dataclass(frozen=True, slots=True)
class DoesNotFit:
    """Not an error: an answer, with the number that binds."""

    reason: str


def weight_bytes(rig: Rig) -> float:
    """On all units together."""
    model = rig.model
    again = (rig.units - 1) * model.shared_parameters if rig.attends_by_request else 0.0
    return (model.parameters + again) * rig.quantisation.bytes_per_parameter


def cache_bytes_per_token(rig: Rig) -> float:
    return rig.model.kv_bytes_per_token * rig.cache_bytes_per_value / KV_BYTES_PER_VALUE


def room_bytes(rig: Rig) -> float:
    """What is left for the cache; below 0 where the weights alone are too large."""
    memory = USABLE_MEMORY * rig.hardware.memory_bytes - RESERVED_BYTES
    return memory * rig.units - weight_bytes(rig)


def room_tokens(rig: Rig) -> float:
    """In the cache at once, all requests together."""
    return max(room_bytes(rig), 0.0) / cache_bytes_per_token(rig)


def slots_of(rig: Rig, shape: Shape) -> int | DoesNotFit:
    """Requests of this shape under way at once: what the cache holds, and what the engine takes."""
    machine = f"{rig.units} x {rig.hardware.name}"
    if room_bytes(rig) <= 0:
        return DoesNotFit(
            f"{rig.model.name} in {rig.quantisation.name} is {weight_bytes(rig) / 1e9:.1f} GB;"
            f" {machine} has {rig.units * rig.hardware.memory_bytes / 1e9:.1f} GB"
        )
    if shape.input_tokens + shape.output_tokens > rig.model.context_tokens:
        return DoesNotFit(f"{rig.model.name} takes {rig.model.context_tokens} tokens in one request")
    slots = int(room_tokens(rig) / shape.held_tokens)
    if slots < 1:
        return DoesNotFit(
            f"a request keeps {shape.held_tokens:.0f} tokens; {machine} has room for"
            f" {room_tokens(rig):.0f} beside {rig.model.name}"
        )
    return min(rig.engine.most_sequences, slots)
