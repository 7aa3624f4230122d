"""Which calls: a CallFilter as SQL, over rows of call and over the hours that can have such calls."""

from collections.abc import Iterable, Iterator, Sequence
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
_CUT_OFF = "interrupted"
"""The reason that it gives, which need not be in the file."""
_NO_LABEL = -1
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
    indexed: str = ""
    """What holds for all of them and has an index, with the AND that follows it."""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Of calls whose label is one of *labels*, or none of them."""

    dimension: Dimension
    labels: Sequence[int]
    is_none_of: bool = False

    @property
    def sql(self) -> str:
        return f"({', '.join(map(str, self.labels))})"


def label_sql(dimension: Dimension) -> str:
    """The number of the label that a row of call has in *dimension*; 0: none."""
    return {
        Dimension.TOTAL: "0",
        Dimension.MODEL: "coalesce(nullif(request_model_label, 0), response_model_label, 0)",
    }.get(dimension, f"coalesce({dimension}_label, 0)")


def names_in(which: CallFilter) -> dict[Dimension, str]:
    given = {dimension: getattr(which, dimension) for dimension in NAMED}
    return {dimension: name for dimension, name in given.items() if name is not None}


def labels_of(names: Iterable[str], moment: Moment) -> Sequence[int]:
    """Of those that are anywhere in the ledger."""
    found = (moment.label_of(name) for name in names)
    return sorted(label for label in found if label is not None)


def conditions_of(which: CallFilter, moment: Moment) -> Conditions | None:
    """None: no call can pass, as a name that it must have is nowhere in the ledger."""
    labels, sets = _labels_in(which, moment), [*_sets_in(which, moment)]
    if None in labels.values() or not all(each.labels for each in sets):
        return None
    values: dict[str, object] = {**labels}
    told = [*_of_labels(which, sets, moment.abandoned)]
    for field, condition in _PLAIN.items():
        if (value := getattr(which, field)) is not None:
            values[field] = _in_reach(value) if isinstance(value, int) else value
            told.append(condition)
    told += _of_words(which, moment.abandoned)
    return Conditions(
        of_call=" AND ".join(told),
        hours=_hours_sql(which, sets),
        values=values,
        indexed="" if moment.abandoned else _indexed_sql(which),
    )


def _labels_in(which: CallFilter, moment: Moment) -> dict[str, int | None]:
    """Of each name that a call must have, and of its reason."""
    names: dict[str, str] = {str(dimension): name for dimension, name in names_in(which).items()}
    names |= {"operation": which.operation} if which.operation is not None else {}
    names |= {"reason": which.reason} if which.reason is not None else {}
    labels = {place: moment.label_of(name) for place, name in names.items()}
    if _is_cut_off(which, moment.abandoned) and labels["reason"] is None:
        labels["reason"] = _NO_LABEL
    return labels


def _is_cut_off(which: CallFilter, abandoned: bool) -> bool:
    """Calls pass that have no reason in the file."""
    return abandoned and which.reason == _CUT_OFF


def _of_labels(which: CallFilter, sets: Iterable[LabelSet], abandoned: bool) -> Iterator[str]:
    for dimension in names_in(which):
        yield f"{label_sql(dimension)} = :{dimension}"
    for each in sets:
        yield f"{label_sql(each.dimension)} {'NOT IN' if each.is_none_of else 'IN'} {each.sql}"
    if which.operation is not None:
        yield "operation_label = :operation"
    if which.reason is not None:
        kept = "unpriced_reason_label = :reason"
        yield f"(state < 1 OR {kept})" if _is_cut_off(which, abandoned) else kept


def _sets_in(which: CallFilter, moment: Moment) -> Iterator[LabelSet]:
    for dimension, names in which.one_of.items():
        yield LabelSet(dimension, labels_of(names, moment))
    for dimension, names in which.none_of.items():
        if labels := labels_of(names, moment):  # a name that is nowhere leaves nothing out
            yield LabelSet(dimension, labels, is_none_of=True)


def _indexed_sql(which: CallFilter) -> str:
    is_unpriced = which.pricing is Pricing.UNPRICED or which.reason is not None
    return "unpriced_reason_label IS NOT NULL AND " if is_unpriced else ""


def _in_reach(number: int) -> int:
    """No row has a number beyond what SQLite can hold: one that is more than all stays so."""
    return max(-(1 << 63), min(number, (1 << 63) - 1))


def _of_words(which: CallFilter, abandoned: bool) -> Iterator[str]:
    """Words of ours: none of them comes from a client."""
    if which.outcomes:
        yield f"{_OUTCOME[abandoned]} IN ({_quoted(which.outcomes)})"
    if which.pricing is not None:
        yield f"{_PRICING[abandoned]} = {_quoted([which.pricing])}"
    if which.usage_bases:
        yield f"usage_basis IN ({_quoted(which.usage_bases)})"


def _quoted(words: frozenset[str] | list[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


def _hours_sql(which: CallFilter, sets: Sequence[LabelSet]) -> str:
    """Hours whose rollups say that they can have such calls. A name is looked up hour by hour: that takes
    the same time however many other names there are."""
    names, measures = names_in(which), list(_measures_in(which))
    if not names and not measures and not sets:
        return ""
    joins = [
        f" CROSS JOIN rollup_hour AS of_{dimension} ON of_{dimension}.dimension = '{dimension}'"
        f" AND of_{dimension}.hour = every.hour AND of_{dimension}.label_id = :{dimension}"
        for dimension in names
    ]
    tables = ["every", *(f"of_{dimension}" for dimension in names)]
    told = [f"{table}.{measure} > 0" for table in tables for measure in ("calls", *measures)]
    told += [_has_some(each, measure) for each in sets for measure in ("calls", *measures)]
    return (
        f"SELECT every.hour FROM rollup_hour AS every{''.join(joins)}"  # noqa: S608
        " WHERE every.dimension = 'total' AND every.hour >= :from_hour AND every.hour < :to_hour"
        f" AND {' AND '.join(told)} ORDER BY every.hour"
    )


def _has_some(names: LabelSet, measure: str) -> str:
    """That an hour has calls of *measure* by one of the names, or by another one."""
    of_names = (
        f"(SELECT coalesce(sum(named.{measure}), 0) FROM rollup_hour AS named"  # noqa: S608
        f" WHERE named.dimension = '{names.dimension}' AND named.hour = every.hour"
        f" AND named.label_id IN {names.sql})"
    )
    return f"every.{measure} > {of_names}" if names.is_none_of else f"{of_names} > 0"


def _measures_in(which: CallFilter) -> Iterator[str]:
    """Columns of rollup_hour that are not 0 where such a call is."""
    if which.outcomes and which.outcomes <= FAILED:
        yield "failed_calls"
    if which.outcomes == {Outcome.INTERRUPTED}:
        yield "interrupted_calls"
    if which.pricing is not None and which.pricing is not Pricing.PRICED:
        yield f"{which.pricing}_calls"
    if which.reason is not None:
        yield "unpriced_calls"
    if which.usage_bases and which.usage_bases <= ESTIMATED:
        yield "estimated_calls"
