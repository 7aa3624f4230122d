"""The files that pages are made of: read once, served by name. No path of a request ever reaches the disk.

Style sheets stand in the pages themselves, so that a page is drawn as soon as it is there."""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

STATIC_PATH = "/-/static/"
_TYPES = {"svg": "image/svg+xml", "js": "text/javascript"}
_HASH_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    content_type: str
    url: str
    """Has the content's hash in it, so that browsers may keep it for good."""


@dataclass(frozen=True, slots=True)
class Sheet:
    text: str
    source: str
    """By which a page's policy knows it: of the very bytes, so that no other style is taken."""


def read_assets() -> dict[str, Asset]:
    """By their names in static/."""
    folder = files("web").joinpath("static")
    return {
        file.name: _asset_of(file.name, file.read_bytes())
        for file in folder.iterdir()
        if file.name.rpartition(".")[2] in _TYPES
    }


def read_sheets() -> dict[str, Sheet]:
    """By their names in static/."""
    folder = files("web").joinpath("static")
    found = {file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith(".css")}
    return {name: _sheet_of(found[name]) for name in sorted(found)}


def read_templates() -> dict[str, str]:
    folder = files("web").joinpath("templates")
    return {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".html")}


def _asset_of(name: str, body: bytes) -> Asset:
    stem, _, kind = name.rpartition(".")
    return Asset(body, _TYPES[kind], f"{STATIC_PATH}{stem}.{sha256(body).hexdigest()[:_HASH_DIGITS]}.{kind}")


def _sheet_of(body: bytes) -> Sheet:
    return Sheet(body.decode(), f"'sha256-{b64encode(sha256(body).digest()).decode()}'")
