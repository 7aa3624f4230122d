"""docs/articles.md, computed from the scenarios: python -m payback.articles > docs/articles.md

Each case of two articles, three times: as published; by the article's own arithmetic, which is the outlay
over what it says is saved a month; and projected, with capacity, labour and calls that fall back."""

import math
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from ledger.pricebook import PriceBook
from payback.figures import dollars, months, percent
from payback.projecting import prices_on
from payback.terminal import UNKNOWN
from projection.catalogue import catalogue
from projection.outcome import Comparison, Projection, Rung
from projection.plan import Kind
from projection.project import project
from projection.scenarios import Scenario, scenarios
from projection.verdict import best_own, pays_back
from projection.volume import traffic_of

PRICES_ON = datetime(2026, 11, 22, tzinfo=UTC)
"""So that the page does not change with the day it is printed on."""
INTRODUCTION = """\
# Two articles, computed

Two articles on running models locally or in the cloud give tables of costs, and verdicts. Here is each of
their cases as `payback project` answers it: a plan file in `projection/scenarios/`, which states the
article's volume, prices, machine and price of electricity. *By its own arithmetic* is what the article
would find with its own numbers: the outlay over the saving a month. *Computed* adds what articles leave
out: memory and speed of the machine, somebody's hours, calls that the open model answers badly and that
are paid for twice, prices that move. All else is as by default.
"""
_TITLES = ("case", "published", "by its own arithmetic", "computed", "why they differ")
_SMALL_PART_USD = 1.0
_SMALL_SHARE = 0.005
_LONG_MONTHS = 100
_ROUNDED = 0.15
"""So far an article's months may be from its own arithmetic: it rounds."""


class Row(NamedTuple):
    case: str
    published: str
    own_arithmetic: str
    computed: str
    why: str


def projected(scenario: Scenario) -> Projection:
    """At the prices of one day. Raises ValueError for a scenario without a volume."""
    plan = scenario.plan
    if plan.volume is None:
        raise ValueError(f"{scenario.name} has no [volume], and there is no ledger here")
    traffic = traffic_of(plan.volume, np.random.default_rng(plan.seed))
    return project(
        traffic, plan, catalogue(plan.catalogue), prices_on(PriceBook(), PRICES_ON), PRICES_ON.date()
    )


def row_of(scenario: Scenario, found: Projection) -> Row:
    return Row(
        case=f"{scenario.plan.name} ({scenario.finding.where})",
        published=_published(scenario),
        own_arithmetic=_own_arithmetic(scenario),
        computed=_computed(found),
        why=" ".join(_reasons(scenario, found)),
    )


def render_articles(rows: dict[str, list[Row]]) -> str:
    """Markdown; *rows* by article."""
    parts = [INTRODUCTION]
    for article, its_rows in rows.items():
        lines = [_line(_TITLES), _line(["---"] * len(_TITLES)), *map(_line, its_rows)]
        parts.append(f'## "{article}"\n\n' + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _published(scenario: Scenario) -> str:
    finding = scenario.finding
    costs = ((finding.bill_usd_per_month, "by API"), (finding.local_usd_per_month, "of one's own"))
    told = [f"${usd:,.2f} a month {where}" for usd, where in costs if usd is not None]
    return ", ".join([*told, finding.verdict])


def _own_arithmetic(scenario: Scenario) -> str:
    finding = scenario.finding
    if finding.bill_usd_per_month is None or finding.local_usd_per_month is None:
        return UNKNOWN
    if scenario.plan.wanted[0].hardware_usd is None:
        return f"{finding.bill_usd_per_month / finding.local_usd_per_month:.2f} times the cost"
    return _after(_own_months(scenario))


def _own_months(scenario: Scenario) -> float | None:
    """Until the machine is paid for by what the article says is saved; None: it does not say."""
    finding, outlay_usd = scenario.finding, scenario.plan.wanted[0].hardware_usd
    if outlay_usd is None or finding.bill_usd_per_month is None or finding.local_usd_per_month is None:
        return None
    saved_usd = finding.bill_usd_per_month - finding.local_usd_per_month
    return outlay_usd / saved_usd if saved_usd > 0 else math.inf


def _after(month: float | None) -> str:
    if month is None or math.isinf(month):
        return UNKNOWN if month is None else "never"
    return f"{month:,.0f} months" if month >= _LONG_MONTHS else f"{month:.1f} months"


def _computed(found: Projection) -> str:
    own, usd = best_own(found.against_stay), found.today.usd_per_month
    bill = f"${dollars(usd)} a month by API"
    if own is None:
        return f"{bill}, {found.binding or 'nothing stands open'}"
    if not pays_back(own):
        return f"{bill}, does not pay off within {found.horizon_months} months: {found.binding}"
    spread = f"P10 {months(own.payback.p10)}, P90 {months(own.payback.p90)}"
    never_share = own.payback.never_share
    never = f", never in {percent(never_share)} of the paths" if never_share >= _SMALL_SHARE else ""
    return f"{bill}, pays off in month {months(own.payback.p50)} ({spread}{never})"


def _reasons(scenario: Scenario, found: Projection) -> Iterator[str]:
    own, its_own, printed = (
        best_own(found.against_stay),
        _own_months(scenario),
        scenario.finding.break_even_months,
    )
    if its_own is not None and printed is not None and abs(printed / its_own - 1) > _ROUNDED:
        yield f"The article's own numbers give {_after(its_own)}, not {printed:g}."
    if own is None:
        yield from (f"{each.reason}." for each in found.refused[:1])
    else:
        yield _costs(own)
        if scenario.plan.wanted[0].hardware is None:
            yield f"Best of what could be run: {own.course.name}."
    if hosted := next((each for each in found.against_stay if each.course.kind is Kind.HOSTED), None):
        yield f"{hosted.course.name}'s API saves ${dollars(hosted.saved_usd_per_month)} without a machine."
    if not scenario.plan.constraints.must_stay_in_house:
        yield from (_lever(rung) for rung in found.ladder if "batch" in rung.name.lower() and _saves(rung))


def _costs(own: Comparison) -> str:
    parts = sorted(own.course.parts_usd.items(), key=lambda part: -part[1])
    told = [f"{name} ${dollars(usd)}" for name, usd in parts if usd >= _SMALL_PART_USD]
    upfront = float(np.median(own.course.upfront_usd))
    return f"A month costs {', '.join(told) or 'next to nothing'}, after ${dollars(upfront)} at first."


def _saves(rung: Rung) -> bool:
    return rung.saved_usd_per_month is not None and rung.saved_usd_per_month >= _SMALL_PART_USD


def _lever(rung: Rung) -> str:
    return f"{rung.name[:1].upper()}{rung.name[1:]} alone saves ${dollars(rung.saved_usd_per_month)} a month."


def main() -> None:
    rows: dict[str, list[Row]] = {}
    for scenario in scenarios():
        rows.setdefault(scenario.finding.article, []).append(row_of(scenario, projected(scenario)))
    sys.stdout.write(render_articles(rows))


if __name__ == "__main__":
    main()
