"""Which upstream a call goes to: by first path segment, model's pattern, dialect, or the default."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote, unquote

import msgspec
from yarl import URL

from proxy.credential import without_key
from proxy.dialects import Dialect, dialect_of
from proxy.headers import NO_KEY
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
    spoken: str = ""
    """The path as most servers read it: without its percent-encoding, and with single slashes."""


class NoRoute(msgspec.Struct, frozen=True):
    reason: str


class Router:
    """Built once from the configuration; pure."""

    def __init__(self, upstreams: Sequence[Upstream], default: str) -> None:
        self._by_name = {upstream.name: upstream for upstream in upstreams}
        self._with_patterns = [upstream for upstream in upstreams if upstream.models]
        self._default = self._by_name[default]
        self._failovers = {
            upstream.name: _without_clients_key(self._by_name[upstream.failover])
            for upstream in upstreams
            if upstream.failover is not None
        }
        self._known_target_of = lru_cache(maxsize=REMEMBERED_PATHS)(self._target_of)
        self._known_url_of = lru_cache(maxsize=REMEMBERED_PATHS)(url_of)

    def target_of(self, method: str, raw_path: str) -> Target | NoRoute:
        """Raw path and query as they stand in the request line."""
        find = self._known_target_of if len(raw_path) <= LONGEST_REMEMBERED else self._target_of
        return find(method, raw_path)

    def url_of(self, upstream: Upstream, raw_path: str) -> URL:
        """Where *upstream* answers a target's raw path."""
        return (self._known_url_of if len(raw_path) <= LONGEST_REMEMBERED else url_of)(upstream, raw_path)

    def named(self, name: str) -> Upstream | None:
        return self._by_name.get(name)

    def failover_of(self, upstream: Upstream) -> Upstream | None:
        """Never one that would be sent a client's key: that was meant for *upstream*."""
        return self._failovers.get(upstream.name)

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
        if "#" in raw_path:
            return NoRoute("a request target has no fragment; write %23 for a # that is meant")
        segment, slash, rest = raw_path[1:].partition("/")
        upstream = self._by_name.get(segment) if slash and not raw_path.startswith(_AZURE) else None
        own_path = f"/{rest}" if upstream else raw_path
        path = own_path.partition("?")[0]
        if _climbs(path):
            return NoRoute("the path has a segment of dots; write the path that is meant")
        spoken = _as_read(path)
        fallback = self._by_name.get(_family_of(path) or _family_of(spoken), self._default)
        if len(path) > LONGEST_SPOKEN:
            return Target(own_path, path, upstream, fallback, None, None, spoken=spoken)
        dialect, model = _dialect_at(method, path, spoken)
        scope = (dialect.scope_of(path) or dialect.scope_of(spoken)) if dialect else None
        return Target(own_path, path, upstream, fallback, dialect, model, scope, spoken)


def _without_clients_key(upstream: Upstream) -> Upstream:
    return upstream if upstream.credential is not None else replace(upstream, credential=NO_KEY)


def url_of(upstream: Upstream, raw_path: str) -> URL:
    """*raw_path* is sent as it is, but for a key in it that a configured one takes the place of.

    It starts with a slash, so it cannot change scheme, host or port."""
    if upstream.credential is not None:
        raw_path = without_key(raw_path)
    url = URL(f"{upstream.root}{raw_path}", encoded=True)
    if raw_path.find("?") != len(raw_path) - 1:
        return url
    # To yarl an empty query is none; as the end of a path it stays.
    return url.with_path(f"{url.raw_path}?", encoded=True)


def _as_read(path: str) -> str:
    """
    >>> _as_read("/v1//chat%2Fcompletions"), _as_read("/v1/%2563hat")
    ('/v1/chat/completions', '/v1/%63hat')
    """
    if "%" not in path and "//" not in path:
        return path
    return re.sub("//+", "/", unquote(path))


def _dialect_at(method: str, path: str, spoken: str) -> tuple[Dialect | None, str | None]:
    """Also where the path is spelt in a way that some servers take for a plain one: a call that upstream
    answers is metered, however it is written. The model stays as encoded as it stands in *path*."""
    as_written, model = dialect_of(method, path)
    if spoken == path and (as_written is not None or path.islower()):
        return as_written, model
    as_read, model_read = dialect_of(method, spoken, in_any_case=True)
    return as_read or as_written, model or (quote(model_read, safe=":") if model_read else None)


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
