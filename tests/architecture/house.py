"""The packages, their modules and the project's files, as they are in the checkout."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("payback", "proxy", "web", "projection", "ledger")
"""What is installed, from the top down."""
LEFT_BEHIND = re.compile(
    r"\.git|\.venv|\.hypothesis|\..*_cache|__pycache__|node_modules|build|dist|.*\.egg-info"
)
"""Folders that are not the project's own: nobody wrote what is in them, or nobody keeps it."""


def modules(*packages: str) -> Iterator[tuple[str, Path]]:
    """Dotted name and file of every module in *packages*; a package's own name stands for its __init__."""
    for package in packages:
        for file in sorted((ROOT / package).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def project_files(place: Path = ROOT) -> Iterator[Path]:
    for entry in sorted(place.iterdir()):
        if entry.is_dir() and not LEFT_BEHIND.fullmatch(entry.name):
            yield from project_files(entry)
        elif entry.is_file():
            yield entry


def imported_by(file: Path) -> Iterator[str]:
    """Every dotted name that *file* imports; of `from a import b` both a and a.b, as b may be a module."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
