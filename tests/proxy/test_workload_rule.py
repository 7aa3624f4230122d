"""Rules of the configuration: which calls are one workload."""

import pytest
from multidict import CIMultiDict

from proxy.workload_rule import FACTS, Fact, WorkloadRule

CALL: dict[Fact, str | None] = {
    "key": "key-1a2b3c",
    "model": "gpt-4o",
    "path": "/v1/chat/completions",
    "client": "OpenAI/Python",
    "project": "shop",
    "user": "ana",
    "user_agent": "OpenAI/Python 2.8.0 langchain/1.0",
}


def fits(**facts: str) -> bool:
    return WorkloadRule(name="w", facts={fact: facts[fact] for fact in FACTS if fact in facts}).matches(
        CALL, {}
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, True),
        ({"model": "gpt-*"}, True),
        ({"model": "gpt-*", "user": "ana"}, True),
        ({"model": "gpt-*", "user": "ben"}, False),
        ({"model": "GPT-*"}, False),
        ({"path": "/v1/*/completions", "key": "key-1a*"}, True),
        ({"user_agent": "*langchain*"}, True),
        ({"user_agent": "OpenAI/Python"}, False),
        ({"client": "OpenAI/Python"}, True),
    ],
)
def test_all_patterns_must_fit_whole_facts(facts: dict[str, str], expected: bool) -> None:
    assert fits(**facts) is expected


def test_a_fact_that_is_not_known_is_empty() -> None:
    nothing: dict[Fact, str | None] = dict.fromkeys(FACTS)
    assert WorkloadRule(name="w", facts={"project": ""}).matches(nothing, {})
    assert not WorkloadRule(name="w", facts={"project": "?*"}).matches(nothing, {})


TEAM = {"X-Team": "search*", "X-Stage": "prod"}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"X-Team": "search-eu", "X-Stage": "prod"}, True),
        ({"x-TEAM": "search", "x-stage": "prod"}, True),
        ({"X-Team": "search", "X-Stage": "test"}, False),
        ({"X-Team": "search"}, False),
        ({"X-Team": "Search", "X-Stage": "prod"}, False),
    ],
)
def test_all_headers_must_fit_by_names_in_any_case(sent: dict[str, str], expected: bool) -> None:
    assert WorkloadRule(name="w", headers=TEAM).matches(CALL, CIMultiDict(sent)) is expected


def test_a_header_that_is_not_sent_fits_no_pattern() -> None:
    rule = WorkloadRule(name="w", headers={"X-Team": "*"})
    assert not rule.matches(CALL, CIMultiDict())
    assert rule.matches(CALL, CIMultiDict({"X-Team": ""}))


def test_facts_and_headers_must_both_fit() -> None:
    rule = WorkloadRule(name="w", facts={"user": "ben"}, headers={"X-Team": "*"})
    assert not rule.matches(CALL, CIMultiDict({"X-Team": "a"}))


def test_a_very_long_header_is_matched_by_its_beginning() -> None:
    """Patterns with several stars take their time with long texts."""
    rule = WorkloadRule(name="w", headers={"X-Team": "a*z"})
    assert rule.matches(CALL, {"X-Team": "a" * 999 + "z"})
    assert not rule.matches(CALL, {"X-Team": "a" * 1000 + "z"})
