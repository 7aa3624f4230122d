"""What a projection answers. Money is USD as floats: sums over months that nobody will be billed exactly.

Paths lie along the first axis, months along the second."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from projection.assumptions import Assumption
from projection.demand import Demand
from projection.finance import Spread
from projection.fleet import Fleet
from projection.forecast import Outlook, TooShort
from projection.period import Floats
from projection.plan import Kind
from projection.specs import Substitute


class Binding(StrEnum):
    """What stands in the way, when nothing pays off."""

    DOES_NOT_FIT = "does not fit"
    TOO_SLOW = "too slow at the peak"
    RUNNING_COST = "saving below running cost"
    CAPITAL = "saving too small for the capital"
    FALLBACK = "quality fallback"
    IN_HOUSE = "must not leave the house"
    NO_SUBSTITUTE = "no model to move to"
    NO_PRICE = "no known price"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An open model by somebody else's API."""

    provider: str
    model: str
    """As the price list names it."""
    input_usd_per_mtok: float
    output_usd_per_mtok: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """One way to go, for the whole workload: calls that cannot move stay where they are, and are paid for."""

    kind: Kind
    name: str
    """For people: "buy 2 x RTX 4090 (Llama 3.3 70B q4_k_m, vLLM)"."""
    model: str | None = None
    """The open model; None: as today."""
    substitute: Substitute | None = None
    """What is given up, in words; None: nothing, or the plan named the model."""
    fleet: Fleet | None = None
    offer: Offer | None = None
    moved_calls_share: float = 0.0
    upfront_usd: Floats
    """One for each path."""
    monthly_usd: Floats
    """paths x months: everything that is paid in that month, API and all."""
    resale_usd: Floats
    """paths x months + 1: what a sale would bring after so many months."""
    parts_usd: Mapping[str, float]
    """What the median first month consists of: api, energy, operation, rent, fallback, overflow, downtime."""
    usd_per_mtok_observed: float | None = None
    """Running cost and the machine's wear over the horizon, at the measured load; None: nothing is run."""
    usd_per_mtok_full: float | None = None
    """The same for a machine that is never idle."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """A course against another one, which it would take the place of."""

    course: Course
    against: Kind
    payback: Spread
    """Months, without selling anything; infinity: never within the horizon."""
    payback_with_resale: Spread
    payback_months: Floats
    """One for each path: what a histogram shows."""
    within: Mapping[float, float | None]
    """Share of the paths paid back within so many months; None: beyond the horizon."""
    npv_usd: tuple[float, float, float]
    """P10, P50, P90 at the horizon, resale in."""
    irr_per_year: tuple[float | None, float | None, float | None]
    """P10, P50, P90 of the paths that have one, resale in; None: most have none."""
    cash_usd: Floats
    """3 x months + 1: P10, P50, P90 of what was saved so far, undiscounted, upfront and all."""
    saved_usd_per_month: float
    """Median of the first month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A course that does not stand open, and why."""

    name: str
    kind: Kind | None
    """None: none of those that run this machine."""
    binding: Binding
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the savings ladder: what it alone saves."""

    name: str
    saved_usd_per_month: float | None
    """At today's volume; None: not known."""
    saved_share: float | None
    words: str
    """What it takes, and what it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """One bar of the tornado: the median present value of the best course, with one input at both ends."""

    assumption: Assumption
    npv_at_low_usd: float
    npv_at_high_usd: float

    @property
    def width_usd(self) -> float:
        return abs(self.npv_at_high_usd - self.npv_at_low_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class MustBeTrue:
    """The value of one input at which the best course pays back within the horizon with P = 50 %."""

    assumption: Assumption
    needed: float | None
    """None: no value of this input alone would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """Calls that could not move to the open model, and why."""

    reason: str
    calls: int
    usd_per_month: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The measured workload, scaled to a month."""

    calls: int
    """In the period."""
    days: float
    calls_per_month: float
    input_tokens_per_month: float
    output_tokens_per_month: float
    usd_per_month: float | None
    """List cost of the priced calls; None: no call is priced."""
    unpriced_calls: int
    """Those without usage too."""
    calls_without_usage: int
    """Of the unpriced ones, those whose tokens nobody knows: failed ones, as a rule."""
    estimated_calls: int
    """Of the priced ones, those whose tokens are our estimate."""
    cached_share: float | None
    failed_share: float | None
    retried_share: float | None
    """Attempts at calls that had been tried before."""
    peak_factor: float | None
    """Busiest minute over the mean."""
    most_concurrent: int
    models: tuple[str, ...]
    """The dearest first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projection:
    """The answer for one workload."""

    workload: str | None
    sentence: str
    """The verdict in one or two sentences."""
    pays_off: bool | None
    """None: too early to say."""
    binding: Binding | None
    """Set where nothing pays off."""
    today: Today
    demand: Demand
    """Of the priced calls."""
    forecast: Outlook | TooShort | None
    """None: the volume is stated, and stays."""
    courses: tuple[Course, ...]
    """Stay first, then by their median cost over the horizon."""
    against_stay: tuple[Comparison, ...]
    """One for each course but stay, best first."""
    against_hosted: tuple[Comparison, ...]
    """Of the courses that run a machine, against the same model by somebody else's API."""
    refused: tuple[Refused, ...]
    ladder: tuple[Rung, ...]
    stays: tuple[Stays, ...]
    """For the best course."""
    tornado: tuple[Swing, ...]
    """Widest first."""
    must_be_true: tuple[MustBeTrue, ...]
    assumptions: tuple[Assumption, ...]
    notes: tuple[str, ...]
    """What the reader has to know besides: made-up traffic, a short history, unpriced calls."""
    horizon_months: int
    paths: int
    seed: int

    @property
    def best(self) -> Comparison | None:
        return self.against_stay[0] if self.against_stay else None
