"""The examples in docstrings are true."""

import doctest
from importlib import import_module

import pytest

from tests.architecture.house import PACKAGES, modules

WITH_EXAMPLES = [name for name, file in modules(*PACKAGES, "bench") if ">>> " in file.read_text("utf-8")]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    found = doctest.testmod(import_module(name))
    assert found.attempted > 0, "examples that doctest does not see"
    assert found.failed == 0, "see above"
