"""docs/api.md against the document that the API serves."""

import re
from typing import Any

from tests.architecture.house import ROOT
from web.api.failures import TYPES
from web.api.openapi import document

MARKED = re.compile(r"<!-- addresses -->\n(.*?)<!-- /addresses -->", re.DOTALL)


def table() -> str:
    """After a change of the API: put these lines between the marks in docs/api.md."""
    paths: Any = document()["paths"]
    lines = []
    for path, operations in paths.items():
        told = operations["get"]
        names = [each["name"] for each in told.get("parameters", ()) if each["in"] == "query"]
        words = "fields of a plan" if path.endswith("/project") else ", ".join(f"`{name}`" for name in names)
        lines.append(f"| `{path}` | {told['summary']} | {words} |\n")
    return "| address | answer | parameters |\n|---|---|---|\n" + "".join(lines)


def text() -> str:
    return (ROOT / "docs" / "api.md").read_text("utf-8")


def test_the_table_of_addresses_is_that_of_the_document() -> None:
    written = MARKED.search(text())
    assert written is not None
    assert written[1] == table()


def test_every_status_of_an_error_is_explained_with_its_type() -> None:
    told = dict(re.findall(r"^\| (\d{3}) \| `(\w+)` \|", text(), re.MULTILINE))
    assert {int(status): name for status, name in told.items()} == dict(TYPES)


def test_every_address_that_is_shown_is_there() -> None:
    paths: Any = document()["paths"]
    shown = set(re.findall(r"(/-/api/[\w.]+)", text()))
    assert {address for address in shown if address not in paths} == set()
