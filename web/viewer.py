"""What whoever looks has set: the zone of times. A cookie keeps it, a form in every page's foot sets it."""

import re
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from aiohttp import hdrs, web
from markupsafe import Markup

from web.rendering import REPORT_PATH, Renderer
from web.zones import UTC_NAME, localised, nearest_zone, zone_named, zones

SETTINGS_PATH = "/-/settings"
COOKIE = "payback_zone"
PLACE = "<!-- viewer -->"
"""In base.html: where the form stands. A page is the same for everybody but for that, and its times."""
_YEAR_S = 366 * 24 * 3600
_LONGEST_BACK, _LONGEST_BODY = 2000, 8192
_BACK = re.compile(rf"{REPORT_PATH}(?![^/?])[\x21-\x7e]*")
_FORM = Markup(
    '<form class="viewer" method="post" action="{action}">'
    '<input type="hidden" name="back" value="{back}">'
    '<label for="zone">Times in</label> '
    '<input id="zone" name="zone" value="{zone}" size="18" maxlength="64" autocomplete="off">'
    " <button>Set</button> <small>Days, months and filters are UTC.</small></form>"
)


def zone_of(request: web.BaseRequest) -> ZoneInfo | None:
    """None: UTC."""
    return zone_named(request.cookies.get(COOKIE, UTC_NAME))


def fit(request: web.Request, response: web.StreamResponse) -> None:
    """Make a page that of whoever asked for it."""
    if not isinstance(response, web.Response) or response.content_type != "text/html":
        return
    html, zone = response.text or "", zone_of(request)
    form = _FORM.format(action=SETTINGS_PATH, back=_back(str(request.rel_url)), zone=zone or UTC_NAME)
    response.text = (localised(html, zone) if zone else html).replace(PLACE, form)


class ViewerSettings:
    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        zones()

    async def take(self, request: web.Request) -> web.Response:
        if not _is_from_here(request):
            return self._renderer.sentence(403, "This was not sent by the report", "Set it in a page's foot.")
        sent = await _sent(request)
        name = sent.get("zone", "").strip() or UTC_NAME
        if name not in zones():
            return self._renderer.sentence(400, "There is no such time zone", _no_zone(name))
        response = web.Response(status=303, headers={hdrs.LOCATION: _back(sent.get("back", ""))})
        response.set_cookie(COOKIE, name, path="/-/", max_age=_YEAR_S, httponly=True, samesite="Strict")
        return response


async def _sent(request: web.Request) -> dict[str, str]:
    """The fields of the form. aiohttp's own reading raises where bytes are no text."""
    body = bytearray()
    while len(body) < _LONGEST_BODY and (some := await request.content.read(_LONGEST_BODY)):
        body += some
    return dict(parse_qsl(body[:_LONGEST_BODY].decode("utf-8", "replace")))


def _no_zone(name: str) -> str:
    near = nearest_zone(name)
    return f'"{name[:64]}" is no name of a time zone; write one such as {near or "Europe/Berlin"}.'


def _is_from_here(request: web.Request) -> bool:
    """Another site's page may not set anything, not even a time zone."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get(hdrs.ORIGIN)
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or urlsplit(origin).netloc == request.host


def _back(address: str) -> str:
    """A page of the report, and no other place in the world."""
    is_there = len(address) <= _LONGEST_BACK and _BACK.fullmatch(address)
    return address if is_there else REPORT_PATH
