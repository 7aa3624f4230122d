"""The parameters of the API's addresses, described: by name, in the words of OpenAPI. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from ledger.asking import MOST_AT_ONCE, Unit
from ledger.call import Pricing
from ledger.rollup import Dimension
from ledger.store import GroupBy
from web.api.calls import AN_ID, LIMIT
from web.api.questions import HOURS, LINES, MOST_HOURS, MOST_LINES, MOST_SUMS
from web.calls.query import FIELDS, MOST_NAMES
from web.calls.words import BASES, EXCEPT, NAMES, NONE, OUTCOMES, SEVERAL, STREAMS

Described = Mapping[str, object]
_DAY: Described = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_MONTH: Described = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}
CALL_ID: Described = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
_MOMENT: Described = {"type": "string", "minLength": 10, "maxLength": 40}
_NAME: Described = {"type": "string", "minLength": 1, "pattern": r"\S"}
_NAMES: Described = {
    "type": "array", "items": _NAME, "minItems": 1, "maxItems": MOST_NAMES, "uniqueItems": True
}  # fmt: skip
_AMOUNT: Described = {"type": "string", "maxLength": 32, "pattern": r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)$"}


def parameter(name: str, schema: Described, description: str, example: object) -> Described:
    return {"name": name, "in": "query", "schema": schema, "description": description, "example": example}


def _words(words: Iterable[str], otherwise: str | None = None) -> Described:
    told = {"type": "string", "enum": list(words)}
    return told if otherwise is None else {**told, "default": otherwise}


def _whole(least: int, most: int, otherwise: int | None = None) -> Described:
    told: dict[str, object] = {"type": "integer", "minimum": least, "maximum": most}
    return told if otherwise is None else {**told, "default": otherwise}


def _values(words: type[StrEnum]) -> list[str]:
    return [word.value for word in words]


PERIOD = (
    parameter("month", _MONTH, "A whole month. Without any days it is this month.", "2026-10"),
    parameter("from", _DAY, "The first day, UTC.", "2026-10-05"),
    parameter("to", _DAY, "The last day, UTC; it counts too. Left out: today.", "2026-10-11"),
)
REPORT = (
    *PERIOD,
    parameter("by", _words(_values(GroupBy), GroupBy.MODEL), "One group for each.", "workload"),
)
SERIES = (
    *PERIOD,
    parameter("by", _words(_values(Dimension), Dimension.TOTAL), "One line for each.", "model"),
    parameter("unit", _words(_values(Unit), Unit.DAY), "One sum for each; hours for 31 days at most.", "day"),
    parameter(
        "most",
        _whole(1, MOST_LINES),
        "Lines of the largest; the rest is one more line. A series has"
        f" {MOST_SUMS} sums at most, of all lines; left out: {LINES} lines, or as many as there is room for.",
        3,
    ),
)
HEALTH = (
    parameter("hours", _whole(1, MOST_HOURS, HOURS), "How far back upstreams are looked at.", 24),
)  # fmt: skip
CALL = ({**parameter("call_id", CALL_ID, "The id of a call.", AN_ID), "in": "path", "required": True},)

_OF_CALLS: Mapping[str, tuple[Described, str, object]] = {
    "from": (_MOMENT, "Calls that began then or later: a day, or a time; UTC by default.", "2026-10-05"),
    "to": (_MOMENT, "A day, which counts too, or a time, at which the span ends.", "2026-10-05T13:30:00Z"),
    "tag": (
        {"type": "string", "pattern": r"^[^,=\s][^,=]*=[^,]*$"}, "One whole tag, as k=v.", "team=search"
    ),
    "outcome": (_words(OUTCOMES), "How the call ended; failed is each way upstream can fail.", "failed"),
    "pricing": (_words(_values(Pricing)), "Whether it has a cost, or why not.", "unpriced"),
    "reason": (_NAME, "Why it is unpriced, the whole text.", "no price for openai my-model"),
    "basis": (_words(BASES), "Who counted the tokens; estimated has partial with it.", "estimated"),
    "status": ({"type": "string", "pattern": "^[1-9][0-9]{2}$"}, "HTTP status the client was sent.", "429"),
    "stream": (_words(STREAMS), "Whether a streamed answer was asked for.", "yes"),
    "least_cost": (_AMOUNT, "List cost in USD, inclusive. Calls without a cost do not pass.", "0.50"),
    "most_cost": (_AMOUNT, "List cost in USD, inclusive. Calls without a cost do not pass.", "2"),
    "least_seconds": (_AMOUNT, "From start to end, inclusive.", "10"),
    "least_tokens": ({"type": "string", "pattern": "^[0-9]{1,12}$"}, "Input and output together.", "100000"),
    "attempts_of": (CALL_ID, "All attempts of one call of the application, by its logical_call_id.", AN_ID),
}  # fmt: skip
_NAMED = f"Exactly this name; {NONE} for calls that have none."
_SEVERAL = f"Exactly one of these names; {NONE} for calls that have none."
_EXCEPT = f"None of these names; {NONE} leaves out the calls that have none."


def _of_calls(name: str) -> Described:
    if name in _OF_CALLS:
        return parameter(name, *_OF_CALLS[name])
    if name in SEVERAL or name in EXCEPT:
        return parameter(name, _NAMES, _EXCEPT if name in EXCEPT else _SEVERAL, ["support-bot"])
    return parameter(name, _NAME, _NAMED, "support-bot")


CALLS = (
    *map(_of_calls, FIELDS),
    parameter("before", CALL_ID, "Calls that began before that one: next_before of the last answer.", AN_ID),
    parameter("after", CALL_ID, "Calls that began after that one: newer_after of the last answer.", AN_ID),
    parameter("limit", _whole(1, MOST_AT_ONCE, LIMIT), "Calls in one answer.", 100),
)
assert set(NAMES) <= set(FIELDS)
