import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web

from web.sent_form import sent_form

LONGEST = 40


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Of a page that answers with the fields that it was sent."""

    async def tell(request: web.Request) -> web.Response:
        return web.json_response(await sent_form(request, LONGEST))

    app = web.Application()
    app.router.add_post("/", tell)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"a=1&b=two+words%21", {"a": "1", "b": "two words!"}),
        (b"", {}),
        (b"a=\xff&b=%FF", {"a": "\N{REPLACEMENT CHARACTER}", "b": "\N{REPLACEMENT CHARACTER}"}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a=" + b"x" * 1_000_000, {"a": "x" * (LONGEST - 2)}),
    ],
)
async def test_what_is_no_text_or_too_long_is_no_fault_of_the_page(
    address: str, body: bytes, fields: dict[str, str]
) -> None:
    async with ClientSession() as client, client.post(address, data=body) as answer:
        assert answer.status == 200
        assert json.loads(await answer.text()) == fields
