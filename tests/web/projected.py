"""Answers to look at: projections of traffic made up here, as the command prints them; and who gives them."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np

from payback.project_json import projection_as_json
from payback.projecting import prices_on
from payback.settings import Settings
from payback.wiring import price_book
from projection.catalogue import catalogue
from projection.plan import Constraints, Kind, Plan, Volume, Wanted
from projection.price_columns import repriced
from projection.project import project
from projection.replay import Limits
from projection.traffic import Traffic
from projection.volume import traffic_of
from tests.web.sample import HOSTILE_NAMES, NOW
from web.projector import Answer, ProjectionFailed

WANTED = (
    Wanted(model="Llama 3.3 70B", hardware="RTX PRO 6000", units=8, hardware_usd=30_000),
    Wanted(model="Llama 3.3 70B", hardware="RTX 3060 12GB", units=1, kinds=(Kind.BUY,)),
)
"""One machine that holds the model, and one that does not."""
PATIENT = Constraints(limits=Limits(first_token_s=20.0, per_token_s=1.0), most_units=8)


def traffic(workload: str | None, mtok_per_month: float, days: int, hours: float = 24.0) -> Traffic:
    volume = Volume(
        input_tokens_per_month=mtok_per_month * 0.75e6,
        output_tokens_per_month=mtok_per_month * 0.25e6,
        model="gpt-4o",
        provider="openai",
        calls_per_month=mtok_per_month * 250,
        hours_per_day=hours,
    )
    made_up = traffic_of(volume, np.random.default_rng(1), days=days)
    return replace(repriced(made_up, _prices()), workload=workload)


def told(found: Traffic, **plan: Any) -> dict[str, Any]:
    chosen = Plan(**{"paths": 200, "wanted": WANTED, "constraints": PATIENT, **plan})
    return projection_as_json(project(found, chosen, catalogue({}), _prices()))


@cache
def _projections() -> tuple[dict[str, Any], ...]:
    large = traffic("support-bot", 1200, 28, hours=24)
    return told(large), told(traffic("search", 8, 21)), told(traffic("new-idea", 20, 5))


def answer(**changes: object) -> dict[str, Any]:
    """Three workloads: one that pays off, one that does not, one of five days."""
    base = {
        "from": "2026-08-24",
        "to": "2026-11-21",
        "projections": deepcopy(list(_projections())),
        "smaller": {"workloads": ["tiny"], "usd": 1.5},
        "made_up": False,
    }
    return {**base, **changes}


def hostile_answer() -> Answer:
    """A projection for each hostile name, with the name wherever a name, a model or a sentence can be."""
    base = answer()["projections"][0]
    projections = [_with_name(base, name) for name in HOSTILE_NAMES]
    smaller = {"workloads": list(HOSTILE_NAMES), "usd": 1.0}
    return answer(projections=projections, smaller=smaller, not_projected=list(HOSTILE_NAMES))


def _with_name(base: Mapping[str, object], name: str) -> dict[str, object]:
    told = dict(base)
    today = {**told["today"], "models": [name]}  # type: ignore[dict-item]
    courses = [{**told["courses"][0], "name": f"stay on {name}"}, *told["courses"][1:]]  # type: ignore[index]
    stays = [{"reason": name, "calls": 1, "usd_per_month": 1.0}]
    refused = [{"name": name, "kind": None, "binding": "does not fit", "reason": name}]
    more = {"today": today, "courses": courses, "stays": stays, "refused": refused, "notes": [name]}
    return {**told, **more, "workload": name, "sentence": f"{name}: it pays off."}


@cache
def _prices() -> Any:
    return prices_on(price_book(Settings()), datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC))


@dataclass
class Answering:
    """Gives what it was made with, and remembers what it was asked."""

    give: Callable[[], Answer | ProjectionFailed] = answer
    asked: list[Mapping[str, object]] = field(default_factory=list)

    async def project(self, plan: Mapping[str, object]) -> Answer:
        self.asked.append(plan)
        given = self.give()
        if isinstance(given, ProjectionFailed):
            raise given
        return given
