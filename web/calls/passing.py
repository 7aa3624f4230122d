"""Does a call pass a filter? What the ledger answers by SQL, asked of calls as they come. Pure."""

from ledger.asking import CallFilter
from ledger.call import Entry
from web.calls.words import NAMES

_OF_CALL = frozenset({"model", "upstream", "operation"})


def passes(entry: Entry, which: CallFilter) -> bool:
    """What is not known of a call does not pass, as the filter has it."""
    return (
        _is_named(entry, which)
        and _is_in_time(entry, which)
        and _went(entry, which)
        and _came_to(entry, which)
    )


def _is_named(entry: Entry, which: CallFilter) -> bool:
    for name in NAMES:
        wanted = getattr(which, name)
        if wanted is not None and _name_of(entry, name) != wanted:
            return False
    return (
        all(_name_of(entry, dimension) in names for dimension, names in which.one_of.items())
        and not any(_name_of(entry, dimension) in names for dimension, names in which.none_of.items())
        and (which.tag is None or which.tag in (entry.call.who.tags or "").split(","))
    )


def _name_of(entry: Entry, field: str) -> str:
    return getattr(entry.call if field in _OF_CALL else entry.call.who, field) or ""


def _is_in_time(entry: Entry, which: CallFilter) -> bool:
    started_us = entry.call.started_us
    since, until = which.from_us, which.to_us
    return (since is None or started_us >= since) and (until is None or started_us < until)


def _went(entry: Entry, which: CallFilter) -> bool:
    call = entry.call
    return (
        (not which.outcomes or call.outcome in which.outcomes)
        and (which.pricing is None or entry.pricing is which.pricing)
        and (which.reason is None or entry.unpriced_reason == which.reason)
        and (not which.usage_bases or call.usage_basis in which.usage_bases)
        and (which.http_status is None or call.http_status == which.http_status)
        and (which.stream is None or call.stream is which.stream)
        and (which.logical_call_id is None or call.logical_call_id == which.logical_call_id)
    )


def _came_to(entry: Entry, which: CallFilter) -> bool:
    call, usage = entry.call, entry.call.usage
    latency_us = None if call.ended_us is None else call.ended_us - call.started_us
    tokens = None if usage is None else usage.input_tokens + usage.output_tokens
    return (
        _is_at_least(entry.list_cost, which.least_cost)
        and (which.most_cost is None or (entry.list_cost is not None and entry.list_cost <= which.most_cost))
        and _is_at_least(latency_us, which.least_latency_us)
        and _is_at_least(tokens, which.least_tokens)
    )


def _is_at_least(number: int | None, least: int | None) -> bool:
    return least is None or (number is not None and number >= least)
