"""Every target for a moment. `make fuzz` feeds them for minutes, and other inputs each time."""

from pathlib import Path

import pytest

from tests.fuzz.campaign import campaign
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

SEED = 8300


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_input_makes_it_break_its_promise(target: Target, tmp_path: Path) -> None:
    found = campaign(target, SEED, tmp_path, runs=range(target.small_runs))
    assert [finding.told(target, SEED) for finding in found.findings] == []
    assert found.runs == target.small_runs


def test_a_target_has_a_name_of_its_own_and_seeds_to_begin_with() -> None:
    names = [target.name for target in TARGETS]
    assert len(names) == len(set(names))
    assert all(target.seeds() for target in TARGETS)
