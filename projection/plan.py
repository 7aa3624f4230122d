"""What somebody considers doing: which machines and models, under which constraints, on which assumptions.

An empty plan leaves everything open: candidates come from the catalogue, numbers from the defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from projection.amounts import MOST_TOKENS
from projection.assumptions import Assumptions
from projection.replay import Limits

HORIZON_MONTHS = 36
LONGEST_HORIZON_MONTHS = 120
PATHS = 2000
SEED = 8300


class Kind(StrEnum):
    """The courses that stand open. The letters are those of the report."""

    STAY = "stay"
    HOSTED = "hosted"
    RENT = "rent"
    RENT_BUSY_HOURS = "rent_busy_hours"
    BUY = "buy"
    HYBRID = "hybrid"

    @property
    def code(self) -> str:
        return _CODES[self]


_CODES = {
    Kind.STAY: "A0",
    Kind.HOSTED: "A1",
    Kind.RENT: "B",
    Kind.RENT_BUSY_HOURS: "B",
    Kind.BUY: "C",
    Kind.HYBRID: "D",
}


class ApiPrices(StrEnum):
    """What happens to the prices of the API over the months."""

    STAY = "stay"
    """One stays on a model, whose price jumps now and then."""
    SWITCH = "switch"
    """One keeps switching to successors, which are cheaper."""
    FLAT = "flat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A machine and a model to look at. What is None is chosen: from the substitutes of the measured model,
    from the catalogue's hardware, the quantisation that fits best, the engine that suits the machine."""

    model: str | None = None
    hardware: str | None = None
    units: int | None = None
    """None: as many as the traffic needs."""
    quantisation: str | None = None
    engine: str | None = None
    kinds: tuple[Kind, ...] = (Kind.RENT, Kind.RENT_BUSY_HOURS, Kind.BUY, Kind.HYBRID)
    hardware_usd: float | None = None
    """All units together, used or new, as the plan states it; None: the catalogue's price."""
    host_usd: float | None = None
    rent_usd_per_h: float | None = None
    """Of one unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    limits: Limits = field(default_factory=lambda: Limits(first_token_s=2.0, per_token_s=0.1))
    must_stay_in_house: bool = False
    """No call may leave the house: no API, no overflow to one, no fallback, and no
    rented machine, unless those count as in the house."""
    rented_is_in_house: bool = False
    burst_factor: float = 1.0
    """How many times the measured traffic, at its busiest, has to be served in time."""
    most_units: int = 64

    def __post_init__(self) -> None:
        if not 0 < self.burst_factor < float("inf"):
            raise ValueError(f"burst_factor is {self.burst_factor}; write a number above 0")
        if self.most_units < 1:
            raise ValueError(f"most_units is {self.most_units}; write 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Traffic that nobody measured, for those without a ledger: so many tokens a month, on one model."""

    input_tokens_per_month: float
    output_tokens_per_month: float
    model: str
    """The cloud model that it runs on today."""
    provider: str | None = None
    """None: whoever's price list has the model."""
    input_usd_per_mtok: float | None = None
    """None: the price list's."""
    output_usd_per_mtok: float | None = None
    calls_per_month: float | None = None
    """None: from tokens_per_call, or as large as the calls in a public trace."""
    hours_per_day: float = 24.0
    """In how many hours of each day the calls come."""

    def __post_init__(self) -> None:
        for name in ("input_tokens_per_month", "output_tokens_per_month"):
            if not 0 <= getattr(self, name) <= MOST_TOKENS:
                raise ValueError(f"{name} is {getattr(self, name)}; write 0 to {MOST_TOKENS:g}")
        if self.input_tokens_per_month + self.output_tokens_per_month == 0:
            raise ValueError(
                "input_tokens_per_month and output_tokens_per_month are both 0; write what is used"
            )
        if self.calls_per_month is not None and not 0 < self.calls_per_month < float("inf"):
            raise ValueError(f"calls_per_month is {self.calls_per_month}; write a number above 0")
        if not 0 < self.hours_per_day <= 24:
            raise ValueError(f"hours_per_day is {self.hours_per_day}; write a number above 0, 24 at most")
        for name in ("input_usd_per_mtok", "output_usd_per_mtok"):
            usd = getattr(self, name)
            if usd is not None and not 0 <= usd < float("inf"):
                raise ValueError(f"{name} is {usd}; write USD of 0 or more")
        if (self.input_usd_per_mtok is None) != (self.output_usd_per_mtok is None):
            raise ValueError(
                "one price is stated; write input_usd_per_mtok and output_usd_per_mtok, or neither"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSpeed:
    """What a machine of the user's own reached: it takes the place of the computed speed."""

    hardware: str
    units: int = 1
    """That held the model together."""
    model: str
    quantisation: str | None = None
    engine: str | None = None
    concurrent: int
    input_tokens: int
    output_tokens: int
    output_tokens_per_s: float
    measured_at: str
    """As the measuring command wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    name: str | None = None
    about: str | None = None
    workload: str | None = None
    """None: each workload of the ledger by itself."""
    horizon_months: int = HORIZON_MONTHS
    paths: int = PATHS
    seed: int = SEED
    wanted: tuple[Wanted, ...] = ()
    """Empty: what the catalogue offers."""
    constraints: Constraints = field(default_factory=Constraints)
    assumptions: Assumptions = field(default_factory=Assumptions)
    api_prices: ApiPrices = ApiPrices.STAY
    volume: Volume | None = None
    catalogue: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    """The user's own rows, as projection.catalogue takes them."""
    measured: tuple[MeasuredSpeed, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.horizon_months <= LONGEST_HORIZON_MONTHS:
            raise ValueError(f"horizon_months is {self.horizon_months}; write 1 to {LONGEST_HORIZON_MONTHS}")
        if not 100 <= self.paths <= 20_000:
            raise ValueError(f"paths is {self.paths}; write 100 to 20000")
