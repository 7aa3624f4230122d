"""An upstream: where calls may go. Fixed by configuration; nothing in a request can change it."""

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from yarl import URL


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    name: str
    root: URL
    """Scheme, host, port and path prefix; a final /v1 of the provider's address is taken off."""
    models: tuple[str, ...] = ()
    """Patterns of request models that go here."""
    provider: str | None = None
    """Whose prices apply."""
    self_hosted: bool = False
    credential: tuple[str, str] | None = field(default=None, repr=False)
    """Header name and value that are put in place of the client's own; None: the client's pass through;
    proxy.headers.NO_KEY: the client's are taken out."""
    asks_for_usage: bool = True
    """Whether stream_options.include_usage may be asked for on a client's behalf."""
    failover: str | None = None
    """The upstream that is asked where this one cannot be reached, or says that it is not available."""

    def takes(self, model: str) -> bool:
        return any(fnmatchcase(model, pattern) for pattern in self.models)


def root_of(base_url: str) -> URL:
    """The address without its final /v1 and slash.

    >>> root_of("https://api.openai.com/v1/")
    URL('https://api.openai.com')
    >>> root_of("http://127.0.0.1:8080")
    URL('http://127.0.0.1:8080')
    """
    return URL(re.sub(r"(/v1)?/*$", "", base_url), encoded=True)
