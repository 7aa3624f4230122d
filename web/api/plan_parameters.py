"""The fields of a plan, described: as parameters of an address, and as the object that is posted. Pure."""

from collections.abc import Iterator, Mapping

from projection.assumptions import DEFAULTS, allowed_of
from web.api.parameters import Described, parameter
from web.api.plan_body import FLAGS
from web.api.schemas import or_null
from web.decision.words import label_of
from web.plan_query import API_PRICES, FIELDS, LIMITS, LONGEST_HORIZON_MONTHS, MOST_UNITS

_TEXT: Described = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"\S"}
_UNITS: Described = {"type": "integer", "minimum": 1, "maximum": MOST_UNITS}
_EXAMPLES: Mapping[str, object] = {
    "workload": "support-bot", "model": "Llama 3.3 70B", "hardware": "RTX PRO 6000", "quantisation": "fp8",
    "engine": "vLLM", "horizon_months": 24, "api_prices": "stay", "units": 2, "most_units": 8,
    "pue": 1.3,
}  # fmt: skip


def _range(least: float, most: float) -> Described:
    return {"type": "number", "minimum": least, "maximum": most}


SCHEMAS: Mapping[str, Described] = {
    "workload": {"type": "string", "minLength": 1, "pattern": r"\S"},
    "horizon_months": {"type": "integer", "minimum": 1, "maximum": LONGEST_HORIZON_MONTHS},
    "api_prices": {"type": "string", "enum": list(API_PRICES)},
    **dict.fromkeys(("model", "hardware", "quantisation", "engine"), _TEXT),
    **dict.fromkeys(("units", "most_units"), _UNITS),
    **{name: _range(least, most) for name, least, most in LIMITS},
    **{name: {"type": "boolean"} for name in FLAGS},
    **{default.name: _range(*allowed_of(default.name)) for default in DEFAULTS},
}
PLAN_BODY: Described = {
    "type": "object",
    "properties": {name: or_null(schema) for name, schema in SCHEMAS.items()},
    "additionalProperties": False,
}


def plan_parameters() -> Iterator[Described]:
    """In an address a flag is on or off."""
    notes = {default.name: f" ({default.unit})" for default in DEFAULTS}
    for name in FIELDS:
        schema: Described = {"type": "string", "enum": ["on", "off"]} if name in FLAGS else SCHEMAS[name]
        example = "on" if name in FLAGS else _EXAMPLES.get(name, schema.get("minimum"))
        yield parameter(name, schema, f"{label_of(name)}{notes.get(name, '')}.", example)
