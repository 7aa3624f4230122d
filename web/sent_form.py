"""Fields that a browser sends of a form."""

from urllib.parse import parse_qsl

from aiohttp import web


async def sent_form(request: web.Request, longest: int) -> dict[str, str]:
    """The fields of a form, of its first *longest* bytes. aiohttp's own reading raises where bytes are no
    text."""
    body = bytearray()
    while len(body) < longest and (some := await request.content.read(longest)):
        body += some
    return dict(parse_qsl(body[:longest].decode("utf-8", "replace")))
