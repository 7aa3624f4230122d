"""What the API's answers look like, as JSON Schema; from the tables that answers are made of. Pure."""

from collections.abc import Iterable, Mapping

from ledger.as_json import PER_MTOK, RATE_KEYS
from ledger.asking import Unit
from ledger.call import Outcome, Pricing, UsageBasis
from ledger.exports.columns import COLUMNS
from ledger.meter import Meter
from ledger.rollup import Dimension, Rollup
from ledger.store import GroupBy
from ledger.tally import measures_of
from web.api.failures import TYPES
from web.api.parameters import CALL_ID

Schema = Mapping[str, object]
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer"}
DAY: Schema = {"type": "string", "format": "date"}
MONTH: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}
TIME: Schema = {"type": "string", "format": "date-time"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
USD: Schema = {
    "type": "string",
    "pattern": r"^-?[0-9]+\.[0-9]{2,}$",
    "description": "USD, exact: up to nine decimals",
}
_ALWAYS = frozenset(
    {
        "call_id",
        "logical_call_id",
        "retry_number",
        "started_at",
        "upstream",
        "operation",
        "stream",
        "usage_basis",
    }
)
"""Columns of a row that no call lacks."""
_WORDS = {"outcome": Outcome, "pricing": Pricing, "usage_basis": UsageBasis}
_COLUMN_NOTES = {
    "started_at": "when the request came, UTC",
    "input_tokens": "cached ones included",
    "output_tokens": "reasoning included",
    "list_cost_usd": "null: not known, or nothing to bill; pricing says which",
    "upstream_cost_usd": "what upstream itself says the call costs; never part of the list cost",
    "key": "a keyed hash of the credential, never the credential",
    "duration_ms": "from the first byte of the request to the last of the answer",
}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema) -> Schema:
    if "enum" in schema or "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def array(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def record(fields: Mapping[str, Schema], *, may_lack: Iterable[str] = ()) -> Schema:
    """An object with all of *fields* and no others."""
    lacking = set(may_lack)
    return {
        "type": "object",
        "properties": dict(fields),
        "required": [name for name in fields if name not in lacking],
        "additionalProperties": False,
    }


def _words(words: Iterable[str]) -> Schema:
    return {"type": "string", "enum": [str(word) for word in words]}


MEASURES: Mapping[str, Schema] = {
    name: USD if isinstance(amount, str) else COUNT for name, amount in measures_of(Rollup()).items()
}


def _column(name: str) -> Schema:
    if name in _WORDS:
        found = _words(word.value for word in _WORDS[name])
    elif name == "stream":
        found = FLAG
    elif name.endswith("_at"):
        found = TIME
    elif name.endswith("_usd"):
        found = USD
    elif name.endswith("_id") and name in _ALWAYS:
        found = CALL_ID
    else:
        found = TEXT if _is_text(name) else COUNT
    if name in _COLUMN_NOTES:
        found = {**found, "description": _COLUMN_NOTES[name]}
    return found if name in _ALWAYS else or_null(found)


def _is_text(name: str) -> bool:
    """Durations are decimal strings, so that no thousandth is lost."""
    is_decimal = name in ("audio_seconds", "load_ms", "prefill_ms", "decode_ms", "needs")
    return is_decimal or any(column.name == name and column.is_text for column in COLUMNS)


_TIER = {"above_input_tokens": COUNT, **dict.fromkeys((PER_MTOK, *RATE_KEYS.values()), USD)}
_UNITS = (PER_MTOK, *RATE_KEYS.values())
_GROUP_NAMES = tuple(by.value for by in GroupBy)
_QUANTILES = record(dict.fromkeys(("p50", "p90", "p99"), or_null(NUMBER)))

_WRITING: Schema = {
    **record(
        {
            "problem": or_null(TEXT),
            "spool_problem": or_null(TEXT),
            "spooled": COUNT,
            "disk_free_bytes": COUNT,
            "disk_bytes": COUNT,
        }
    ),
    "description": "null: nobody writes the ledger here",
}
_WAY = record(
    {
        **dict.fromkeys(("provider", "response_model", "service_tier"), or_null(TEXT)),
        "self_hosted": FLAG,
        "price": or_null(ref("Price")),
        "no_price_reason": or_null(TEXT),
    }
)

