"""Completions of text: of several prompts, and of more outputs than are answered, each is charged for."""

from typing import Any

import msgspec
import pytest

from proxy.needs_completions import Completions
from proxy.top import MOST_TOLD, most_output_in


@pytest.mark.parametrize(
    ("members", "most"),
    [
        ({}, 16),
        ({"n": 2}, 32),
        ({"n": 2, "best_of": 5}, 80),
        ({"n": 3, "best_of": 2}, 48),
        ({"best_of": "odd"}, 16),
        ({"prompt": "abc", "n": 2}, 32),
        ({"prompt": ["a", "b", "c"], "n": 2}, 96),
        ({"prompt": [[1, 2], [3]]}, 32),
        ({"prompt": [1, 2, 3]}, 16),
        ({"prompt": []}, 16),
        ({"prompt": None}, 16),
        ({"prompt": {"odd": 1}}, 16),
        ({"n": 10**6, "prompt": ["a", "b"]}, 16 * MOST_TOLD),
    ],
)
def test_each_prompt_may_have_as_many_outputs_as_are_made_of_one(members: dict[str, Any], most: int) -> None:
    body = msgspec.json.encode({"model": "m", "max_tokens": 16, **members})
    assert most_output_in(msgspec.json.decode(body, type=Completions)) == most


def test_without_a_limit_nothing_is_said_of_the_output() -> None:
    assert most_output_in(Completions(n=5, best_of=7)) is None
