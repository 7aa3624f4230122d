"""The document that describes the API: OpenAPI 3.1. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from web.api import parameters
from web.api.examples import examples
from web.api.failures import API_PATH, TYPES
from web.api.parameters import Described
from web.api.plan_parameters import PLAN_BODY, plan_parameters
from web.api.schemas import DAY, FLAG, NUMBER, SCHEMAS, TEXT, Schema, array, or_null, record, ref

VERSION = "1"
"""Of the shapes. Names are never changed, only added."""
_JSON = "application/json"
_FAILURES = {
    400: "A parameter is wrong; the message names it and says what to write.",
    401: "The report has a password, and this was not it.",
    403: "This host name is not answered without a password, or another site's page has posted this.",
    404: "There is no such thing.",
    405: "The address does not take this method; Allow names those it takes.",
    422: "The plan asks for what is not there, or there is nothing to project.",
    429: "Too many wrong passwords came from this address; Retry-After says when the next one is looked at.",
    500: "A fault of payback; its log says more.",
    503: "The ledger cannot be read, is slow, or nobody projects.",
}
_EVERYWHERE = (400, 401, 403, 405, 429, 500, 503)
_EXAMPLE = {
    400: 'by is "mdel"; write one of model, workload, project, user, key, upstream, client, day, hour',
    404: "there is no call 018bcfe5-6800-7800-8000-000000000000 in the ledger; it may have been pruned",
    422: "no calls between 2026-08-24 and 2026-11-21",
}
_PROJECTED: Schema = {
    "type": "object",
    "description": "One projection for each workload, the largest first, as payback project --json has them.",
    "required": ["from", "to", "projections", "smaller", "made_up"],
    "properties": {
        "from": or_null(DAY),
        "to": or_null(DAY),
        "projections": array(
            {
                "type": "object",
                "required": ["workload", "sentence", "pays_off", "courses", "against_stay", "assumptions"],
                "properties": {
                    "workload": or_null(TEXT),
                    "sentence": {**TEXT, "description": "the verdict"},
                    "pays_off": {**or_null(FLAG), "description": "null: too early to say"},
                },
            }
        ),
        "not_projected": array(TEXT),
        "smaller": or_null(record({"workloads": array(TEXT), "usd": NUMBER})),
        "made_up": {**FLAG, "description": "the ledger is a demonstration's"},
    },
}


class _Address(NamedTuple):
    path: str
    answer: str
    summary: str
    parameters: tuple[Described, ...] = ()
    failures: tuple[int, ...] = ()


ADDRESSES = (
    _Address("report", "Report", "What was spent on what; as payback report --json", parameters.REPORT),
    _Address("calls", "Calls", "Calls that pass a filter, the latest first", parameters.CALLS),
    _Address("calls/{call_id}", "Call", "One call, its charge and price", parameters.CALL, (404,)),
    _Address("series", "Series", "Sums by hour or day: what a chart draws", parameters.SERIES),
    _Address("months", "Months", "Sums of each month that has calls"),
    _Address("prices", "Prices", "Models of the last 31 days and what they cost now"),
    _Address("health", "Health", "The ledger, and how upstreams and budgets are doing", parameters.HEALTH),
    _Address("project", "Projected", "When self-hosting pays off", tuple(plan_parameters()), (422,)),
)


def document() -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "payback",
            "version": VERSION,
            "summary": "What was spent on what, call by call.",
            "description": "Money is a decimal string of USD, exact. Days, hours and months are UTC.",
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"password": []}],
        "paths": {**{f"{API_PATH}/{found.path}": _path(found) for found in ADDRESSES}, **_itself()},
        "components": {
            "securitySchemes": {
                "password": {"type": "http", "scheme": "basic", "description": "any user name will do"}
            },
            "schemas": {**SCHEMAS, "Projected": _PROJECTED, "Plan": PLAN_BODY},
        },
    }


def _path(address: _Address) -> Schema:
    operation: dict[str, object] = {
        "operationId": address.answer.lower(),
        "summary": address.summary,
        "responses": {**_answers(address.answer), **_failures((*_EVERYWHERE, *address.failures))},
    }
    if address.parameters:
        operation["parameters"] = list(address.parameters)
    if address.path != "project":
        return {"get": operation}
    operation["responses"] = {**_answers("Projected"), **_under_way(), **_failures((*_EVERYWHERE, 422))}
    return {"get": operation, "post": _posted(operation)}


def _posted(operation: Mapping[str, object]) -> Schema:
    """The same, with the fields in the body."""
    body = {_JSON: {"schema": ref("Plan"), "example": {"workload": "support-bot", "horizon_months": 24}}}
    kept = {name: told for name, told in operation.items() if name != "parameters"}
    return {**kept, "operationId": "post_projected", "requestBody": {"required": False, "content": body}}


def _answers(name: str) -> Mapping[str, Schema]:
    return {"200": _content("The answer.", ref(name), examples()[name])}


def _under_way() -> Mapping[str, Schema]:
    told = _content("Still at it: ask the same again.", ref("UnderWay"), examples()["UnderWay"])
    return {
        "202": {**told, "headers": {"Retry-After": {"schema": {"type": "string"}, "description": "seconds"}}}
    }


def _failures(statuses: Iterable[int]) -> Mapping[str, Schema]:
    return {
        str(status): _content(_FAILURES[status], ref("Error"), _failed(status)) for status in sorted(statuses)
    }


def _failed(status: int) -> object:
    return {"error": {"message": _EXAMPLE.get(status, _FAILURES[status]), "type": TYPES[status]}}


def _content(description: str, schema: Schema, example: object) -> Schema:
    return {"description": description, "content": {_JSON: {"schema": schema, "example": example}}}


def _itself() -> Mapping[str, Schema]:
    answer = _content("An OpenAPI document.", {"type": "object"}, {"openapi": "3.1.0"})
    operation = {
        "operationId": "openapi",
        "summary": "This document",
        "responses": {"200": answer, **_failures(_EVERYWHERE)},
    }
    return {f"{API_PATH}/openapi.json": {"get": operation}}