SCHEMAS: Mapping[str, Schema] = {
    "Error": record({"error": record({"message": TEXT, "type": _words(TYPES.values())})}),
    "Measures": record(MEASURES),
    "Report": record(
        {
            "from": DAY,
            "to": DAY,
            "total": ref("Measures"),
            "groups": array(
                record({**dict.fromkeys(_GROUP_NAMES, or_null(TEXT)), **MEASURES}, may_lack=_GROUP_NAMES)
            ),
        }
    ),
    "Row": record({column.name: _column(column.name) for column in COLUMNS}),
    "Calls": record(
        {
            "calls": array(ref("Row")),
            "next_before": or_null(CALL_ID),
            "newer_after": or_null(CALL_ID),
            "looked_back_to": or_null(TIME),
            "total": or_null(ref("Measures")),
        }
    ),
    "Rate": record(
        {
            "meter": _words(meter.value for meter in Meter),
            **dict.fromkeys(_UNITS, USD),
            "tiers": array(record(_TIER, may_lack=_UNITS)),
        },
        may_lack=_UNITS,
    ),
    "Price": record(
        {
            "provider": TEXT,
            "model": TEXT,
            "service_tier": TEXT,
            "rates": array(ref("Rate")),
            "source": TEXT,
            "source_url": or_null(TEXT),
            "since": or_null(DAY),
        }
    ),
    "Call": record(
        {
            "call": ref("Row"),
            "charge": array(
                record(
                    {"meter": _words(meter.value for meter in Meter), "quantity": COUNT, "list_cost_usd": USD}
                )
            ),
            "price": or_null(ref("Price")),
            "attempts": array(CALL_ID),
        }
    ),
    "Series": record(
        {
            "from": DAY,
            "to": DAY,
            "by": _words(by.value for by in Dimension),
            "unit": _words(unit.value for unit in Unit),
            "starts": array(TIME),
            "lines": array(
                record(
                    {
                        "value": or_null(TEXT),
                        "others": COUNT,
                        "total": ref("Measures"),
                        "sums": record({name: array(schema) for name, schema in MEASURES.items()}),
                    }
                )
            ),
            "total": ref("Measures"),
        }
    ),
    "Months": record(
        {
            "months": array(
                record({"month": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}, **MEASURES})
            ),
            "total": ref("Measures"),
        }
    ),
    "Prices": record(
        {
            "from": DAY,
            "to": DAY,
            "models": array(record({"model": or_null(TEXT), **MEASURES, "called_as": array(_WAY)})),
            "others": {**COUNT, "description": "models that are not listed, as they are too many"},
        }
    ),
    "Health": record(
        {
            "ledger": record(
                {
                    "name": TEXT,
                    "calls": COUNT,
                    "first_call_at": or_null(TIME),
                    "last_call_at": or_null(TIME),
                    "size_bytes": COUNT,
                    "wal_bytes": COUNT,
                    "schema_version": COUNT,
                    "sqlite_version": TEXT,
                }
            ),
            "writing": or_null(_WRITING),
            "upstreams": array(
                record(
                    {
                        "upstream": TEXT,
                        "sums": ref("Measures"),
                        "looked_at": COUNT,
                        "outcomes": {"type": "object", "additionalProperties": COUNT},
                        "latency_s": _QUANTILES,
                        "first_byte_s": _QUANTILES,
                        "output_tokens_per_s": _QUANTILES,
                    }
                )
            ),
            "budgets": array(
                record(
                    {
                        "name": TEXT,
                        "whose": {**TEXT, "description": "of whom, in words; empty: of all calls"},
                        "per": _words(["day", "month"]),
                        "begins_anew_on": {**DAY, "description": "at 00:00 UTC"},
                        "refuses": {**FLAG, "description": "whether calls are refused when it is spent"},
                        "limit_usd": USD,
                        "spent_usd": USD,
                        "reserved_usd": {**USD, "description": "kept for calls under way"},
                        "unpriced_calls": {**COUNT, "description": "whose cost is not known: not in it"},
                    }
                )
            ),
            "more_budgets": {**COUNT, "description": "budgets that are not listed, as they are too many"},
            "notices": array(TEXT),
        }
    ),
    "UnderWay": record({"status": _words(["under way"]), "again_after_s": COUNT}),
}
