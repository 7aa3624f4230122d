"""What a projection takes for granted: each with its value, range, unit, source, and how it is known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Basis(StrEnum):
    MEASURED = "measured"
    """From the ledger, or on the user's own machine."""
    CATALOGUED = "catalogued"
    """From the catalogue or a price list, which names its source."""
    STATED = "stated"
    """By the plan."""
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """A number between *low* and *high*, most likely *value*. Paths draw it from that triangle where
    *is_drawn*; others keep the value, and low and high are what sensitivity is asked for."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    basis: Basis = Basis.ASSUMED
    is_drawn: bool = True

    def __post_init__(self) -> None:
        if not float("-inf") < self.low <= self.value <= self.high < float("inf"):
            told = f"{self.value:g} between {self.low:g} and {self.high:g}"
            raise ValueError(f"{self.name} is {told}; write low <= value <= high")


def _drawn(name: str, value: float, low: float, high: float, unit: str, source: str) -> Assumption:
    return Assumption(name=name, value=value, low=low, high=high, unit=unit, source=source)


def _asked(name: str, value: float, low: float, high: float, unit: str, source: str) -> Assumption:
    """Of a choice, or of a what-if: nothing that fate draws."""
    return replace(_drawn(name, value, low, high, unit, source), is_drawn=False)


_ASK = "an assumption: ask those who run machines"
_MONEY = (
    _drawn("electricity_usd_per_kwh", 0.17, 0.10, 0.35, "USD/kWh", "contracts; articles use 0.12 and 0.15"),
    _drawn("pue", 1.0, 1.0, 1.4, "ratio", "1.0 at home or in an office, 1.4 in a server room"),
    _drawn("setup_h", 20, 10, 60, "h", "an article's example, and up to three times as much"),
    _drawn("switch_h", 8, 2, 40, "h", "an assumption: trying another model on one's own prompts"),
    _drawn("ops_h_per_month", 4, 2, 16, "h/month", _ASK),
    _drawn("labour_usd_per_h", 100, 60, 150, "USD/h", "an article's example"),
    _drawn("hardware_price_factor", 1.0, 0.85, 1.25, "of the catalogue's price", "street prices vary so"),
    _drawn("rent_price_factor", 1.0, 0.7, 1.4, "of the catalogue's price", "offers of autumn 2026 vary so"),
    _drawn("host_price_factor", 1.0, 0.7, 1.5, "of what is around the cards", "an assumption: ask a shop"),
    _drawn("spares_share", 0.05, 0.0, 0.15, "of hardware", _ASK),
    _drawn("resale_decay_per_year", 0.25, 0.0, 0.50, "per year", "SpotWire: 0, 25 and 50 % a year"),
    _asked("hardware_life_months", 60, 36, 84, "months", "firms write servers off over about five years"),
    _drawn("hardware_drift_per_year", -0.10, -0.30, 0.10, "per year", "an assumption: machines bought later"),
    _drawn("rent_drift_per_year", -0.15, -0.35, 0.05, "per year", "an assumption: H100 hours fell faster"),
)
_QUALITY = (
    _drawn("fallback_share", 0.10, 0.0, 0.30, "of moved calls", "an assumption: test it on your own prompts"),
    _drawn("downtime_share", 0.01, 0.002, 0.05, "of time", _ASK),
)
_WHAT_IF = (
    _asked("discount_per_year", 0.10, 0.06, 0.15, "per year", "an assumption: what your capital earns"),
    _asked("volume_factor", 1.0, 0.5, 2.0, "of the forecast", "what if there were more calls, or fewer"),
    _asked("api_price_factor", 1.0, 0.5, 1.5, "of today's price", "what if the API's price changed tomorrow"),
    _asked("speed_factor", 1.0, 0.5, 1.5, "of computed speed", "96 % of 899 published speeds are within 2x"),
    _asked("cacheable_share", 0.5, 0.0, 0.9, "of uncached input", "an assumption: prompts are not read here"),
    _asked("batchable_share", 0.25, 0.0, 1.0, "of calls", "an assumption: which can wait a day?"),
)
DEFAULTS = (*_MONEY, *_QUALITY, *_WHAT_IF)
"""In the order in which they are listed. Sources: docs/projection.md."""

_ALLOWED = {
    "pue": (1.0, 5.0),
    "hardware_life_months": (1.0, 1200.0),
    "resale_decay_per_year": (0.0, 1.0),
    "discount_per_year": (0.0, 1.0),
}
_ALLOWED_BY_ENDING = {"_share": (0.0, 1.0), "_per_year": (-0.99, 10.0), "_factor": (0.001, 1000.0)}
_NOT_NEGATIVE = (0.0, 100_000.0)


def allowed_of(name: str) -> tuple[float, float]:
    """The least and the most that a plan may state: outside, a number contradicts its name.

    >>> allowed_of("pue"), allowed_of("fallback_share"), allowed_of("rent_drift_per_year")
    ((1.0, 5.0), (0.0, 1.0), (-0.99, 10.0))
    """
    endings = (allowed for ending, allowed in _ALLOWED_BY_ENDING.items() if name.endswith(ending))
    return _ALLOWED.get(name) or next(endings, _NOT_NEGATIVE)


class Assumptions(Mapping[str, Assumption]):
    """By name; whatever a plan does not state is as in DEFAULTS."""

    def __init__(self, stated: Mapping[str, Assumption] | None = None) -> None:
        self._all = {each.name: each for each in DEFAULTS} | dict(stated or {})

    def __getitem__(self, name: str) -> Assumption:
        return self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def value_of(self, name: str) -> float:
        return self._all[name].value

    def with_value(self, name: str, value: float) -> "Assumptions":
        """The same with *name* fixed at *value*, drawn no more: what sensitivity asks."""
        fixed = replace(
            self._all[name], value=value, low=value, high=value, basis=Basis.STATED, is_drawn=False
        )
        return Assumptions(self._all | {name: fixed})
