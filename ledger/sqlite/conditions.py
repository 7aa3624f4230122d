"""Which calls: a CallFilter as SQL, over rows of call and over the hours that can have such calls."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.asking import CallFilter
from ledger.call import Outcome, Pricing
from ledger.rollup import ESTIMATED, FAILED, Dimension
from ledger.sqlite.moment import Moment

NAMED = tuple(dimension for dimension in Dimension if dimension is not Dimension.TOTAL)
"""Dimensions that a filter has a name for; their fields are called so."""
_OUTCOME = ("outcome", "CASE WHEN state < 2 THEN 'interrupted' ELSE outcome END")
_PRICING = ("pricing", "CASE WHEN state < 1 THEN 'unpriced' ELSE pricing END")
"""Of a ledger that is written, and of one that was abandoned: ledger.call.interrupted, said again in SQL."""
_PLAIN = {
    "http_status": "http_status = :http_status",
    "stream": "stream = :stream",
    "session": "coalesce(session, '') = :session",
    "least_cost": "list_cost_nusd >= :least_cost",
    "most_cost": "list_cost_nusd <= :most_cost",
    "least_latency_us": "ended_us - started_us >= :least_latency_us",
    "least_tokens": "input_tokens + output_tokens >= :least_tokens",
    "logical_call_id": "logical_call_id = :logical_call_id",
    "tag": "instr(',' || tags || ',', ',' || :tag || ',') > 0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """SQL with its values by name. Empty *hours*: every hour can have such calls, as far as is known."""

    of_call: str
    hours: str
    values: dict[str, object]


def label_sql(dimension: Dimension) -> str:
    """The number of the label that a row of call has in *dimension*; 0: none."""
    return {
        Dimension.TOTAL: "0",
        Dimension.MODEL: "coalesce(nullif(request_model_label, 0), response_model_label, 0)",
    }.get(dimension, f"coalesce({dimension}_label, 0)")


def names_in(which: CallFilter) -> dict[Dimension, str]:
    given = {dimension: getattr(which, dimension) for dimension in NAMED}
    return {dimension: name for dimension, name in given.items() if name is not None}


def conditions_of(which: CallFilter, moment: Moment) -> Conditions | None:
    """None: no call can pass, as one of the names is nowhere in the ledger."""
    names: dict[str, str] = {str(dimension): name for dimension, name in names_in(which).items()}
    if which.operation is not None:
        names["operation"] = which.operation
    labels = {place: moment.label_of(name) for place, name in names.items()}
    if None in labels.values():
        return None
    values: dict[str, object] = {**labels}
    told = [f"{label_sql(dimension)} = :{dimension}" for dimension in names_in(which)]
    told += ["operation_label = :operation"] if which.operation is not None else []
    for field, condition in _PLAIN.items():
        if (value := getattr(which, field)) is not None:
            values[field] = _in_reach(value) if isinstance(value, int) else value
            told.append(condition)
    told += _of_words(which, moment.abandoned)
    return Conditions(of_call=" AND ".join(told), hours=_hours_sql(which), values=values)


def _in_reach(number: int) -> int:
    """No row has a number beyond what SQLite can hold: one that is more than all stays so."""
    return max(-(1 << 63), min(number, (1 << 63) - 1))


def _of_words(which: CallFilter, abandoned: bool) -> Iterator[str]:
    """Words of ours: none of them comes from a client."""
    if which.outcomes:
        yield f"{_OUTCOME[abandoned]} IN ({_quoted(which.outcomes)})"
    if which.pricing is not None:
        yield f"{_PRICING[abandoned]} = {_quoted([which.pricing])}"
    if which.pricing is Pricing.UNPRICED and not abandoned:
        yield "unpriced_reason_label IS NOT NULL"  # says nothing new, but has an index
    if which.usage_bases:
        yield f"usage_basis IN ({_quoted(which.usage_bases)})"


def _quoted(words: frozenset[str] | list[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


def _hours_sql(which: CallFilter) -> str:
    """Hours whose rollups say that they can have such calls. A name is looked up hour by hour: that takes
    the same time however many other names there are."""
    names, measures = names_in(which), list(_measures_in(which))
    if not names and not measures:
        return ""
    joins = [
        f" CROSS JOIN rollup_hour AS of_{dimension} ON of_{dimension}.dimension = '{dimension}'"
        f" AND of_{dimension}.hour = every.hour AND of_{dimension}.label_id = :{dimension}"
        for dimension in names
    ]
    tables = ["every", *(f"of_{dimension}" for dimension in names)]
    told = [f"{table}.{measure} > 0" for table in tables for measure in ("calls", *measures)]
    return (
        f"SELECT every.hour FROM rollup_hour AS every{''.join(joins)}"  # noqa: S608
        " WHERE every.dimension = 'total' AND every.hour >= :from_hour AND every.hour < :to_hour"
        f" AND {' AND '.join(told)} ORDER BY every.hour"
    )


def _measures_in(which: CallFilter) -> Iterator[str]:
    """Columns of rollup_hour that are not 0 where such a call is."""
    if which.outcomes and which.outcomes <= FAILED:
        yield "failed_calls"
    if which.outcomes == {Outcome.INTERRUPTED}:
        yield "interrupted_calls"
    if which.pricing is not None and which.pricing is not Pricing.PRICED:
        yield f"{which.pricing}_calls"
    if which.usage_bases and which.usage_bases <= ESTIMATED:
        yield "estimated_calls"
