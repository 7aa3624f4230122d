"""What payback answers itself, and that nobody gets around the guard in front of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from payback.own_pages import METRICS_PATH
from tests.proxy.client import call, get
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, scripted_upstream

OURS = (METRICS_PATH, "/-/report", "/-/nothing")


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[tuple[Payback, Upstream]]:
    """With a report password."""
    (tmp_path / "password").write_text("hush")
    report = {"password": {"file": str(tmp_path / "password")}}
    async with (
        scripted_upstream() as upstream,
        running(tmp_path, configuration(upstream, report=report)) as payback,
    ):
        yield payback, upstream


async def test_every_page_but_health_asks_for_the_password(guarded: tuple[Payback, Upstream]) -> None:
    payback, _ = guarded
    for path in OURS:
        assert (await call(payback.port, get(path))).status == 401, path
    for path in ("/-/healthz", "/-/readyz"):
        assert (await call(payback.port, get(path))).status == 200, path


@pytest.mark.parametrize(
    "path",
    ["/-/metrics/", "/-//metrics", "/%2D/metrics", "/-/%6Detrics", "/-/metrics?x=/-/healthz", "/-/./metrics"],
)
async def test_no_spelling_shows_the_metrics_or_sends_the_request_upstream(
    path: str, guarded: tuple[Payback, Upstream]
) -> None:
    payback, upstream = guarded
    answer = await call(payback.port, get(path))
    assert answer.status in (400, 401, 404)
    assert b"payback_build_info" not in answer.body
    assert upstream.received == []


@pytest.mark.parametrize(
    "accept",
    ["", ",;,", "application/openmetrics-text;version=abc", "application/openmetrics-text;escaping", "\xff"],
)
async def test_whatever_is_asked_for_the_metrics_are_a_page(accept: str, tmp_path: Path) -> None:
    async with scripted_upstream() as upstream, running(tmp_path, configuration(upstream)) as payback:
        asked = f"GET {METRICS_PATH} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n"
        answer = await call(payback.port, asked.encode("latin-1"))
        assert (answer.status, b"payback_build_info" in answer.body) == (200, True)
        assert answer.head.value("Cache-Control") == b"no-store"


async def test_many_scrapes_at_once_are_answered_and_calls_go_on(tmp_path: Path) -> None:
    async with scripted_upstream() as upstream, running(tmp_path, configuration(upstream)) as payback:
        page = f"GET {METRICS_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        answers = await asyncio.gather(*(call(payback.port, page) for _ in range(30)))
        assert {answer.status for answer in answers} == {200}
        assert (await call(payback.port, get("/v1/models"))).status == 200
