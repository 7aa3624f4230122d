"""A package's docstring is its map: one line for each thing in it, in the order in which to read them."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.house import PACKAGES, ROOT, modules

MAPPED = (*PACKAGES, "bench", "tests.architecture", "tests.llama")
LINE = re.compile(r"- ((?:\w+/?, )*\w+/?)(?:\s|$)", re.MULTILINE)
FOLDER = re.compile(r"\b(\w+)/")
UNNAMED = {"__init__", "__main__", "__pycache__"}


def maps() -> list[str]:
    tops = [name.replace(".", "/") for name in MAPPED]
    return [str(file.parent.relative_to(ROOT)) for _, file in modules(*tops) if file.name == "__init__.py"]


@pytest.mark.parametrize("folder", maps())
def test_the_docstring_of_a_package_names_what_is_in_it(folder: str) -> None:
    named, there = _named_in(ROOT / folder), _things_in(ROOT / folder)
    assert named >= there, f"there, and not on the map: {', '.join(sorted(there - named))}"
    extra = named - there - UNNAMED
    assert not extra, f"on the map, and not there: {', '.join(sorted(extra))}"


def _named_in(package: Path) -> set[str]:
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8"))) or ""
    lines = LINE.findall(text)
    names = {name.removesuffix("/") for line in lines for name in line.split(", ")}
    return names | {folder for folder in FOLDER.findall(text) if (package / folder).is_dir()}


def _things_in(package: Path) -> set[str]:
    """Modules, packages, folders of templates and of SQL; other files speak for themselves."""
    things = (entry for entry in package.iterdir() if entry.is_dir() or entry.suffix == ".py")
    return {thing.stem for thing in things} - UNNAMED
