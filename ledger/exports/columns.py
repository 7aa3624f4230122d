"""What an exported row has. Every format writes these columns in this order; a new one comes at the end."""

from collections.abc import Callable
from dataclasses import dataclass

from ledger.call import Attribution, Entry
from ledger.ids import render_call_id
from ledger.money import render_usd
from ledger.period import time_of
from ledger.price import Price
from ledger.usage import TokenUsage

Value = str | int | None
"""None: not known, or there is none. bool is an int."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    read: Callable[[Entry], Value]
    is_text: bool = False
    """May hold words of a client or an upstream."""


def row_of(entry: Entry) -> list[Value]:
    """The values of COLUMNS."""
    return [column.read(entry) for column in COLUMNS]


def render_time(us: int | None) -> str | None:
    """RFC 3339, UTC, with all six places.

    >>> render_time(1_791_158_400_000_001)
    '2026-10-05T00:00:00.000001Z'
    """
    if us is None:
        return None
    return time_of(us).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _duration_ms(entry: Entry) -> Value:
    """Whole milliseconds, cut, from the first byte of the request to the last of the answer."""
    started_us, ended_us = entry.call.started_us, entry.call.ended_us
    return None if ended_us is None else (ended_us - started_us) // 1000


def _text(name: str) -> Column:
    return Column(name, lambda entry: getattr(entry.call, name), is_text=True)


def _count(name: str) -> Column:
    return Column(name, lambda entry: getattr(entry.call.usage, name) if entry.call.usage else None)


def _who(name: str) -> Column:
    return Column(name, lambda entry: getattr(entry.call.who, name), is_text=True)


def _price(name: str, read: Callable[[Price], Value]) -> Column:
    return Column(f"price_{name}", lambda entry: read(entry.price) if entry.price else None, is_text=True)


_COUNTS = (
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "input_audio_tokens",
    "output_tokens", "reasoning_tokens", "output_audio_tokens",
)  # fmt: skip
assert set(_COUNTS) == set(TokenUsage.__struct_fields__)

COLUMNS: tuple[Column, ...] = (
    Column("call_id", lambda entry: render_call_id(entry.call.call_id)),
    Column("logical_call_id", lambda entry: render_call_id(entry.call.logical_call_id)),
    Column("retry_number", lambda entry: entry.call.retry_number),
    Column("started_at", lambda entry: render_time(entry.call.started_us)),
    Column("first_byte_at", lambda entry: render_time(entry.call.first_byte_us)),
    Column("ended_at", lambda entry: render_time(entry.call.ended_us)),
    Column("duration_ms", _duration_ms),
    _text("upstream"),
    _text("provider"),
    _text("operation"),
    _text("http_request"),
    _text("request_model"),
    _text("response_model"),
    _text("service_tier"),
    Column("stream", lambda entry: entry.call.stream),
    Column("http_status", lambda entry: entry.call.http_status),
    Column("outcome", lambda entry: entry.call.outcome),
    *map(_count, _COUNTS),
    Column("usage_basis", lambda entry: entry.call.usage_basis),
    Column("pricing", lambda entry: entry.pricing),
    Column("list_cost_usd", lambda entry: None if entry.list_cost is None else render_usd(entry.list_cost)),
    Column("unpriced_reason", lambda entry: entry.unpriced_reason, is_text=True),
    _price("source", lambda price: price.source),
    _price("provider", lambda price: price.provider),
    _price("model", lambda price: price.model),
    _price("service_tier", lambda price: price.service_tier),
    _price("since", lambda price: price.since.isoformat() if price.since else None),
    *map(_who, Attribution.__struct_fields__),
    _text("upstream_request_id"),
    _text("problem"),
)

NAMES = tuple(column.name for column in COLUMNS)
