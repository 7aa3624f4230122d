"""The courses of one workload on all paths, each against staying and against the same model by API."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from projection.case import Case
from projection.compare import compared
from projection.fleet import Fleet
from projection.hosting import Destination
from projection.options import Placed, Recipe, by_machine, by_offer, staying
from projection.outcome import Comparison, Course
from projection.plan import Kind
from projection.sensitivity import PATHS, Question
from projection.verdict import best_own, pays_back

ROUGH_PATHS = 100
"""Enough to tell which courses are worth to be reckoned in full."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reckoned:
    """Comparisons are the best first."""

    staying: Recipe
    stay: Course
    made: Sequence[tuple[Recipe, Course]]
    against_stay: tuple[Comparison, ...]
    against_hosted: tuple[Comparison, ...]

    @property
    def own(self) -> Comparison | None:
        return best_own(self.against_stay)

    @property
    def fleet(self) -> Fleet | None:
        return self.own.course.fleet if self.own else None

    @property
    def hosted(self) -> Comparison | None:
        return next((each for each in self.against_stay if each.course.kind is Kind.HOSTED), None)

    @property
    def own_against_hosted(self) -> Comparison | None:
        own = self.own
        return next((each for each in self.against_hosted if own and each.course is own.course), None)

    def question(self, case: Case) -> Question | None:
        """What the best course that runs a machine hangs on; None: there is none."""
        own = self.own
        recipe = next((recipe for recipe, course in self.made if own and course is own.course), None)
        if recipe is None:
            return None
        return Question(
            course=recipe,
            to=self.staying,
            base_of=lambda assumptions: case.base(assumptions, PATHS),
            assumptions=case.plan.assumptions,
        )


def reckoned(
    case: Case, destinations: Mapping[str, Destination], placed: Sequence[Placed], *, is_brief: bool = False
) -> Reckoned:
    """*is_brief*: against the same model by API, only the best course that runs a machine."""
    recipes = (
        *_by_api(case, destinations),
        *by_machine(placed, case.plan.constraints, case.base(paths=ROUGH_PATHS), case.today),
    )
    base = case.base()
    made = [(recipe, course) for recipe in recipes if (course := recipe.course(base)) is not None]
    stays = staying(case.models[0])
    stay = stays.course(base)
    assert stay is not None
    against_stay = best_first(_compared(case, course, stay) for _, course in made)
    own = best_own(against_stay)
    wanted = [course for _, course in made if not is_brief or (own and course is own.course)]
    by_api = {course.model: course for _, course in made if course.kind is Kind.HOSTED}
    return Reckoned(
        staying=stays,
        stay=stay,
        made=made,
        against_stay=against_stay,
        against_hosted=best_first(_against_hosted(case, wanted, by_api)),
    )


def _by_api(case: Case, destinations: Mapping[str, Destination]) -> Iterator[Recipe]:
    for each in destinations.values():
        if each.offer is not None:
            yield by_offer(each.move, each.offer, case.months, each.substitute)


def _against_hosted(
    case: Case, courses: Sequence[Course], by_api: Mapping[str | None, Course]
) -> Iterator[Comparison]:
    for course in courses:
        if course.kind is not Kind.HOSTED and course.model in by_api:
            yield _compared(case, course, by_api[course.model])


def _compared(case: Case, course: Course, to: Course) -> Comparison:
    return compared(course, to, case.plan.assumptions.value_of("discount_per_year"))


def best_first(comparisons: Iterator[Comparison]) -> tuple[Comparison, ...]:
    """By their worth, but one that pays back is better than any that would have to be sold again first."""
    return tuple(sorted(comparisons, key=lambda each: (not pays_back(each), -each.npv_usd[1])))
