"""Templates and assets -> pages. Read once at the start."""

from collections.abc import Mapping
from functools import cache

import jinja2
from aiohttp import web
from markupsafe import Markup

from web import figures, filters, manner, parts, sums
from web.addresses import CALLS_PATH, PAYBACK_PATH, REPORT_PATH
from web.assets import Asset, Sheet, read_assets, read_sheets, read_templates
from web.charts.bars import share_bar
from web.security import HEADERS

_FILTERS = (
    "usd", "usd_exact", "usd_told", "plain_usd", "tokens", "of_calls", "counted", "share",
    "when", "stamp", "iso", "month_key", "duration", "shown", "full",
)  # fmt: skip
_FIGURES = (
    "dollars", "brief_dollars", "month", "percent", "per_mtok", "many", "plain", "tenths", "in_unit",
    "unit_in_words",
)  # fmt: skip
_POLICY = "Content-Security-Policy"
_MANNER = ("day_name", "month_name", "long_time", "sentence")


class Renderer:
    def __init__(self, base_url: str, ledger_name: str) -> None:
        self.assets: Mapping[str, Asset] = read_assets()
        self._templates = template_environment()
        self._facts = {
            "asset": {name: asset.url for name, asset in self.assets.items()},
            "sheet": {name: Markup(sheet.text) for name, sheet in _sheets().items()},  # noqa: S704 - ours
            "base_url": base_url,
            "ledger_name": ledger_name,
        }

    def render(self, template: str, **facts: object) -> str:
        return self._templates.get_template(template).render(**self._facts, **facts)

    def sentence(self, status: int, title: str, sentence: str) -> web.Response:
        """A page that says one thing."""
        return page_of(status, self.render("sentence.html", status=status, title=title, sentence=sentence))


def page_of(status: int, html: str) -> web.Response:
    headers = {_POLICY: _policy()}
    return web.Response(status=status, text=html, content_type="text/html", headers=headers)


@cache
def _sheets() -> Mapping[str, Sheet]:
    return read_sheets()


@cache
def _policy() -> str:
    """That of all answers, and our own style sheets, by what is in them."""
    return f"{HEADERS[_POLICY]}; style-src {' '.join(sheet.source for sheet in _sheets().values())}"


def put(response: web.Response, place: str, shown: str) -> None:
    """*shown* where the page has *place*, a comment of its template. In bytes: a page may have many."""
    assert isinstance(response.body, bytes)
    response.body = response.body.replace(place.encode(), shown.encode())


def template_environment() -> jinja2.Environment:
    """Templates are compiled when a page first wants them: all of them take 0.2 s, and the first page is
    waited for."""
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(read_templates()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {
        "report_path": REPORT_PATH,
        "payback_path": PAYBACK_PATH,
        "calls_path": CALLS_PATH,
        "share_bar": share_bar,
        "parts": parts,
        "sums": sums,
        "here": "",
    }
    for source, names in ((filters, _FILTERS), (figures, _FIGURES), (manner, _MANNER)):
        environment.filters |= {name: getattr(source, name) for name in names}
    return environment
