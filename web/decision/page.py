"""What the decision page says: the answer's mappings in, one page out. Pure.

Mappings are as payback project --json prints them; what is printed as it is, templates take from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from web.decision.drawn import Drawings, drawings_of
from web.decision.words import label_of
from web.plan_query import Asked
from web.projector import Answer

Told = Mapping[str, Any]
_LONGEST_LINK = 2000
"""Characters; a name that makes a longer one is shown and not linked."""
_BADGES = {True: ("yes", "Pays off"), False: ("no", "Does not pay off"), None: ("early", "Too early to say")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    workload: str | None
    kind: str
    """yes, no or early."""
    badge: str
    sentence: str
    """Without the workload's name, which stands above it."""
    usd_per_month: float | None
    link: str | None
    """Its own page; None: it is the one shown, or its name makes no address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """The best course that runs a machine, beside one that runs none."""

    title: str
    found: Told | None
    """A comparison; None: there is nothing to compare with, and why stands in *instead*."""
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseRow:
    course: Told
    compared: Told | None
    """With staying; None: it is staying, or no month is named yet."""
    is_best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    binding: str
    rows: Sequence[Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPage:
    asked: Asked
    first_day: date | None
    last_day: date | None
    """None: the volume is stated."""
    is_made_up: bool
    is_brief: bool
    """What it hangs on is not known yet."""
    verdicts: tuple[Verdict, ...]
    """Of all workloads, the largest first."""
    verdict: Verdict
    told: Told
    """The projection that is shown."""
    best: Told | None
    against: tuple[Against, ...]
    courses: tuple[CourseRow, ...]
    refused: tuple[Refusals, ...]
    reachable: tuple[Told, ...]
    """What must be true, where a number would do."""
    unreachable: tuple[str, ...]
    drawings: Drawings
    not_projected: tuple[str, ...]
    smaller: Told | None


def decision_page(answer: Answer, asked: Asked) -> DecisionPage:
    """*answer* has one projection at least."""
    projections: Sequence[Told] = answer["projections"]
    told = _shown(projections, asked.stated.get("workload"))
    best = best_own(told)
    return DecisionPage(
        asked=asked,
        first_day=_day(answer["from"]),
        last_day=_day(answer["to"]),
        is_made_up=bool(answer["made_up"]),
        is_brief=bool(answer.get("brief")),
        verdicts=tuple(_verdict(each, asked, is_shown=each is told) for each in projections),
        verdict=_verdict(told, asked, is_shown=True),
        told=told,
        best=best,
        against=_against(told, best),
        courses=_courses(told, best),
        refused=_refusals(told["refused"]),
        reachable=tuple(each for each in told["must_be_true"] if each["needed"] is not None),
        unreachable=tuple(label_of(each["name"]) for each in told["must_be_true"] if each["needed"] is None),
        drawings=drawings_of(told, best),
        not_projected=tuple(answer.get("not_projected", ())),
        smaller=answer["smaller"],
    )


def best_own(told: Told) -> Told | None:
    """Against staying, of the courses that run a machine."""
    return next((each for each in told["against_stay"] if each["kind"] != "hosted"), None)


def _shown(projections: Sequence[Told], workload: str | None) -> Told:
    named = (each for each in projections if each["workload"] == workload)
    return next(named, projections[0])


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _verdict(told: Told, asked: Asked, *, is_shown: bool) -> Verdict:
    kind, badge = _BADGES[told["pays_off"]]
    query = asked.for_workload(told["workload"])
    return Verdict(
        workload=told["workload"],
        kind=kind,
        badge=badge,
        sentence=_without_name(told["sentence"], told["workload"]),
        usd_per_month=told["today"]["usd_per_month"],
        link=None if is_shown or len(query) > _LONGEST_LINK else f"?{query}",
    )


def _without_name(sentence: str, workload: str | None) -> str:
    """
    >>> _without_name("bot: it pays off.", "bot")
    'It pays off.'
    """
    rest = sentence.removeprefix(f"{workload}: ")
    return f"{rest[:1].upper()}{rest[1:]}"


def _against(told: Told, best: Told | None) -> tuple[Against, ...]:
    if best is None:
        return ()
    hosted = next((each for each in told["against_hosted"] if _is_same(each, best)), None)
    return (
        Against(title="Against staying (A0)", found=best),
        Against(
            title="Against the same model by API (A1)",
            found=hosted,
            instead="No known API sells this model, or no call may go to one.",
        ),
    )


def _courses(told: Told, best: Told | None) -> tuple[CourseRow, ...]:
    rows = []
    for course in told["courses"]:
        compared = next((each for each in told["against_stay"] if _is_same(each, course)), None)
        rows.append(
            CourseRow(course=course, compared=compared, is_best=compared is not None and compared is best)
        )
    return tuple(rows)


def _is_same(one: Told, other: Told) -> bool:
    return (one["kind"], one["name"]) == (other["kind"], other["name"])


def _refusals(refused: Sequence[Told]) -> tuple[Refusals, ...]:
    bindings = dict.fromkeys(each["binding"] for each in refused)
    return tuple(
        Refusals(binding=binding, rows=[each for each in refused if each["binding"] == binding])
        for binding in bindings
    )
