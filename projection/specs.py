"""What machines, models and engines are: the facts that the arithmetic rests on, each with its source.

A spec refuses numbers that no datasheet can hold, in one sentence; who reads a file adds the place."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

KV_BYTES_PER_VALUE = 2
"""Engines keep keys and values at 16 bit unless told otherwise."""


class Maker(StrEnum):
    """Whose runtime runs there: the share of the bandwidth that an engine reaches depends on it."""

    NVIDIA = "nvidia"
    APPLE = "apple"
    AMD = "amd"


class Link(StrEnum):
    """How the units of one machine talk to each other."""

    NVLINK = "nvlink"
    SERVER_PCIE = "server_pcie"
    """Of the fourth generation: 32 GB/s each way, of which half is reached. The fifth has twice that."""
    SERVER_PCIE_5 = "server_pcie_5"
    CONSUMER_PCIE = "consumer_pcie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """GPUs of one kind in one machine. Memory, speed, watts and prices are those of one unit.

    FLOP/s are dense: makers print twice that where they count on sparsity, which no engine here uses."""

    name: str
    memory_bytes: float
    bandwidth_bytes_s: float
    flops_16: float
    """16 bit with sums kept at 32 bit, which is what models are served with."""
    flops_8: float | None = None
    """None: no 8 bit floats; such a quantisation is computed at 16 bit."""
    flops_4: float | None = None
    units: int = 1
    link: Link | None = None
    """None: two of them do not serve one model."""
    idle_w: float
    """With a model loaded and nothing to do. A card without the machine around it; a Mac at the wall."""
    busy_w: float
    new_usd: Decimal | None = None
    """None: no price with a source. So for all three prices."""
    used_usd: Decimal | None = None
    rent_usd_per_h: Decimal | None = None
    units_per_host: int | None = None
    """For how many one machine around them has room; None: as projection.hosts says of their link."""
    life_months: int | None = None
    """Until it is replaced; None: as is assumed of all (hardware_life_months)."""
    maker: Maker
    source: str
    read: date

    def __post_init__(self) -> None:
        _refuse_below(self, 0, "idle_w")
        _refuse_up_to_zero(
            self, "memory_bytes", "bandwidth_bytes_s", "flops_16", "flops_8", "flops_4", "units"
        )
        _refuse_up_to_zero(self, "busy_w", "new_usd", "used_usd", "rent_usd_per_h")
        _refuse_up_to_zero(self, "units_per_host", "life_months")
        _refuse_more(self, "idle_w", "busy_w")
        _refuse_more(self, "flops_16", "flops_8")
        _refuse_more(self, "flops_8", "flops_4")
        if self.units > 1 and self.link is None:
            raise ValueError(f"{self.units} units of {self.name} have no link between them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """An open model's shape, as its config.json tells it."""

    name: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_size: int
    parameters: float
    active_parameters: float
    """Those that take part in one token; all of them in a dense model."""
    experts: int = 1
    experts_used: int = 1
    shared_parameters: float
    """Those outside the experts that are chosen by a router; all of them in a dense model."""
    context_tokens: int
    slides: bool = False
    """Part of the layers look back a few hundred tokens only, so that less of the cache is read."""
    sees: bool = False
    """Takes images; all take text."""
    source: str
    read: date

    def __post_init__(self) -> None:
        _refuse_up_to_zero(self, "layers", "hidden", "heads", "kv_heads", "head_size", "context_tokens")
        _refuse_up_to_zero(self, "parameters", "active_parameters", "experts", "experts_used")
        _refuse_up_to_zero(self, "shared_parameters")
        _refuse_more(self, "kv_heads", "heads")
        _refuse_more(self, "active_parameters", "parameters")
        _refuse_more(self, "experts_used", "experts")
        _refuse_more(self, "shared_parameters", "active_parameters")
        if self.experts == 1 and self.shared_parameters != self.parameters:
            raise ValueError("shared_parameters differ from parameters, but there is one expert")
        if self.experts > 1 and self.shared_parameters == self.parameters:
            raise ValueError(f"all parameters are shared, so that nothing is left for {self.experts} experts")

    @property
    def kv_bytes_per_token(self) -> int:
        """What one token keeps in the cache at 16 bit: a key and a value for each layer and kv head."""
        return 2 * self.layers * self.kv_heads * self.head_size * KV_BYTES_PER_VALUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantisation:
    """How weights are kept, scales included, and in how many bits they are multiplied."""

    name: str
    bytes_per_parameter: float
    compute_bits: int
    source: str
    read: date

    def __post_init__(self) -> None:
        _refuse_up_to_zero(self, "bytes_per_parameter")
        if self.compute_bits not in (16, 8, 4):
            raise ValueError(f"compute_bits is {self.compute_bits}; 16, 8 or 4 are known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What serves a model, at the defaults it is shipped with."""

    name: str
    batches: bool
    """False: the requests under way share one stream's speed."""
    most_sequences: int
    """Requests under way at once; more wait."""
    attends_by_request: bool = False
    """Of a mixture on several units, each unit attends to whole requests, and holds all that is no expert."""
    bandwidth_share: float | None = None
    """Of the memory's bandwidth, at one stream of 4 bit GGUF; None: does not read GGUF, or not for this."""
    source: str
    read: date

    def __post_init__(self) -> None:
        _refuse_up_to_zero(self, "most_sequences", "bandwidth_share")
        if self.bandwidth_share is not None and self.bandwidth_share > 1:
            raise ValueError(f"bandwidth_share is {self.bandwidth_share}, and cannot exceed 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A speed that somebody measured and published: what the arithmetic is held against."""

    hardware: str
    units: int = 1
    model: str
    quantisation: str
    engine: str
    concurrent: int | None = None
    """None: as many as gave the most."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    output_tokens_per_s: float
    """Of the whole machine, all requests together."""
    prefill_tokens_per_s: float | None = None
    source: str
    read: date

    def __post_init__(self) -> None:
        _refuse_up_to_zero(self, "units", "concurrent", "input_tokens", "output_tokens")
        _refuse_up_to_zero(self, "output_tokens_per_s", "prefill_tokens_per_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitute:
    """An open model that may do a cloud model's work, and in words what would be given up."""

    cloud_model: str
    """A pattern with * for any letters, as in settings."""
    open_model: str
    gap: str
    source: str
    read: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """Who sells an open model by API. The price is the price list's, under these two names."""

    open_model: str
    provider: str
    model: str
    context_tokens: int | None = None
    """Of this offer; None: as long as the model's own, as far as is known."""
    source: str
    read: date

    def __post_init__(self) -> None:
        _refuse_up_to_zero(self, "context_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheaper:
    """A cheaper model of the same provider, and in words what would be given up."""

    provider: str
    cloud_model: str
    """A pattern with * for any letters, as in settings."""
    cheaper_model: str
    """As the price list names it."""
    gap: str
    source: str
    read: date


Spec = Hardware | Model | Quantisation | Engine | Published | Substitute | Hosted | Cheaper


def _refuse_up_to_zero(spec: Spec, *names: str) -> None:
    for name in names:
        value = getattr(spec, name)
        # What is not a number equals nothing; a Decimal of that kind cannot even be compared.
        if value is not None and not (value == value and 0 < value < float("inf")):
            raise ValueError(f"{name} is {value}, and has to be a number above 0")


def _refuse_below(spec: Spec, least: float, *names: str) -> None:
    for name in names:
        value = getattr(spec, name)
        if not least <= value < float("inf"):
            raise ValueError(f"{name} is {value}, and has to be a number of {least} or more")


def _refuse_more(spec: Spec, less: str, more: str) -> None:
    low, high = getattr(spec, less), getattr(spec, more)
    if low is not None and high is not None and low > high:
        raise ValueError(f"{less} ({low}) exceeds {more} ({high})")
