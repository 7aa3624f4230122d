"""What every dialect does with a usage object: a count that cannot be is a problem, and never a number."""

from typing import Any

import pytest

from ledger.usage import TokenUsage
from proxy.dialects.counted import counted, part


def usage_of(usage: dict[str, Any]) -> TokenUsage:
    return TokenUsage(input_tokens=usage["n"], output_tokens=usage.get("m", 0))


def test_counts_that_can_be_are_taken() -> None:
    assert counted({"n": 3, "m": 2}, usage_of) == (TokenUsage(input_tokens=3, output_tokens=2), None)


def test_nothing_said_is_neither_a_count_nor_a_problem() -> None:
    assert counted(None, usage_of) == (None, None)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([1], "usage in the answer is not an object"),
        ({"n": -1}, "usage in the answer is wrong: input_tokens is not a count of tokens"),
        ({"n": 1, "m": 1.5}, "usage in the answer is wrong: output_tokens is not a count of tokens"),
        ({"n": 0}, "upstream reported no tokens at all"),
    ],
)
def test_counts_that_cannot_be_are_a_problem_with_a_name(value: Any, problem: str) -> None:
    assert counted(value, usage_of) == (None, problem)


@pytest.mark.parametrize("usage", [None, 7, [], {"details": [1]}, {"details": None}, {}])
def test_details_that_are_no_object_say_nothing(usage: Any) -> None:
    assert part(usage, "details") == {}
