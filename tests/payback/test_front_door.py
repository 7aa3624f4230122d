"""Which requests are for payback's own pages, in whatever way they are written, and which are calls."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.proxy.client import call, get
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, scripted_upstream

HTML = ("Accept", "text/html,*/*")


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream)) as started:
        yield started


OWN = ["/-/report", "/-/", "/-", "/%2D/report", "/-/nothing", "/-/..%2fv1/models", "/-/report?a"]


@pytest.mark.parametrize("path", OWN)
async def test_a_page_of_paybacks_own_never_reaches_upstream(
    payback: Payback, upstream: Upstream, path: str
) -> None:
    """It would be a call with a row, and what a browser sends would go to a provider."""
    answer = await call(payback.port, get(path, HTML))
    assert answer.status in (303, 403, 404)
    assert upstream.received == []
    assert payback.rows() == []


@pytest.mark.parametrize("path", ["/-x", "/v1/-/report", "/_/report", "/v1/models", "/report", "/--/report"])
async def test_a_path_that_is_not_ours_is_a_call(payback: Payback, upstream: Upstream, path: str) -> None:
    assert (await call(payback.port, get(path, HTML))).status == 200
    assert upstream.only.target == path


async def test_the_root_is_the_report_for_a_browser_and_a_call_for_others(
    payback: Payback, upstream: Upstream
) -> None:
    assert (await call(payback.port, get("/", HTML))).head.value("Location") == b"/-/report"
    assert (await call(payback.port, get("/", method="HEAD"))).status == 200
    assert upstream.received == []
    assert (await call(payback.port, get("/", ("Accept", "application/json")))).status == 200
    assert upstream.only.target == "/"
