"""What may be asked otherwise: the fields of the form, with their ranges and what stands in them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from projection.assumptions import DEFAULTS, Assumption, allowed_of
from web.decision.words import label_of
from web.figures import typed
from web.plan_query import LIMITS, LONGEST_HORIZON_MONTHS, MOST_UNITS

_FIRST = (
    "ops_h_per_month", "labour_usd_per_h", "electricity_usd_per_kwh", "fallback_share", "volume_factor",
    "api_price_factor", "discount_per_year",
)  # fmt: skip
"""Those that answers hang on most, and that the reader knows best."""
_BY_DEFAULT = {
    "horizon_months": 36,
    "first_token_s": 2.0,
    "per_token_s": 0.1,
    "burst_factor": 1.0,
    "most_units": 64,
}
_LIMIT_UNITS = {"first_token_s": "s", "per_token_s": "s", "burst_factor": "times the measured traffic"}
_EXAMPLES = {"model": "Llama 3.3 70B", "hardware": "RTX 4090", "quantisation": "q4_k_m", "engine": "vLLM"}
CHOICES = (
    ("stay", "one stays on a model"),
    ("switch", "one keeps switching to cheaper ones"),
    ("flat", "they stay as they are"),
)


class Kind(StrEnum):
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    name: str
    kind: Kind = Kind.NUMBER
    stated: str = ""
    """What stands in it; empty: the default holds."""
    instead: str = ""
    """Shown faintly while nothing is stated."""
    unit: str = ""
    least: float | None = None
    most: float | None = None
    step: str = "any"
    hint: str = ""

    @property
    def label(self) -> str:
        return label_of(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    workload: str | None
    first: tuple[Input, ...]
    machine: tuple[Input, ...]
    limits: tuple[Input, ...]
    others: tuple[Input, ...]
    api_prices: str
    in_house: tuple[tuple[str, str, bool], ...]
    """Name, label, whether it is on."""
    stated: tuple[tuple[str, str], ...]
    """Label and text of all that is stated."""


def form_of(stated: Mapping[str, str]) -> Form:
    rest = [each for each in DEFAULTS if each.name not in _FIRST]
    flags = ("must_stay_in_house", "rented_is_in_house")
    return Form(
        workload=stated.get("workload"),
        first=(_whole("horizon_months", "months", LONGEST_HORIZON_MONTHS, stated), *_assumed(_FIRST, stated)),
        machine=(*_texts(stated), _whole("units", "units", MOST_UNITS, stated)),
        limits=(*_limits(stated), _whole("most_units", "units", MOST_UNITS, stated)),
        others=tuple(_assumption(each, stated) for each in rest),
        api_prices=stated.get("api_prices", "stay"),
        in_house=tuple((name, label_of(name), stated.get(name) == "on") for name in flags),
        stated=tuple((label_of(name), text) for name, text in stated.items() if name != "workload"),
    )


def _assumed(names: tuple[str, ...], stated: Mapping[str, str]) -> tuple[Input, ...]:
    known = {each.name: each for each in DEFAULTS}
    return tuple(_assumption(known[name], stated) for name in names)


def _assumption(each: Assumption, stated: Mapping[str, str]) -> Input:
    least, most = allowed_of(each.name)
    return Input(
        name=each.name,
        stated=stated.get(each.name, ""),
        instead=f"{each.value:g}",
        unit=each.unit,
        least=least,
        most=most,
        hint=f"likely {typed(each.low)} to {typed(each.high)}",
    )


def _whole(name: str, unit: str, most: int, stated: Mapping[str, str]) -> Input:
    default = _BY_DEFAULT.get(name)
    return Input(
        name=name,
        stated=stated.get(name, ""),
        instead=str(default or ""),
        unit=unit,
        least=1,
        most=most,
        step="1",
        hint=f"1 to {most}",
    )


def _limits(stated: Mapping[str, str]) -> tuple[Input, ...]:
    return tuple(
        Input(
            name=name,
            stated=stated.get(name, ""),
            instead=f"{_BY_DEFAULT[name]:g}",
            unit=_LIMIT_UNITS[name],
            least=least,
            most=most,
            hint=f"{typed(least)} to {typed(most)}",
        )
        for name, least, most in LIMITS
    )


def _texts(stated: Mapping[str, str]) -> tuple[Input, ...]:
    return tuple(
        Input(
            name=name, kind=Kind.TEXT, stated=stated.get(name, ""), instead="any", hint=f"such as {example}"
        )
        for name, example in _EXAMPLES.items()
    )
