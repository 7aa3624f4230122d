"""A scripted upstream, and payback in front of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, scripted_upstream


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    """With the scripted upstream as its only one."""
    async with running(tmp_path, configuration(upstream)) as started:
        yield started
