"""What whoever looks has set: how numbers, days and times read. Cookies keep it, a form in every page's foot
sets it; before that, numbers and days read as the browser's language has it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import hdrs, web
from markupsafe import Markup

from web.addresses import REPORT_PATH
from web.languages import manner_of_languages
from web.manner import Dates, Manner, Numbers
from web.rendering import Renderer, put
from web.security import is_from_here
from web.sent_form import sent_form
from web.zones import UTC_NAME, nearest_zone, zone_named, zones

SETTINGS_PATH = "/-/settings"
COOKIE, NUMBERS_COOKIE, DATES_COOKIE = "payback_zone", "payback_numbers", "payback_dates"
PLACE = "<!-- viewer -->"
"""In base.html: where the form stands. It has the address of the page in it, which pages do not know."""
_YEAR_S = 366 * 24 * 3600
_LONGEST_BACK, _LONGEST_BODY = 2000, 8192
_BACK = re.compile(rf"{REPORT_PATH}(?![^/?])[\x21-\x7e]*")
_FORM = Markup(
    '<form class="viewer" method="post" action="{action}">'
    '<input type="hidden" name="back" value="{back}">'
    '<label for="zone">Times in</label> '
    '<input id="zone" name="zone" value="{zone}" size="18" maxlength="64" autocomplete="off">'
    ' <label for="numbers">numbers as</label> {numbers} <label for="dates">days as</label> {dates}'
    " <button>Set</button> <small>Days, months and filters are UTC.</small></form>"
)
_SELECT = Markup('<select id="{name}" name="{name}">{options}</select>')
_OPTION = Markup('<option value="{value}"{selected}>{words}</option>')


@dataclass(frozen=True, slots=True)
class _Choice:
    """A setting with a few values, each with an example that says it all."""

    name: str
    cookie: str
    examples: Mapping[StrEnum, str]

    def read(self, text: str) -> StrEnum | None:
        return next((value for value in self.examples if value == text), None)

    def select(self, chosen: StrEnum) -> Markup:
        options = (
            _OPTION.format(value=value, words=words, selected=Markup(" selected") if value is chosen else "")
            for value, words in self.examples.items()
        )
        return _SELECT.format(name=self.name, options=Markup("").join(options))


_NUMBERS = _Choice(
    "numbers",
    NUMBERS_COOKIE,
    {
        Numbers.COMMA_POINT: "1,234.5",
        Numbers.POINT_COMMA: "1.234,5",
        Numbers.SPACE_COMMA: "1\N{NARROW NO-BREAK SPACE}234,5",
    },
)
_DATES = _Choice(
    "dates",
    DATES_COOKIE,
    {
        Dates.WORDS: "22 November 2026",
        Dates.ISO: "2026-11-22",
        Dates.DOTS: "22.11.2026",
        Dates.SLASHES: "11/22/2026",
    },
)


def manner_of(request: web.BaseRequest) -> Manner:
    """What was set; what was not, or says nothing, from the browser's languages, and UTC."""
    usual = manner_of_languages(",".join(request.headers.getall(hdrs.ACCEPT_LANGUAGE, [])))
    numbers = _NUMBERS.read(request.cookies.get(NUMBERS_COOKIE, ""))
    dates = _DATES.read(request.cookies.get(DATES_COOKIE, ""))
    return Manner(
        usual.numbers if numbers is None else Numbers(numbers),
        usual.dates if dates is None else Dates(dates),
        zone_named(request.cookies.get(COOKIE, UTC_NAME)),
    )


def fit(request: web.Request, response: web.StreamResponse) -> None:
    """Put the form for the settings into a page."""
    if not isinstance(response, web.Response) or response.content_type != "text/html":
        return
    manner = manner_of(request)
    form = _FORM.format(
        action=SETTINGS_PATH,
        back=_back(str(request.rel_url)),
        zone=manner.zone or UTC_NAME,
        numbers=_NUMBERS.select(manner.numbers),
        dates=_DATES.select(manner.dates),
    )
    put(response, PLACE, form)


class BadSetting(ValueError):
    """A title, and a sentence."""


class ViewerSettings:
    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        zones()

    async def take(self, request: web.Request) -> web.Response:
        if not is_from_here(request):
            return self._renderer.sentence(403, "This was not sent by the report", "Set it in a page's foot.")
        sent = await sent_form(request, _LONGEST_BODY)
        try:
            told = dict(_read(sent))
        except BadSetting as error:
            return self._renderer.sentence(400, *error.args)
        response = web.Response(status=303, headers={hdrs.LOCATION: _back(sent.get("back", ""))})
        for cookie, value in told.items():
            response.set_cookie(cookie, value, path="/-/", max_age=_YEAR_S, httponly=True, samesite="Strict")
        return response


def _read(sent: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Cookie and value; what is not there is not set. Raises BadSetting."""
    zone = sent.get("zone", "").strip() or UTC_NAME
    if zone not in zones():
        raise BadSetting("There is no such time zone", _no_zone(zone))
    yield COOKIE, zone
    for choice in (_NUMBERS, _DATES):
        text = sent.get(choice.name)
        if text and choice.read(text) is None:
            near = ", ".join(choice.examples)
            raise BadSetting(
                f"There are no such {choice.name}", f'{choice.name} is "{text[:64]}"; write one of {near}.'
            )
        if text:
            yield choice.cookie, text


def _no_zone(name: str) -> str:
    near = nearest_zone(name)
    return f'"{name[:64]}" is no name of a time zone; write one such as {near or "Europe/Berlin"}.'


def _back(address: str) -> str:
    """A page of the report, and no other place in the world."""
    is_there = len(address) <= _LONGEST_BACK and _BACK.fullmatch(address)
    return address if is_there else REPORT_PATH
