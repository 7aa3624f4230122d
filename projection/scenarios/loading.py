"""The scenarios that are shipped: a plan, and what its article found."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from projection.keys import Read, number, read_keys, text, usd
from projection.plan import Plan
from projection.plan_file import plan_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What somebody published of the same case."""

    article: str
    """Its title, or its first sentence where it has none."""
    where: str
    bill_usd_per_month: float | None = None
    local_usd_per_month: float | None = None
    """What running it costs; None: not told."""
    break_even_months: float | None = None
    """None: never, or not told: the verdict says which."""
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    name: str
    """Of the file: scenarios are in its order, which is that of the articles."""
    plan: Plan
    finding: Finding


_FINDING: Mapping[str, Read] = {
    **dict.fromkeys(("article", "where", "verdict"), text),
    **dict.fromkeys(("bill_usd_per_month", "local_usd_per_month"), usd),
    "break_even_months": number(above=True),
}


@cache
def scenarios() -> tuple[Scenario, ...]:
    shipped = (each for each in files("projection.scenarios").iterdir() if each.name.endswith(".toml"))
    return tuple(
        scenario_of(file.name.removesuffix(".toml"), file.read_text("utf-8"))
        for file in sorted(shipped, key=lambda each: each.name)
    )


def scenario_of(name: str, toml: str) -> Scenario:
    """Raises ValueError with one sentence about what is wrong."""
    document = tomllib.loads(toml, parse_float=Decimal)
    place = f"{name}: [published]"
    told: dict[str, Any] = read_keys(document.get("published", {}), _FINDING, place)
    missing = [key for key in ("article", "where", "verdict") if key not in told]
    if missing:
        raise ValueError(f"{place} {missing[0]} is missing; write what the article says, and where")
    return Scenario(name=name, plan=plan_of(document, name), finding=Finding(**told))
