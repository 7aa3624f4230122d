"""What payback check says of budgets: one line each."""

from pathlib import Path
from typing import Any

import pytest

from payback.checks.budgets import budgets_concern_calls
from payback.checks.client_keys import keys_known
from payback.checks.finding import Level
from payback.settings import read_settings
from tests.proxy.issued import issue, issued

TABLES: dict[str, Any] = {
    "upstream": [{"name": "lab", "base_url": "http://127.0.0.1:8000/v1", "self_hosted": True}],
    "workload": [{"name": "bot", "match": {"model": "*"}}],
}
KEYS = [issued("web", workload="shop")]


def told(**budget: Any) -> tuple[Level, str]:
    tables = {**TABLES, "budget": [{"name": "b", "usd": "5", **budget}]}
    (found,) = budgets_concern_calls(read_settings(tables, "test"), KEYS)
    assert found.about == "budget"
    return found.level, found.sentence


@pytest.mark.parametrize(
    ("of", "whose"),
    [
        (None, "of all calls"),
        ({"workload": "bot"}, "of workload bot"),
        ({"workload": "shop"}, "of workload shop"),
        ({"key": "web"}, "of key web"),
        ({"key": "key-1a2b3c"}, "of key key-1a2b3c"),
        ({"user": "alice"}, "of user alice"),
        ({"upstream": "openai"}, "of upstream openai"),
    ],
)
def test_a_budget_that_can_concern_a_call_is_in_order(of: dict[str, str] | None, whose: str) -> None:
    assert told(**({"of": of} if of else {})) == (Level.OK, f"b: 5 USD a month {whose}")


@pytest.mark.parametrize(
    ("budget", "note"),
    [
        ({"of": {"upstream": "opnai"}}, "there is no such upstream, so no call goes there; did you mean"),
        ({"of": {"upstream": "lab"}}, "it is self_hosted, and its calls cost a budget nothing"),
        ({"of": {"workload": "shops"}}, "no [[workload]] and no key gives that name, so it is of calls"),
        ({"of": {"key": "ci"}}, "no [[key]] has that name and no client was given it, so no call has it"),
        ({"usd": "0"}, "no call that is billed passes"),
    ],
)  # fmt: skip
def test_one_that_cannot_is_a_note_and_no_failure(budget: dict[str, Any], note: str) -> None:
    level, sentence = told(**budget)
    assert level is Level.WARN
    assert sentence.split("; ", 1)[1].startswith(note)


def test_keys_that_cannot_be_read_are_no_budgets_business(tmp_path: Path) -> None:
    settings, ledger = read_settings({}, "test"), tmp_path / "payback.db"
    assert keys_known(settings, ledger) == ()
    issue(tmp_path, "web")
    assert [key.name for key in keys_known(settings, ledger)] == ["web"]
    (tmp_path / "payback.db.keys").write_text("broken")
    assert keys_known(settings, ledger) == ()
