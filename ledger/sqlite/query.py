"""The named questions in queries/, each with a header that says what goes in and what comes out."""

from functools import cache
from importlib.resources import files


@cache
def query(name: str) -> str:
    return files("ledger.sqlite").joinpath("queries", f"{name}.sql").read_text("utf-8")
