import re
from base64 import b64encode
from hashlib import sha256

from web.assets import STATIC_PATH, read_assets, read_sheets, read_templates

ELSEWHERE = re.compile(r"(?:https?:)?//(?:[\w-]+\.)+\w")
SHEET = re.compile(r"<style>\{\{ sheet\['\w+\.css'\] \}\}</style>")
"""The one way in which a style stands in a page: all of one of our own sheets."""
INLINE = re.compile(r"<style|</style|\sstyle=|\son\w+=|<script>|javascript:|@import|url\(")
SVG_NAMESPACE = "http://www.w3.org/2000/svg"
"""A name, not an address: no browser goes there."""


def test_an_address_changes_with_the_content_it_stands_for() -> None:
    for name, asset in read_assets().items():
        stem, _, kind = name.rpartition(".")
        assert re.fullmatch(rf"{STATIC_PATH}{stem}\.[0-9a-f]{{12}}\.{kind}", asset.url)
        assert asset.body


def test_nothing_in_the_pages_comes_from_elsewhere_or_stands_inline() -> None:
    texts = {name: SHEET.sub("", text) for name, text in read_templates().items()}
    texts |= {name: asset.body.decode() for name, asset in read_assets().items()}
    texts |= {name: sheet.text for name, sheet in read_sheets().items()}
    assert {"base.html", "report.css", "tail.js"} <= set(texts)
    for name, text in texts.items():
        assert not ELSEWHERE.search(text.replace(SVG_NAMESPACE, "")), name
        assert not INLINE.search(text), name


def test_a_sheet_is_known_by_the_bytes_that_a_page_has_of_it() -> None:
    """A browser reads lines that end in CR LF as ending in LF, and NUL as something else: there are none."""
    sheets = read_sheets()
    assert "report.css" in sheets
    for name, sheet in sheets.items():
        digest = b64encode(sha256(sheet.text.encode()).digest()).decode()
        assert sheet.source == f"'sha256-{digest}'", name
        assert not set(sheet.text) & set("\r\x00\ufeff"), name


def test_the_package_holds_an_icon_and_scripts_that_stay_small() -> None:
    assets = read_assets()
    assert {name.rpartition(".")[2] for name in assets} == {"js", "svg"}
    scripts = [len(asset.body) for name, asset in assets.items() if name.endswith(".js")]
    assert sum(scripts) <= 30_000
