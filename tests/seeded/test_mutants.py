"""Every planted bug can be planted, and the tests that are to see it are there. `make seeded` runs them."""

from pathlib import Path

import pytest

from tests.architecture.house import ROOT
from tests.seeded.mutant import Mutant
from tests.seeded.mutants import MUTANTS
from tests.seeded.runner import Ran, run_tests
from tests.seeded.tree import planted

FEWEST = 30
MADE_UP = Mutant(
    "made-up", "nothing", "one.py", "1 + 1", "1 + 2", ("test_one.py::test_sum", "test_one.py::test_same")
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_bug_can_be_planted_and_the_tests_that_are_to_see_it_are_there(mutant: Mutant) -> None:
    assert mutant.text() != (ROOT / mutant.file).read_text("utf-8")
    assert mutant.tests
    assert mutant.missing_tests() == []


def test_there_are_enough_of_them_and_each_is_another() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= FEWEST
    assert len({(mutant.file, mutant.old, mutant.new) for mutant in MUTANTS}) == len(MUTANTS)


def test_a_bug_whose_place_is_gone_or_there_twice_is_told(tmp_path: Path) -> None:
    for text, times in (("x = 2\n", 0), ("x = 1 + 1\ny = 1 + 1\n", 2)):
        (tmp_path / "one.py").write_text(text)
        with pytest.raises(ValueError, match=f"has {times} times"):
            MADE_UP.text(tmp_path)


def test_a_bug_is_caught_by_those_tests_that_fail_and_is_gone_afterwards(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("def total():\n    return 1 + 1\n")
    tests = "import one\ndef test_sum():\n    assert one.total() == 2\ndef test_same():\n    assert True\n"
    (tmp_path / "test_one.py").write_text(tests)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    with planted(MADE_UP, tmp_path):
        ran = run_tests(MADE_UP.tests, tmp_path)
    assert ran.blind(MADE_UP) == ["test_one.py::test_same"], ran.said
    assert run_tests(MADE_UP.tests, tmp_path).status == 0


def test_tests_that_do_not_run_see_nothing() -> None:
    assert Ran(4, "").blind(MADE_UP) == list(MADE_UP.tests)
    assert Ran(-1, "not within 60 s").blind(MADE_UP) == list(MADE_UP.tests)
    failed = "FAILED test_one.py::test_sum[a-b] - assert 3\nFAILED test_one.py::test_same\n"
    assert Ran(1, failed).blind(MADE_UP) == []
