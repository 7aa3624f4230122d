"""An Entry as a row of call, and back. The two stand side by side: a column is in both or in none."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ledger.call import Attribution, Call, Entry, Outcome, Pricing, State, UsageBasis
from ledger.ids import CallId
from ledger.money import NanoUsd
from ledger.price import Price
from ledger.rollup import MEASURES
from ledger.usage import TokenUsage

COLUMNS = (
    "call_id", "logical_call_id", "retry_number", "state", "started_us", "first_byte_us", "ended_us",
    "upstream_label", "provider_label", "operation_label", "http_request_label",
    "request_model_label", "response_model_label", "service_tier_label",
    "stream", "http_status", "outcome", "problem_label", "upstream_request_id",
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "input_audio_tokens",
    "output_tokens", "reasoning_tokens", "output_audio_tokens", "usage_basis",
    "pricing", "list_cost_nusd", "price_id", "unpriced_reason_label",
    "workload_label", "project_label", "user_label", "key_label", "client_label", "session", "tags",
)  # fmt: skip

MEASURE_COLUMNS = tuple("list_cost_nusd" if name == "list_cost" else name for name in MEASURES)
"""Of rollup_hour, in the order of ledger.rollup.Sums."""

Row = tuple[Any, ...]
_NO_USAGE = (None,) * 8


def row_of(entry: Entry, label: Callable[[str | None], int | None], price_id: Callable[[Price], int]) -> Row:
    """The values of COLUMNS. *label* and *price_id* give the number of a text or price, made if need be."""
    call, who, usage = entry.call, entry.call.who, entry.call.usage
    return (
        call.call_id, call.logical_call_id, call.retry_number, int(entry.state),
        call.started_us, call.first_byte_us, call.ended_us,
        label(call.upstream), label(call.provider), label(call.operation), label(call.http_request),
        label(call.request_model), label(call.response_model), label(call.service_tier),
        int(call.stream), call.http_status, call.outcome, label(call.problem), call.upstream_request_id,
        *(_counts_of(usage) if usage else _NO_USAGE), call.usage_basis,
        entry.pricing, entry.list_cost, price_id(entry.price) if entry.price else None,
        label(entry.unpriced_reason),
        label(who.workload), label(who.project), label(who.user), label(who.key), label(who.client),
        who.session, who.tags,
    )  # fmt: skip


def _counts_of(usage: TokenUsage) -> Row:
    return (
        usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens,
        usage.input_audio_tokens, usage.output_tokens, usage.reasoning_tokens, usage.output_audio_tokens,
    )  # fmt: skip


def entry_of(row: Sequence[Any], labels: Mapping[int, str], prices: Mapping[int, Price]) -> Entry:
    """The entry whose row_of is *row*."""
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
        http_status=v["http_status"],
        outcome=Outcome(v["outcome"]) if v["outcome"] else None,
        usage=_usage_of(v),
        usage_basis=UsageBasis(v["usage_basis"]),
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
