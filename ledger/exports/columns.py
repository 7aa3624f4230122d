"""What an exported row has. Every format writes these columns in this order; a new one comes at the end."""

from collections.abc import Callable
from dataclasses import dataclass

from ledger.call import Attribution, Entry
from ledger.ids import render_call_id
from ledger.money import NanoUsd, render_usd
from ledger.needs import render_needs
from ledger.period import time_of
from ledger.price import Price
from ledger.units import Units
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


def render_thousandths(number: int | None) -> str | None:
    """A thousandth of *number*, exact, with three places.

    >>> render_thousandths(12_340), render_thousandths(5)
    ('12.340', '0.005')
    """
    return None if number is None else f"{number // 1000}.{number % 1000:03d}"


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


def _unit(name: str) -> Column:
    return Column(name, lambda entry: getattr(entry.call.units, name) if entry.call.units else None)


def _milliseconds(name: str) -> Column:
    """Of a duration that a local server reports, exact."""

    def read(entry: Entry) -> Value:
        timings = entry.call.timings
        return render_thousandths(getattr(timings, f"{name}_us")) if timings else None

    return Column(f"{name}_ms", read)


def _audio_seconds(entry: Entry) -> Value:
    return render_thousandths(entry.call.units.audio_ms) if entry.call.units else None


def _needs(entry: Entry) -> Value:
    """nothing is not None: the request was read, and text will do."""
    needs = entry.call.needs
    return None if needs is None else render_needs(needs)


def _usd(name: str, read: Callable[[Entry], NanoUsd | None]) -> Column:
    def read_usd(entry: Entry) -> Value:
        cost = read(entry)
        return None if cost is None else render_usd(cost)

    return Column(f"{name}_usd", read_usd)


_COUNTS = (
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "input_audio_tokens",
    "output_tokens", "reasoning_tokens", "output_audio_tokens",
)  # fmt: skip
_LATER_COUNTS = (
    "input_image_tokens", "output_image_tokens", "cache_read_audio_tokens", "cache_read_image_tokens",
    "rejected_prediction_tokens", "inferred_tokens",
)  # fmt: skip
_UNITS_BUT_AUDIO = ("images", "characters", "web_searches", "file_searches", "search_units", "pages")
assert {*_COUNTS, *_LATER_COUNTS} == set(TokenUsage.__struct_fields__)
assert {*_UNITS_BUT_AUDIO, "audio_ms"} == set(Units.__struct_fields__)

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
    _usd("list_cost", lambda entry: entry.list_cost),
    Column("unpriced_reason", lambda entry: entry.unpriced_reason, is_text=True),
    _price("source", lambda price: price.source),
    _price("provider", lambda price: price.provider),
    _price("model", lambda price: price.model),
    _price("service_tier", lambda price: price.service_tier),
    _price("since", lambda price: price.since.isoformat() if price.since else None),
    *map(_who, Attribution.__struct_fields__),
    _text("upstream_request_id"),
    _text("problem"),
    *map(_count, _LATER_COUNTS),
    Column("audio_seconds", _audio_seconds),
    *map(_unit, _UNITS_BUT_AUDIO),
    _usd("upstream_cost", lambda entry: entry.call.upstream_cost),
    _text("tokenizer"),
    *map(_milliseconds, ("load", "prefill", "decode")),
    _text("reported_usage"),
    Column("needs", _needs),
)

NAMES = tuple(column.name for column in COLUMNS)
