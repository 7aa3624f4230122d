"""What a plan comes to: the projection of each workload of the ledger, or of a volume that was stated.

The command and the report's page ask the same question here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from ledger.errors import LedgerError
from ledger.period import Period
from ledger.pricebook import PriceBook
from payback.day_calls import NO_WORKLOAD
from payback.errors import SettingsError
from payback.project_json import projection_as_json
from payback.projecting import choose, made_up_traffic, nearest_workload, prices_on
from payback.traffic_store import Traffics
from projection.catalogue import Catalogue, catalogue
from projection.plan import Plan, Volume
from projection.price_columns import Prices
from projection.traffic import Traffic

if TYPE_CHECKING:
    from payback.grounds import Grounds
    from projection.ground import Ground
    from projection.outcome import Projection
    from projection.sized import Sizing

DAYS = 90
"""Of history, where no others are asked for: whole ones, up to yesterday."""
Done = Callable[[int, int], None]
"""Told how many workloads are done, and of how many."""
Picked = tuple[str | None, Callable[[], Traffic]]
"""A workload, and its calls as soon as they are needed: they may be many."""


class NoCalls(LedgerError):
    """The period holds nothing to project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    period: Period | None
    """Of the ledger; None: the traffic is stated."""
    projections: Sequence["Projection"]
    failed: Sequence[str]
    """Why workloads could not be projected, a sentence each."""
    smaller: Sequence[str] = ()
    smaller_usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What every projection of one answer rests on."""

    plan: Plan
    book: PriceBook
    now: datetime
    done: Done = lambda _done, _count: None
    grounds: "Grounds | None" = None
    """Of earlier questions; None: there are none."""
    is_brief: bool = False
    """Without what answers hang on."""


def last_days(today: date) -> Period:
    return Period(today - timedelta(days=DAYS), today)


def days_of(period: Period) -> str:
    return f"{period.start} and {period.end - timedelta(days=1)}"


def of_volume(volume: Volume, terms: Terms) -> Answer:
    made_up = made_up_traffic(terms.plan, volume, terms.book, terms.now)
    return _projected([(None, lambda: made_up)], terms, None)


def of_ledger(found: Traffics, period: Period, workload: str | None, terms: Terms) -> Answer:
    """*workload* None: each by itself, the dearest first. Raises NoCalls, SettingsError where none can be
    projected."""
    _refuse_nothing(found, period)
    if workload is not None:
        _refuse_unknown(found, workload, period)
        return _projected([(workload, partial(found.of, workload))], terms, period)
    if found.workloads == (NO_WORKLOAD,):
        return _projected([(None, lambda: found.together)], terms, period)
    chosen = choose(found)
    answer = _projected([(name, partial(found.of, name)) for name in chosen.shown], terms, period)
    return replace(answer, smaller=chosen.smaller, smaller_usd=chosen.smaller_usd)


def workload_of(found: Traffics, wanted: str, period: Period) -> Traffic:
    _refuse_unknown(found, wanted, period)
    return found.of(wanted)


def _refuse_unknown(found: Traffics, wanted: str, period: Period) -> None:
    if wanted in found.workloads:
        return
    if wanted in found.beside:
        raise NoCalls(
            f"workload {wanted!r} has no calls to project between {days_of(period)}: they are"
            " self-hosted already, or none that a language model answers"
        )
    near = nearest_workload(wanted, found.workloads)
    raise NoCalls(
        f"no calls of workload {wanted!r} between {days_of(period)}" + (f"; perhaps {near!r}" if near else "")
    )


def answer_as_json(answer: Answer) -> dict[str, Any]:
    period = answer.period
    return {
        "from": period and period.start.isoformat(),
        "to": period and (period.end - timedelta(days=1)).isoformat(),
        "projections": [projection_as_json(found) for found in answer.projections],
        "not_projected": list(answer.failed),
        "smaller_workloads": list(answer.smaller),
        "smaller_usd": round(answer.smaller_usd, 2),
    }


def _refuse_nothing(found: Traffics, period: Period) -> None:
    if found.workloads:
        return
    days, home, others = days_of(period), found.together.self_hosted_calls, found.together.other_calls
    if home or others:
        raise NoCalls(
            f"no calls to project between {days}: {home:,} are self-hosted already, and no language model"
            f" answers {others:,}; give --from and --to other days"
        )
    raise NoCalls(f"no calls between {days}; give --from and --to other days, or a --volume")


def _one(picked: Picked, terms: Terms, known: Catalogue, prices: Prices) -> "Projection":
    from projection.ground import ground_of
    from projection.project import project_on
    from projection.sized import fleet_of

    workload, calls = picked
    plan, today = terms.plan, terms.now.date()

    def make(sized: "Sizing") -> "Ground":
        return ground_of(calls(), plan, known, prices, today, sized=sized)

    ground = make(fleet_of) if terms.grounds is None else terms.grounds.of(workload, plan, today, make)
    return project_on(ground, plan, is_brief=terms.is_brief)


def _projected(picked: Sequence[Picked], terms: Terms, period: Period | None) -> Answer:
    """Of one after the other: they may be large. Raises SettingsError where none can be projected."""
    known, prices = catalogue(terms.plan.catalogue), prices_on(terms.book, terms.now)
    projections, failed = [], []
    for done, each in enumerate(picked):
        try:
            projections.append(_one(each, terms, known, prices))
        except ValueError as error:
            failed.append(f"{each[0]}: {error}" if each[0] else str(error))
        terms.done(done + 1, len(picked))
    if not projections:
        raise SettingsError("; ".join(failed))
    return Answer(period=period, projections=projections, failed=failed)
