"""Calls as lines on a terminal, the latest first."""

from collections.abc import Sequence

from ledger.call import Entry, Pricing
from ledger.money import render_usd
from ledger.period import time_of
from payback.terminal import UNKNOWN, Column, clean, render_table

LAST_CALLS = 10
_WORDS = {Pricing.SELF_HOSTED: "self-hosted", Pricing.NOT_BILLED: "not billed", Pricing.UNPRICED: "unpriced"}
_NAME_COLUMNS = 28
_COLUMNS = (
    Column("started (UTC)", right=False),
    Column("model", right=False),
    Column("workload", right=False),
    Column("how it went", right=False),
    Column("seconds"),
    Column("input"),
    Column("output"),
    Column("list cost USD"),
)


def render_calls(entries: Sequence[Entry]) -> str:
    if not entries:
        return "No calls yet."
    return f"Last calls\n\n{render_table(_COLUMNS, [_line_of(entry) for entry in entries])}"


def _line_of(entry: Entry) -> list[str]:
    call, usage = entry.call, entry.call.usage
    return [
        f"{time_of(call.started_us):%Y-%m-%d %H:%M:%S}",
        clean(call.model or call.http_request or call.operation, _NAME_COLUMNS),
        clean(call.who.workload or UNKNOWN, _NAME_COLUMNS),
        call.outcome.value.replace("_", " ") if call.outcome else "under way",
        UNKNOWN if call.ended_us is None else f"{(call.ended_us - call.started_us) / 1e6:.1f}",
        UNKNOWN if usage is None else f"{usage.input_tokens:,}",
        UNKNOWN if usage is None else f"{usage.output_tokens:,}",
        _cost_of(entry),
    ]


def _cost_of(entry: Entry) -> str:
    if entry.list_cost is not None:
        return render_usd(entry.list_cost)
    return UNKNOWN if entry.pricing is None else _WORDS[entry.pricing]
