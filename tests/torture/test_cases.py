"""Small versions of the cases of `make torture`, and the planted faults that the same cases must see."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.torture.case import Case, Trial
from tests.torture.cases import ALL
from tests.torture.disk import has_compiler
from tests.torture.seeds import BESIDE, SWALLOWING, SYNCED_AT_TIMES, Seed

KILLS, FEW_KILLS = 100, 6
BY_NAME = {case.name: case for case in ALL}
SMALL = (
    "kill", "power cut", "disk full", "read-only", "locked", "the n-th access: full from there on",
    "the n-th access in a hurry: full from there on", "log damaged at rest", "clock jumps",
    "no more descriptors", "soak",
)  # fmt: skip
"""Those that are long, or much like one of these, `make torture` has alone."""
PLANTED = (
    ("kill", BESIDE),
    ("power cut", SYNCED_AT_TIMES),
    ("the n-th access: full from there on", SWALLOWING),
)
"""One of a kind; `make torture` has all."""


@pytest.fixture(autouse=True)
def compiler() -> None:
    if not has_compiler():
        pytest.skip("no C compiler is installed")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Hundreds of starts say what they have taken over."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.timeout(400)  # a hundred starts take half a minute on a machine that has nothing else to do
@pytest.mark.parametrize("name", SMALL)
async def test_no_call_is_lost_doubled_or_untraced(name: str, tmp_path: Path) -> None:
    findings = await BY_NAME[name].run(Trial(tmp_path, kills=KILLS, is_small=True))
    assert findings.faults == []
    if name == "kill":
        assert findings.figures["kills"] == KILLS


@pytest.mark.parametrize(("name", "seed"), PLANTED, ids=[name for name, _ in PLANTED])
async def test_a_case_sees_the_fault_that_was_planted_for_it(name: str, seed: Seed, tmp_path: Path) -> None:
    case: Case = BY_NAME[name]
    assert seed in case.seeds
    findings = await case.run(Trial(tmp_path, kills=FEW_KILLS, is_small=True, seed=seed))
    assert findings.faults


def test_names_of_cases_are_their_own() -> None:
    assert len(BY_NAME) == len(ALL)
