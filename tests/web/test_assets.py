import re

from web.assets import STATIC_PATH, read_assets, read_templates

ELSEWHERE = re.compile(r"(?:https?:)?//(?:[\w-]+\.)+\w")
INLINE = re.compile(r"<style|\sstyle=|\son\w+=|<script>|javascript:|@import|url\(")
SVG_NAMESPACE = "http://www.w3.org/2000/svg"
"""A name, not an address: no browser goes there."""


def test_an_address_changes_with_the_content_it_stands_for() -> None:
    for name, asset in read_assets().items():
        stem, _, kind = name.rpartition(".")
        assert re.fullmatch(rf"{STATIC_PATH}{stem}\.[0-9a-f]{{12}}\.{kind}", asset.url)
        assert asset.body


def test_nothing_in_the_pages_comes_from_elsewhere_or_stands_inline() -> None:
    texts = {**read_templates(), **{name: asset.body.decode() for name, asset in read_assets().items()}}
    assert {"base.html", "report.css", "tail.js"} <= set(texts)
    for name, text in texts.items():
        assert not ELSEWHERE.search(text.replace(SVG_NAMESPACE, "")), name
        assert not INLINE.search(text), name


def test_the_package_holds_style_sheets_an_icon_and_scripts_that_stay_small() -> None:
    assets = read_assets()
    assert {name.rpartition(".")[2] for name in assets} == {"css", "js", "svg"}
    scripts = [len(asset.body) for name, asset in assets.items() if name.endswith(".js")]
    assert sum(scripts) <= 30_000
