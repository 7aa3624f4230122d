"""payback with no configuration but other addresses: in front of a scripted provider, and of llama.cpp."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients import provider
from tests.llama.fixtures import MODEL_NAME, LlamaServer
from tests.proxy.running import PRICE, Payback, Server, configuration, running
from tests.proxy.upstream import Upstream, scripted_upstream


def all_at(server: Server, **more: Any) -> dict[str, Any]:
    """The upstreams that are built in, all of them at *server*, at the price of tests."""
    others = [
        {"name": name, "base_url": server.base_url, "provider": "lab"} for name in ("anthropic", "ollama")
    ]
    table = configuration(server, lab={"name": "openai"}, others=others, **more)
    return {**table, "default_upstream": "openai"}


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        started.script = provider.answer
        yield started


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    """In front of a provider that says "Hello!"; any model costs 1.00 and 10.00 USD per million tokens."""
    async with running(tmp_path, all_at(upstream, price=[{**PRICE, "model": "*"}])) as started:
        yield started


@pytest.fixture
async def before_llama(llama_server: LlamaServer, tmp_path: Path) -> AsyncIterator[Payback]:
    """In front of the session's llama.cpp server; its tokens cost 1.00, 0.10 (cached) and 10.00 USD."""
    async with running(tmp_path, all_at(llama_server, price=[{**PRICE, "model": MODEL_NAME}])) as started:
        yield started
