"""What holds for every file of the project."""

import re

from tests.architecture.house import ROOT, project_files

LONGEST_LINES = 400
"""Above this, two questions live in one file."""
OTHERS_PLACES = re.compile(r"(?<![\w.}>*-])/(?:home|Users|root|work|workspace|builds)/\w")
"""Absolute paths that are there on one machine only."""
REGISTRIES = tuple(".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org")))
"""Where packages come from is a setting of whoever installs them."""


def test_no_file_is_so_long_that_two_questions_live_in_it() -> None:
    sources = [file for file in project_files() if file.suffix in (".py", ".sql", ".js", ".html")]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in sources}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_LINES} == {}


def test_no_file_names_a_path_of_one_machine() -> None:
    assert _lines_with(OTHERS_PLACES) == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert _lines_with(re.compile("|".join(map(re.escape, REGISTRIES)))) == []


def test_constraints_are_exact_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+|#.*|", line)] == []


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for file in project_files():
        text = file.read_bytes().decode("utf-8", "replace")
        lines = (text.count("\n", 0, match.start()) + 1 for match in pattern.finditer(text))
        found += [f"{file.relative_to(ROOT)}:{line}" for line in lines]
    return found
