"""The examples of docs/clients.md, by the heading under which they stand."""

import re

from tests.architecture.house import ROOT

PAGE = ROOT / "docs" / "clients.md"
ADDRESS = "127.0.0.1:8300"
"""Where payback is on the page."""
_SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = ("python", "js")
"""Languages of which every example is run; of sh, those that call curl."""


def examples() -> dict[str, list[tuple[str, str]]]:
    """Language and text of all examples, by heading."""
    text = PAGE.read_text("utf-8")
    return {heading: _BLOCK.findall(section) for heading, section in _SECTION.findall(text)}


def example(heading: str, language: str, port: int, *, number: int = 0, of: int = 1) -> str:
    """The one in *language* under *heading*, with payback at *port*. *number* counts from 0, where there are
    several."""
    texts = [text for found, text in examples()[heading] if found == language]
    assert len(texts) == of, heading
    text = texts[number]
    assert ADDRESS in text
    return text.replace(ADDRESS, f"127.0.0.1:{port}")
