"""Requests that can be read, but that two readers may read differently. They are refused before all else.

Sources: https://www.rfc-editor.org/rfc/rfc9112 sections 2.3, 3.2, 6.1 and 6.3, read 2026-11-22."""

import re

from aiohttp import HttpVersion, HttpVersion10, HttpVersion11
from multidict import CIMultiDictProxy

from proxy.refusal import Refusal

_HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")


def doubt_about(headers: CIMultiDictProxy[str], version: HttpVersion) -> Refusal | None:
    """Why a request is not to be answered as what it seems to be; aiohttp's parser has let it in."""
    if version != HttpVersion11 and version != HttpVersion10:
        return Refusal(505, "http_version", "HTTP/1.1 and HTTP/1.0 are spoken here, no other version")
    coding = headers.get("Transfer-Encoding")
    if coding is not None and version == HttpVersion10:
        return Refusal(400, "bad_framing", "HTTP/1.0 knows no Transfer-Encoding; send a Content-Length")
    if coding is not None and coding.lower() != "chunked":
        return Refusal(501, "bad_framing", "no other Transfer-Encoding than chunked is read here")
    if not _HOST.fullmatch(headers.get("Host", "")):
        return Refusal(400, "bad_host", "the Host header is not a host name or address")
    return None
