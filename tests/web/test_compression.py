"""Who takes gzip gets it, where it is of use; and the pages are small."""

import asyncio
import gzip
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from tests.web.sample import varied_entries, write_ledger
from tests.web.server import serving, settings_for
from web.addresses import REPORT_PATH
from web.compression import LEAST_BYTES, takes_gzip


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "payback.db", varied_entries())


async def fetched(url: str, accept: str | None, method: str = "GET") -> tuple[dict[str, str], bytes]:
    """Headers and the body as it came over the wire."""
    headers = {} if accept is None else {"Accept-Encoding": accept}
    async with (
        ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as client,
        client.request(method, url, headers=headers) as answer,
    ):
        return dict(answer.headers), await answer.read()


@pytest.mark.parametrize("path", [REPORT_PATH, "/-/api/report", "/-/api/openapi.json"])
async def test_who_takes_gzip_gets_the_same_bytes_in_less(ledger: Path, path: str) -> None:
    async with serving(settings_for(ledger)) as address:
        plain_headers, plain = await fetched(f"{address}{path}", None)
        headers, packed = await fetched(f"{address}{path}", "gzip, deflate, br")
    assert "Content-Encoding" not in plain_headers
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 3
    assert int(headers["Content-Length"]) == len(packed)
    assert "Accept-Encoding" in plain_headers["Vary"]
    assert "Accept-Encoding" in headers["Vary"]


async def test_assets_are_packed_and_tiny_answers_are_not(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        _, page = await fetched(f"{address}{REPORT_PATH}", None)
        script = page.decode().partition('<script src="/-/static/live.')[2].partition('"')[0]
        headers, _ = await fetched(f"{address}/-/static/live.{script}", "gzip")
        tiny, body = await fetched(f"{address}/-/api/report?by=nothing", "gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert len(body) <= LEAST_BYTES
    assert "Content-Encoding" not in tiny


async def test_a_head_has_the_headers_of_the_answer(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        got, _ = await fetched(f"{address}/-/api/report", "gzip")
        head, body = await fetched(f"{address}/-/api/report", "gzip", "HEAD")
    assert (head["Content-Encoding"], head["Content-Length"]) == ("gzip", got["Content-Length"])
    assert body == b""


@pytest.mark.parametrize(
    ("accept", "takes"),
    [
        ("gzip", True), ("GZIP", True), ("x-gzip", True), ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("identity", False), ("gzip;q=0", False), ("gzip; q=0.000", False), ("*;q=0", False), ("br", False),
        ("gzipped", False),
    ],
)  # fmt: skip
def test_weights_are_heeded(accept: str, takes: bool) -> None:
    """RFC 9110 section 12.5.3."""
    assert takes_gzip(accept) is takes


async def test_other_rooms_answers_are_left_alone(ledger: Path) -> None:
    """What is not under /-/ is a call that passes, and passes as it is."""

    async def passing(_: web.Request) -> web.Response:
        return web.Response(text="x" * 100_000)

    def more(app: web.Application) -> None:
        app.router.add_get("/v1/models", passing)

    async with serving(settings_for(ledger), more) as address:
        headers, body = await fetched(f"{address}/v1/models", "gzip")
    assert "Content-Encoding" not in headers
    assert body == b"x" * 100_000


async def test_an_answer_that_goes_on_is_not_kept_back(ledger: Path) -> None:
    """Events of the tail come one by one."""
    heard = asyncio.Event()

    async def going_on(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: first\n\n")
        await heard.wait()
        return response

    def more(app: web.Application) -> None:
        app.router.add_get("/-/events", going_on)
        resources = app.router._resources
        resources.insert(0, resources.pop())

    async with (
        serving(settings_for(ledger), more) as address,
        ClientSession() as client,
        client.get(f"{address}/-/events", headers={"Accept-Encoding": "gzip"}) as answer,
    ):
        first = await asyncio.wait_for(answer.content.readany(), 5)
        heard.set()
    assert first == b"data: first\n\n"
