"""The section of the configuration about budgets: how much which calls may cost in a day or a month."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ledger.money import NANO_PER_USD
from payback.section import Section
from payback.setting_types import Text, Usd
from payback.toml_text import toml_of
from proxy.bounds import bounded


def _whole_nano_usd(usd: Decimal) -> Decimal:
    if (usd * NANO_PER_USD) % 1:
        raise ValueError("has parts of a nano-USD; write 9 digits after the point at most")
    return usd


class BudgetOf(Section):
    """Whose calls. Names are those of the report, whole: no patterns."""

    workload: Text | None = Field(None, description="the call's workload", examples=["support-bot"])
    project: Text | None = Field(None, description="its project", examples=["customer-care"])
    user: Text | None = Field(None, description="its user", examples=["web"])
    key: Text | None = Field(None, description="its key's name, or label in the report", examples=["ci"])
    upstream: Text | None = Field(None, description="where it goes", examples=["openai"])

    @model_validator(mode="after")
    def _names_one(self) -> "BudgetOf":
        named = [field for field, name in self if name is not None]
        if not named:
            raise ValueError("it names nothing; write one, such as workload, or leave of out for all calls")
        if len(named) > 1:
            raise ValueError(f"it names {' and '.join(named)}; write one of them, and another [[budget]]")
        return self


class BudgetSettings(Section):
    """How much calls may cost at list prices. Calls to an upstream with self_hosted = true cost a budget
    nothing. Nothing is refused where there is no such block."""

    name: Text = Field(
        description="As refusals, the report and metrics show it.", examples=["support-bot-month"]
    )
    usd: Annotated[Usd, AfterValidator(_whole_nano_usd)] = Field(
        description='USD, as text or number. "0" lets no call pass that is billed.', examples=["500.00"]
    )
    per: Literal["day", "month"] = Field("month", description='"day" or "month", of UTC, as in the report.')
    of: BudgetOf | None = Field(
        None,
        description="Whose calls: one of workload, project, user, key and upstream, by its whole name. Left"
        " out: all calls.",
        examples=[{"workload": "support-bot"}],
    )
    when_spent: Literal["refuse", "warn"] = Field(
        "refuse",
        description='"refuse" further calls, with 429, or "warn": say so once in the log, on the page Health'
        " and in the metrics.",
    )
    unpriced: Literal["pass", "refuse"] = Field(
        "pass",
        description='Calls whose model has no price: "pass", and are counted beside what is spent, or'
        ' "refuse".',
    )


def fault_in_names(budgets: Iterable[BudgetSettings], given: Mapping[str, Iterable[str]]) -> str | None:
    """Of a budget that would be about no call: names from clients are made printable. *given* are those that
    the configuration itself gives to calls, by their field; they are as they stand."""
    for budget in budgets:
        for field, name in budget.of or ():
            if name is None or name == (plain := bounded(name)) or name in given.get(field, ()):
                continue
            return (
                f"[[budget]] {toml_of(budget.name)} of.{field} is {toml_of(name)}, which no call has: names"
                f" are printable, without blanks around them; write {toml_of(plain) if plain else 'another'}"
            )
    return None
