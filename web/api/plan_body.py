"""A plan's fields as a JSON object -> the plan that an address would ask for. Pure.

One reader for both, so that a program and a page that state the same are told the same."""

import json
from collections.abc import Iterator
from decimal import Decimal

from web.plan_query import Asked, BadQuery, read_query

LONGEST_BYTES = 1 << 16
TEXTS = ("workload", "model", "hardware", "quantisation", "engine", "api_prices")
FLAGS = ("must_stay_in_house", "rented_is_in_house")
_WANTED = 'write a JSON object of a plan\'s fields, such as {"workload": "support-bot", "horizon_months": 24}'
_MOST_DIGITS = 40
_SHOWN = 60


def read_plan_body(body: bytes) -> Asked:
    """An empty body states nothing. Raises BadQuery."""
    if len(body) > LONGEST_BYTES:
        raise BadQuery(f"the body is longer than {LONGEST_BYTES:,} bytes, which are enough for any plan")
    if not body.strip():
        return read_query(())
    try:
        pairs = json.loads(body, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        raise BadQuery(f"the body is not JSON; {_WANTED}") from None
    if not isinstance(pairs, _Pairs):
        raise BadQuery(f"the body is no object; {_WANTED}")
    return read_query(_texts(pairs))


class _Pairs(list[tuple[str, object]]):
    """An object with its fields in order, those that are there twice too: they are refused, not dropped."""


def _texts(pairs: _Pairs) -> Iterator[tuple[str, str]]:
    for name, value in pairs:
        if value is not None:
            yield name, _text_of(name, value)


def _text_of(name: str, value: object) -> str:
    """As an address would have it."""
    if name in TEXTS:
        if isinstance(value, str) and value.strip():
            return value
        raise BadQuery(f"{name} is not a text that says something; write one, or leave it out")
    if name in FLAGS:
        if isinstance(value, bool):
            return "on" if value else "off"
        raise BadQuery(f"{name} is neither true nor false; write one of the two")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadQuery(f"{name[:_SHOWN]} is not a number; write one, or leave it out")
    return _number(name, Decimal(value))


def _number(name: str, value: Decimal) -> str:
    """Without an exponent, and without the zeros that some programs write after the point."""
    if not value.is_finite() or abs(value.adjusted()) > _MOST_DIGITS:
        raise BadQuery(f"{name[:_SHOWN]} is out of every range; write a number within it")
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _refuse(_: str) -> float:
    """NaN and the infinities are not JSON."""
    raise ValueError
