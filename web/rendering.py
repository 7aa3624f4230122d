"""Templates and assets -> pages. Read once at the start."""

from collections.abc import Mapping

import jinja2
from aiohttp import web

from web import figures, filters, manner
from web.addresses import CALLS_PATH, PAYBACK_PATH, REPORT_PATH
from web.assets import Asset, read_assets, read_templates
from web.charts.bars import share_bar

_FILTERS = (
    "usd", "usd_exact", "usd_told", "plain_usd", "head_of_usd", "tail_of_usd", "tokens", "of_calls",
    "counted", "share", "when", "stamp", "iso", "month_key", "duration", "shown", "full",
)  # fmt: skip
_FIGURES = ("dollars", "brief_dollars", "month", "percent", "per_mtok", "many", "plain", "tenths")
_MANNER = ("day_name", "month_name", "long_time", "sentence")


class Renderer:
    def __init__(self, base_url: str, ledger_name: str) -> None:
        self.assets: Mapping[str, Asset] = read_assets()
        self._templates = template_environment()
        self._facts = {
            "asset": {name: asset.url for name, asset in self.assets.items()},
            "base_url": base_url,
            "ledger_name": ledger_name,
        }

    def render(self, template: str, **facts: object) -> str:
        return self._templates.get_template(template).render(**self._facts, **facts)

    def sentence(self, status: int, title: str, sentence: str) -> web.Response:
        """A page that says one thing."""
        return page_of(status, self.render("sentence.html", status=status, title=title, sentence=sentence))


def page_of(status: int, html: str) -> web.Response:
    return web.Response(status=status, text=html, content_type="text/html")


def template_environment() -> jinja2.Environment:
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
        "here": "",
    }
    for source, names in ((filters, _FILTERS), (figures, _FIGURES), (manner, _MANNER)):
        environment.filters |= {name: getattr(source, name) for name in names}
    for name in environment.list_templates():
        environment.get_template(name)  # compiled now, not while somebody waits for the first page
    return environment
