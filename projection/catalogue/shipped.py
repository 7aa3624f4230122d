"""The rows that come with the program: TOML files beside this module, one for each kind of spec."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files

from projection.catalogue.columns import Row

FILES = {
    "hardware": "hardware.toml",
    "model": "models.toml",
    "quantisation": "quantisations.toml",
    "engine": "engines.toml",
    "throughput": "throughput.toml",
    "substitute": "substitutes.toml",
    "hosted": "hosted.toml",
    "cheaper": "cheaper.toml",
}
"""What a table is called, and where it is."""


@cache
def shipped() -> Mapping[str, tuple[Row, ...]]:
    """The rows of each table, numbers with a point as Decimal."""
    return {table: _rows_in(file, table) for table, file in FILES.items()}


def _rows_in(file: str, table: str) -> tuple[Row, ...]:
    text = files("projection.catalogue").joinpath(file).read_text("utf-8")
    content = tomllib.loads(text, parse_float=Decimal)
    if content.keys() != {table}:
        raise ValueError(f"{file} has other tables than [[{table}]]")
    return tuple(content[table])
