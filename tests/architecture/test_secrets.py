"""A secret is compared in a time that does not tell how much of it was right."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.house import PACKAGES, modules

SECRET = re.compile(r"digest|password|secret|token(?!s|izer|usage)|signature", re.IGNORECASE)
NO_SECRETS = {
    "proxy.estimate.encoders: sha256(lines).hexdigest() != expected": "of a file that everybody may have",
}
"""Comparisons whose names only look like secrets', as module and text, each with the reason."""


def compared_plainly(file: Path) -> Iterator[str]:
    """Comparisons by == or != of what is named like a secret; not with None, a word or a number."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) for side in sides):
            continue
        if any(SECRET.search(ast.unparse(side)) for side in sides):
            yield ast.unparse(node)


def test_nobody_compares_a_secret_in_a_time_that_tells_of_it() -> None:
    """hmac.compare_digest does it."""
    found = {f"{name}: {text}" for name, file in modules(*PACKAGES) for text in compared_plainly(file)}
    assert found - NO_SECRETS.keys() == set()
    assert NO_SECRETS.keys() - found == set(), "no longer there"
