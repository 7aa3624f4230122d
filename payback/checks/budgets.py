"""Budgets: can each concern a call, and does it let any pass."""

from collections.abc import Iterable, Iterator

from payback.budget_sections import BudgetSettings
from payback.checks.finding import Finding, ok, warn
from payback.complaints import nearest
from payback.issued_key import IssuedKey
from payback.settings import Settings
from payback.terminal import clean


def budgets_concern_calls(settings: Settings, keys: Iterable[IssuedKey]) -> Iterator[Finding]:
    """*keys* are those that clients were given."""
    given = tuple(keys)
    for budget in settings.budget:
        doubt = _doubt_about(budget, settings, given)
        told = f"{clean(budget.name)}: {budget.usd} USD a {budget.per} {_of_whom(budget)}"
        yield warn("budget", f"{told}; {doubt}") if doubt else ok("budget", told)


def _of_whom(budget: BudgetSettings) -> str:
    return (
        " and ".join(f"of {field} {clean(name)}" for field, name in budget.of or () if name) or "of all calls"
    )


def _doubt_about(budget: BudgetSettings, settings: Settings, keys: tuple[IssuedKey, ...]) -> str | None:
    of = budget.of
    if of is not None and of.upstream is not None:
        return _doubt_about_upstream(of.upstream, settings)
    if of is not None and of.workload is not None:
        given = {rule.name for rule in settings.workload} | {key.workload for key in keys}
        if of.workload not in given:
            return "no [[workload]] and no key gives that name, so it is of calls that name it themselves"
    if of is not None and of.key is not None:
        known = {key.name for key in settings.key} | {key.name for key in keys}
        if of.key not in known and not of.key.startswith("key-"):
            return "no [[key]] has that name and no client was given it, so no call has it"
    return "no call that is billed passes" if not budget.usd and budget.when_spent == "refuse" else None


def _doubt_about_upstream(name: str, settings: Settings) -> str | None:
    upstreams = {upstream.name: upstream for upstream in settings.upstreams()}
    if name not in upstreams:
        return f"there is no such upstream, so no call goes there; {nearest(name, sorted(upstreams))}"
    return "it is self_hosted, and its calls cost a budget nothing" if upstreams[name].self_hosted else None
