"""Errors of the API: one JSON object, whatever went wrong, whoever found it."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from aiohttp import hdrs, web

API_PATH = "/-/api"
TYPES: Mapping[int, str] = MappingProxyType(
    {
        400: "bad_request",
        401: "unauthorized",
        403: "forbidden",
        404: "not_found",
        405: "method_not_allowed",
        422: "unprocessable",
        429: "too_many_requests",
        500: "internal",
        503: "unavailable",
    }
)
"""By status: what a program may tell errors apart by. Messages are for people, and change."""


def is_api(path: str) -> bool:
    return f"{path}/".startswith(f"{API_PATH}/")


def failure(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    told = {"error": {"message": message, "type": TYPES[status]}}
    return web.json_response(told, status=status, headers=headers, dumps=_dumps)


def as_failure(response: web.Response) -> web.Response:
    """What the guard says, as JSON; its headers stay."""
    message = (response.text or HTTPStatus(response.status).phrase).strip()
    kept = {
        name: value
        for name, value in response.headers.items()
        if name not in (hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH)
    }
    return failure(response.status, message, kept)


def _dumps(told: object) -> str:
    """ASCII: a message may quote what no UTF-8 can hold."""
    return json.dumps(told, ensure_ascii=True)
