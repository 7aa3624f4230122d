"""Which targets are measured, and in which order."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.targets import Target, direct, in_turns, started_anew, starters_of


def test_rounds_go_in_turns() -> None:
    order: list[str] = []
    targets = [Target(name="a", port=1), Target(name="b", port=2)]
    found = in_turns(targets, 2, lambda target: order.append(target.name) or len(order))  # type: ignore[func-returns-value]
    assert order == ["a", "b", "a", "b"]
    assert found == {"a": [1, 3], "b": [2, 4]}


def test_each_round_may_have_targets_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process that is lucky in how it lies in memory would be lucky in every round."""
    monkeypatch.setattr("bench.targets.probe", lambda _: None)
    running: set[str] = set()

    @contextmanager
    def starter(name: str, _port: int, folder: Path) -> Iterator[Target]:
        running.add(f"{name} {folder.name}")
        yield Target(name=name, port=1)
        running.remove(f"{name} {folder.name}")

    starters = [partial(starter, name) for name in "ab"]
    found = started_anew(starters, 1, tmp_path, 2, lambda _: sorted(running))
    rounds = [[f"a round-{number}", f"b round-{number}"] for number in range(2)]
    assert found == {"a": rounds, "b": rounds}


def test_nobody_is_the_first_of_every_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is measured right after the start of all takes longer."""
    monkeypatch.setattr("bench.targets.probe", lambda _: None)

    @contextmanager
    def starter(name: str, _port: int, _folder: Path) -> Iterator[Target]:
        yield Target(name=name, port=1)

    order: list[str] = []
    started_anew(
        [partial(starter, name) for name in "ab"], 1, tmp_path, 4, lambda each: order.append(each.name)
    )
    assert "".join(order) == "abbaabba"


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
