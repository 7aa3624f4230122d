"""config.example.toml is what the settings say, all of it, and loads."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from payback.example import render_example
from payback.section import Section, section_in
from payback.settings import Settings, load_settings, read_settings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "config.example.toml"
SETTING = re.compile(r"^#(?=\S)", re.MULTILINE)
"""What is commented out has no blank after the mark."""


def keys_of(section: type[Section], *above: str) -> Iterator[tuple[str, ...]]:
    """Every key that can be written; of a secret, and of whom a budget is, only that it can be."""
    for name, field in section.model_fields.items():
        key = (*above, field.alias or name)
        inner = section_in(field.annotation)
        if inner is None or inner.__name__ in ("Secret", "BudgetOf"):
            yield key
        else:
            yield from keys_of(inner, *key)


def written(table: dict[str, Any], key: tuple[str, ...]) -> bool:
    found: Any = table
    for part in key:
        found = found[0] if isinstance(found, list) else found
        if part not in found:
            return False
        found = found[part]
    return True


def test_the_file_is_what_the_settings_print() -> None:
    """After a change to the settings: python -m payback.example > config.example.toml"""
    assert FILE.read_text("utf-8") == render_example()


def test_the_module_prints_the_file() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "payback.example"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == (FILE.read_text("utf-8"), "", 0)


def test_the_file_sets_the_defaults() -> None:
    assert load_settings(FILE) == Settings()


def test_the_file_loads_with_everything_that_is_commented_out(monkeypatch: pytest.MonkeyPatch) -> None:
    table = tomllib.loads(SETTING.sub("", FILE.read_text("utf-8")), parse_float=Decimal)
    settings = read_settings(table, str(FILE))
    assert [upstream.name for upstream in settings.upstream] == ["lab"]
    assert settings.price[0].input_usd_per_mtok == Decimal("3.00")


def test_every_key_that_can_be_set_is_in_the_file() -> None:
    table = tomllib.loads(SETTING.sub("", FILE.read_text("utf-8")))
    keys = list(keys_of(Settings))
    assert ("workload", "match", "client") in keys
    assert ("price", "from") in keys
    assert [".".join(key) for key in keys if not written(table, key)] == []


def test_every_key_is_described() -> None:
    """The line above a setting is prose."""
    lines = FILE.read_text("utf-8").splitlines()
    settings = [at for at, line in enumerate(lines) if re.match(r"#?\w+ = ", line)]
    assert len(settings) > 30
    assert [lines[at] for at in settings if not lines[at - 1].startswith("# ")] == []
