"""Which upstream a call goes to: by first path segment, model's pattern, dialect, or the default."""

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec
from yarl import URL

from proxy.credential import without_key
from proxy.dialects import Dialect, dialect_of
from proxy.upstream import Upstream

REMEMBERED_PATHS = 1024
"""An application uses a few paths over and over; what is remembered of others is bounded."""
LONGEST_REMEMBERED = 256
"""Characters."""
LONGEST_SPOKEN = 4096
"""Characters. No API has a longer path, and to look for all of them in what a client makes up takes time."""

_AZURE = "/openai/deployments/"
"""Azure's own paths begin with what is the name of another upstream: they name none."""

_GOOGLE = re.compile(
    r"(?:/upload|/download)?/v1(?:beta|alpha)/"
    r"|/v1/interactions(?:/|$)"
    r"|/v1/(?:models|tunedModels)/[^/]+:(?:\w*[gG]enerateContent|\w*[eE]mbedContents?|countTokens)$"
)
"""Google AI's own versions of its API, and what is its own in v1, which others have too."""


class Target(msgspec.Struct, frozen=True):
    """What method and path alone say."""

    raw_path: str
    """As upstream is to see it: without our prefix, with the query."""
    path: str
    """The same without the query."""
    upstream: Upstream | None
    """Set where the path names one."""
    fallback: Upstream
    """Where the call goes if the model's name does not decide."""
    dialect: Dialect | None
    """None: an operation that is not metered."""
    model: str | None
    """The model that the path names."""
    scope: str | None = None
    """What the path names that holds several calls: a batch, or a file of its results."""


class NoRoute(msgspec.Struct, frozen=True):
    reason: str


class Router:
    """Built once from the configuration; pure."""

    def __init__(self, upstreams: Sequence[Upstream], default: str) -> None:
        self._by_name = {upstream.name: upstream for upstream in upstreams}
        self._with_patterns = [upstream for upstream in upstreams if upstream.models]
        self._default = self._by_name[default]
        self._known_target_of = lru_cache(maxsize=REMEMBERED_PATHS)(self._target_of)
        self._known_url_of = lru_cache(maxsize=REMEMBERED_PATHS)(url_of)

    def target_of(self, method: str, raw_path: str) -> Target | NoRoute:
        """Raw path and query as they stand in the request line."""
        find = self._known_target_of if len(raw_path) <= LONGEST_REMEMBERED else self._target_of
        return find(method, raw_path)

    def url_of(self, upstream: Upstream, raw_path: str) -> URL:
        """Where *upstream* answers a target's raw path."""
        return (self._known_url_of if len(raw_path) <= LONGEST_REMEMBERED else url_of)(upstream, raw_path)

    def upstream_of(self, target: Target, model: str | None) -> Upstream:
        if target.upstream is not None:
            return target.upstream
        for upstream in self._with_patterns if model else ():
            if upstream.takes(model or ""):
                return upstream
        return target.fallback

    def _target_of(self, method: str, raw_path: str) -> Target | NoRoute:
        if not raw_path.startswith("/"):
            return NoRoute("the request target must start with a slash; set base_url, not a proxy")
        segment, slash, rest = raw_path[1:].partition("/")
        upstream = self._by_name.get(segment) if slash and not raw_path.startswith(_AZURE) else None
        own_path = f"/{rest}" if upstream else raw_path
        path = own_path.partition("?")[0]
        if _climbs(path):
            return NoRoute("the path has a segment of dots; write the path that is meant")
        fallback = self._by_name.get(_family_of(path), self._default)
        dialect, model = dialect_of(method, path) if len(path) <= LONGEST_SPOKEN else (None, None)
        scope = dialect.scope_of(path) if dialect else None
        return Target(own_path, path, upstream, fallback, dialect, model, scope)


def url_of(upstream: Upstream, raw_path: str) -> URL:
    """*raw_path* is sent as it is, but for a key in it that a configured one takes the place of.

    It starts with a slash, so it cannot change scheme, host or port."""
    if upstream.credential is not None:
        raw_path = without_key(raw_path)
    url = URL(f"{upstream.root}{raw_path}", encoded=True)
    # To yarl an empty query is none; as the end of a path it stays.
    return url.with_path(f"{url.raw_path}?", encoded=True) if raw_path.endswith("?") else url


def _climbs(path: str) -> bool:
    """Would some server read this path as leaving the folder that a configured key is meant for?"""
    decoded = path.lower().replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\").replace("\\", "/")
    return any(segment in (".", "..") for segment in decoded.split("/"))


def _family_of(path: str) -> str:
    """The built-in upstream that speaks this path's dialect; '' for OpenAI's, which many speak."""
    if path == "/v1/messages" or path.startswith("/v1/messages/"):
        return "anthropic"
    if _GOOGLE.match(path):
        return "google"
    return "ollama" if path.startswith("/api/") else ""
