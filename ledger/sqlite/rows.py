"""An Entry as a row of call, and back. The two stand side by side: a column is in both or in none."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from ledger.call import Attribution, Call, Entry, Outcome, Pricing, State, UsageBasis
from ledger.ids import CallId
from ledger.money import NanoUsd
from ledger.needs import Needs
from ledger.price import Price
from ledger.rollup import COST_MEASURES, MEASURES
from ledger.timings import Timings
from ledger.units import Units
from ledger.usage import TokenUsage

T = TypeVar("T", Units, Timings)

_COUNTS = (
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "input_audio_tokens",
    "output_tokens", "reasoning_tokens", "output_audio_tokens",
)  # fmt: skip
_RARE_COUNTS = (
    "input_image_tokens", "output_image_tokens", "cache_read_audio_tokens", "cache_read_image_tokens",
    "rejected_prediction_tokens", "inferred_tokens",
)  # fmt: skip
_UNITS = ("images", "audio_ms", "characters", "web_searches", "file_searches", "search_units", "pages")
_TIMINGS = ("load_us", "prefill_us", "decode_us")

ORDINARY_COLUMNS = (
    "call_id", "logical_call_id", "retry_number", "state", "started_us", "first_byte_us", "ended_us",
    "upstream_label", "provider_label", "operation_label", "http_request_label",
    "request_model_label", "response_model_label", "service_tier_label",
    "stream", "http_status", "outcome", "problem_label", "upstream_request_id",
    *_COUNTS, "usage_basis",
    "pricing", "list_cost_nusd", "price_id", "unpriced_reason_label",
    "workload_label", "project_label", "user_label", "key_label", "client_label", "session", "tags",
    "reported_usage", "needs",
)  # fmt: skip
RARE_COLUMNS = (*_RARE_COUNTS, "tokenizer_label", *_UNITS, "upstream_cost_nusd", *_TIMINGS)
COLUMNS = (*ORDINARY_COLUMNS, *RARE_COLUMNS)

MEASURE_COLUMNS = tuple(f"{name}_nusd" if name in COST_MEASURES else name for name in MEASURES)
"""Of rollup_hour, in the order of ledger.rollup.Sums."""

Row = tuple[Any, ...]
_counts_of = attrgetter(*_COUNTS)
_rare_counts_of = attrgetter(*_RARE_COUNTS)
_units_of = attrgetter(*_UNITS)
_timings_of = attrgetter(*_TIMINGS)
_NO_COUNTS = (None,) * len(_COUNTS)
_NO_RARE_COUNTS = (None,) * len(_RARE_COUNTS)
_NO_UNITS = (None,) * len(_UNITS)
_NO_TIMINGS = (None,) * len(_TIMINGS)


def row_of(entry: Entry, label: Callable[[str | None], int | None], price_id: Callable[[Price], int]) -> Row:
    """The values of COLUMNS; of ORDINARY_COLUMNS alone where the others are NULL: writing NULLs costs.

    *label* and *price_id* give the number of a text or price, made if need be. Values are of types for which
    sqlite3 looks for no adapter: that takes 1 us each, and bytes are not among them."""
    call, who, usage = entry.call, entry.call.who, entry.call.usage
    ordinary = (
        bytearray(call.call_id), bytearray(call.logical_call_id), call.retry_number, int(entry.state),
        call.started_us, call.first_byte_us, call.ended_us,
        label(call.upstream), label(call.provider), label(call.operation), label(call.http_request),
        label(call.request_model), label(call.response_model), label(call.service_tier),
        int(call.stream), call.http_status, call.outcome and str(call.outcome),
        label(call.problem), call.upstream_request_id,
        *(_counts_of(usage) if usage else _NO_COUNTS), str(call.usage_basis),
        entry.pricing and str(entry.pricing), entry.list_cost,
        price_id(entry.price) if entry.price else None,
        label(entry.unpriced_reason),
        label(who.workload), label(who.project), label(who.user), label(who.key), label(who.client),
        who.session, who.tags, call.reported_usage, None if call.needs is None else int(call.needs),
    )  # fmt: skip
    return ordinary if is_ordinary(call) else ordinary + _rare_of(call, label)


def is_ordinary(call: Call) -> bool:
    """Whether it has nothing for RARE_COLUMNS."""
    if call.tokenizer is not None or call.units is not None:
        return False
    if call.upstream_cost is not None or call.timings is not None:
        return False
    return call.usage is None or _rare_counts_of(call.usage) == _NO_RARE_COUNTS


def _rare_of(call: Call, label: Callable[[str | None], int | None]) -> Row:
    return (
        *(_rare_counts_of(call.usage) if call.usage else _NO_RARE_COUNTS), label(call.tokenizer),
        *(_units_of(call.units) if call.units else _NO_UNITS), call.upstream_cost,
        *(_timings_of(call.timings) if call.timings else _NO_TIMINGS),
    )  # fmt: skip


def entry_of(row: Sequence[Any], labels: Mapping[int, str], prices: Mapping[int, Price]) -> Entry:
    """The entry of a row of COLUMNS. Its item_key is in no row."""
    v = dict(zip(COLUMNS, row, strict=True))

    def text(column: str) -> str | None:
        number = v[f"{column}_label"]
        return None if number is None else labels[number]

    call = Call(
        call_id=CallId(v["call_id"]),
        logical_call_id=CallId(v["logical_call_id"]),
        retry_number=v["retry_number"],
        started_us=v["started_us"],
        first_byte_us=v["first_byte_us"],
        ended_us=v["ended_us"],
        upstream=text("upstream") or "",
        provider=text("provider"),
        operation=text("operation") or "",
        http_request=text("http_request"),
        request_model=text("request_model"),
        response_model=text("response_model"),
        service_tier=text("service_tier"),
        stream=bool(v["stream"]),
        needs=None if v["needs"] is None else Needs(v["needs"]),
        http_status=v["http_status"],
        outcome=Outcome(v["outcome"]) if v["outcome"] else None,
        usage=_usage_of(v),
        usage_basis=UsageBasis(v["usage_basis"]),
        tokenizer=text("tokenizer"),
        reported_usage=v["reported_usage"],
        units=_told(Units, v),
        upstream_cost=None if v["upstream_cost_nusd"] is None else NanoUsd(v["upstream_cost_nusd"]),
        timings=_told(Timings, v),
        problem=text("problem"),
        upstream_request_id=v["upstream_request_id"],
        who=Attribution(
            workload=text("workload"),
            project=text("project"),
            user=text("user"),
            key=text("key"),
            client=text("client"),
            session=v["session"],
            tags=v["tags"],
        ),
    )
    return Entry(
        call=call,
        state=State(v["state"]),
        pricing=Pricing(v["pricing"]) if v["pricing"] else None,
        list_cost=None if v["list_cost_nusd"] is None else NanoUsd(v["list_cost_nusd"]),
        price=None if v["price_id"] is None else prices[v["price_id"]],
        unpriced_reason=text("unpriced_reason"),
    )


def _usage_of(v: Mapping[str, Any]) -> TokenUsage | None:
    if v["input_tokens"] is None:
        return None
    return TokenUsage(**{name: v[name] for name in TokenUsage.__struct_fields__})


def _told(kind: type[T], v: Mapping[str, Any]) -> T | None:
    """None where nothing was said."""
    found = {name: v[name] for name in kind.__struct_fields__}
    return None if all(value is None for value in found.values()) else kind(**found)
