"""payback in front of the session's llama.cpp server, and openai's SDK in front of payback."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.llama.fixtures import MODEL_NAME, LlamaServer
from tests.proxy.running import PRICE, Payback, configuration, running


@pytest.fixture
async def payback(llama_server: LlamaServer, tmp_path: Path) -> AsyncIterator[Payback]:
    """The server's tokens cost 1.00, 0.10 (cached) and 10.00 USD per million."""
    table = configuration(llama_server, price=[{**PRICE, "model": MODEL_NAME}])
    async with running(tmp_path, table) as started:
        yield started


@pytest.fixture
def base_url(payback: Payback) -> str:
    """As it is given to an SDK."""
    return f"http://127.0.0.1:{payback.port}/v1"
