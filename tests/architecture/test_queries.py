"""A query is a file; its header says what goes in and what comes out, and the header is true."""

import re
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, modules

QUERIES = sorted((ROOT / "ledger").rglob("queries/*.sql"))
HEADER = re.compile(r"-- (?P<name>\w+): \S.*\n(?:-- .*\n)*?-- in: (?P<into>.*\n(?:-- {2,}.*\n)*)-- out: \S")
PARAMETER = re.compile(r"(?<!:):(\w+)")


def test_there_are_queries() -> None:
    assert QUERIES


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: file.stem)
def test_the_header_names_the_query_and_exactly_its_parameters(file: Path) -> None:
    text = file.read_text("utf-8")
    header = HEADER.match(text)
    assert header is not None, "needs -- name: what it answers, then -- in: and -- out:"
    assert header["name"] == file.stem
    body = re.sub(r"--.*|'[^']*'", "", text)
    assert set(PARAMETER.findall(header["into"])) == set(PARAMETER.findall(body))


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: file.stem)
def test_a_query_has_a_reader(file: Path) -> None:
    readers = [name for name, module in modules("ledger") if f'"{file.stem}"' in module.read_text("utf-8")]
    assert readers, f"no module of the ledger asks {file.stem}"
