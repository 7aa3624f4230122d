"""[[budget]]: what is taken, exactly as it stands, and which sentence each fault gets."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.money import NanoUsd
from payback.budgeting import budget_of
from payback.settings import SettingsError, read_settings
from payback.toml_text import toml_of
from proxy.budget import Budget, Subject
from tests.payback.served import refused


def budgets(*tables: dict[str, Any]) -> list[Budget]:
    return [budget_of(budget) for budget in read_settings({"budget": list(tables)}, "test").budget]


def test_a_budget_is_what_the_configuration_says() -> None:
    told = {"name": "bot", "usd": "500.00", "per": "day", "of": {"workload": "support-bot"}}
    assert budgets(told | {"when_spent": "warn", "unpriced": "refuse"}) == [
        Budget(
            name="bot",
            limit=NanoUsd(500_000_000_000),
            subject=Subject("day", "workload", "support-bot"),
            refuses=False,
            refuses_unpriced=True,
        )
    ]


def test_what_is_left_out_is_the_month_all_calls_and_a_refusal_for_what_is_spent_alone() -> None:
    """In nano-USD, also of numbers that no float has."""
    (found,) = budgets({"name": "all", "usd": Decimal("0.000000001")})
    assert (found.limit, found.subject) == (1, Subject("month"))
    assert (found.refuses, found.refuses_unpriced) == (True, False)
    assert [budget.limit for budget in budgets({"name": "a", "usd": "0"}, {"name": "b", "usd": 7})] == [
        0,
        7_000_000_000,
    ]


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"usd": "-1"}, '[[budget]] 1 usd is "-1"; write a number of at least 0'),
    ({"usd": "NaN"}, "[[budget]] 1 usd is NaN; write a number"),
    ({"usd": "Infinity"}, "[[budget]] 1 usd is Infinity; write a number"),
    ({"usd": "much"}, '[[budget]] 1 usd: write USD, such as "3.00"'),
    ({"usd": True}, '[[budget]] 1 usd is true; write USD, such as "3.00"'),
    (
        {"usd": "0.0000000001"},
        "[[budget]] 1 usd: has parts of a nano-USD; write 9 digits after the point at most",
    ),
    ({"limit": 5}, "[[budget]] 1 limit is no known key; "),
    ({"when_spend": "warn"}, "[[budget]] 1 when_spend is no known key; did you mean when_spent?"),
    ({"per": "week"}, '[[budget]] 1 per is "week"; write "day" or "month"'),
    ({"when_spent": "cut"}, '[[budget]] 1 when_spent is "cut"; write "refuse" or "warn"'),
    ({"unpriced": "count"}, '[[budget]] 1 unpriced is "count"; write "pass" or "refuse"'),
    ({"name": ""}, "[[budget]] 1 name is empty; write something"),
    ({"of": "bot"}, '[[budget]] 1 of is "bot"; write a table, as { key = value }'),
    (
        {"of": {"workload": "a", "user": "b"}},
        "[[budget]] 1 of: it names workload and user; write one of them, and another [[budget]]",
    ),
    ({"of": {}}, "[[budget]] 1 of: it names nothing; write one, such as workload, or leave of out for all"),
    ({"of": {"worklaod": "a"}}, "[[budget]] 1 of.worklaod is no known key; did you mean workload?"),
    ({"of": {"user": 5}}, "[[budget]] 1 of.user is 5; write text in quotes"),
]


@pytest.mark.parametrize(("fault", "sentence"), FAULTS, ids=[str(fault) for fault, _ in FAULTS])
def test_each_fault_is_one_sentence(fault: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        budgets({"name": "bot", "usd": "1", **fault})
    assert str(raised.value).startswith(f"test: {sentence}")
    assert "\n" not in str(raised.value)


def test_what_is_missing_is_named_with_an_example() -> None:
    with pytest.raises(SettingsError, match=r'\[\[budget\]\] 1 usd is missing; set it, as in usd = "500.00"'):
        budgets({"name": "bot"})


def test_two_budgets_of_one_name_are_refused() -> None:
    """Metrics and refusals tell them by it."""
    with pytest.raises(SettingsError, match=r"two \[\[budget\]\] are named bot; rename one"):
        budgets({"name": "bot", "usd": "1"}, {"name": "bot", "usd": "2"})


@pytest.mark.parametrize("field", ["workload", "project", "user", "key", "upstream"])
@pytest.mark.parametrize(
    ("name", "remedy"),
    [("alice ", '"alice"'), ("\talice", '"alice"'), ("al\u200bice", '"alice"'), ("\u00a0", "another")],
)
def test_a_name_that_no_call_can_have_is_refused(field: str, name: str, remedy: str) -> None:
    """Names from clients are made printable: such a budget would be spent by nobody."""
    with pytest.raises(SettingsError) as raised:
        budgets({"name": "bot", "usd": "1", "of": {field: name}})
    assert str(raised.value) == (
        f'test: [[budget]] "bot" of.{field} is {toml_of(name)}, which no call has: names are printable,'
        f" without blanks around them; write {remedy}"
    )


def test_a_name_that_the_configuration_gives_to_calls_is_taken_as_it_stands() -> None:
    """Also one with a blank of another script, which is not printable."""
    name = "\u5ba2\u6237\u3000\u652f\u6301"
    table = {
        "workload": [{"name": name, "match": {"path": "/v1/*"}}],
        "key": [{"name": name, "secret": {"env": "CI_KEY"}}],
        "budget": [{"name": of, "usd": "1", "of": {of: name}} for of in ("workload", "key")],
    }
    found = [budget_of(budget).subject for budget in read_settings(table, "test").budget]
    assert found == [Subject("month", "workload", name), Subject("month", "key", name)]


def test_a_plain_name_of_any_script_is_taken() -> None:
    name = "x" * 199 + "\u5ba2"
    assert budgets({"name": "bot", "usd": "1", "of": {"user": name}})[0].subject.name == name


async def test_payback_does_not_start_with_a_budget_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "payback.toml").write_text('[[budget]]\nname = "bot"\nusd = "-5"\n')
    assert await refused(tmp_path, "--port", "0") == (
        'payback.toml: [[budget]] 1 usd is "-5"; write a number of at least 0'
    )
