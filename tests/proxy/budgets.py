"""Budgets of a running payback, as its configuration states them and its metrics tell them."""

import asyncio
import json
import re
from typing import Any

from tests.proxy.bodies import CHAT, CHAT_REQUEST, chat_request
from tests.proxy.client import Answer, call, post
from tests.proxy.running import Payback, configuration
from tests.proxy.upstream import Upstream

COST = 0.000061
METRICS = b"GET /-/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
CAREFUL = chat_request(max_tokens=100)
"""100 tokens of output at 10.00 are 1000 millionths; with its 83 bytes, 42 tokens of input."""
CAREFUL_NUSD = 1_042_000


def with_budgets(upstream: Upstream, *budgets: dict[str, Any], **tables: Any) -> dict[str, Any]:
    return configuration(upstream, budget=list(budgets), **tables)


def budget(usd: str, **more: Any) -> dict[str, Any]:
    return {"name": "all", "usd": usd, **more}


async def told(payback: Payback, name: str = "all") -> dict[str, float]:
    """What the metrics say of a budget: limit, spent, reserved in USD, and how many calls have no price."""
    page = (await call(payback.port, METRICS)).body.decode()
    found = re.findall(rf'^payback_budget_(\w+)\{{budget="{name}"\}} (\S+)$', page, re.MULTILINE)
    return {what.removesuffix("_usd"): float(amount) for what, amount in found}


async def nothing_is_kept(payback: Payback, name: str = "all") -> None:
    for _ in range(200):
        if (await told(payback, name))["reserved"] == 0:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(await told(payback, name))


async def chat(payback: Payback, body: bytes = CHAT_REQUEST, *headers: tuple[str, str]) -> Answer:
    return await call(payback.port, post(CHAT, body, *headers))


def error_of(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.body)["error"]
    return found


def fails(*_: object, **__: object) -> None:
    """A fault of our own."""
    raise RuntimeError("a fault")
