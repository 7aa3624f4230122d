"""Which targets are measured, and in which order."""

from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.targets import Target, direct, in_turns, starters_of


def test_rounds_go_in_turns() -> None:
    order: list[str] = []
    targets = [Target(name="a", port=1), Target(name="b", port=2)]
    found = in_turns(targets, 2, lambda target: order.append(target.name) or len(order))  # type: ignore[func-returns-value]
    assert order == ["a", "b", "a", "b"]
    assert found == {"a": [1, 3], "b": [2, 4]}


def test_direct_is_the_upstream_itself() -> None:
    with direct(8001, Path()) as target:
        assert (target.url, target.cpu_s()) == ("http://127.0.0.1:8001/v1/chat/completions", 0.0)


def test_an_unknown_target_is_named() -> None:
    with pytest.raises(BenchError, match="no such target: apache; known are direct, nginx, payback"):
        starters_of(["nginx", "apache"], [])


def test_another_proxy_needs_a_name_and_a_command() -> None:
    assert len(starters_of(["direct"], ["naive=python naive.py {port} {upstream}"])) == 2
    with pytest.raises(BenchError, match="NAME=COMMAND"):
        starters_of([], ["naive.py"])
