"""What a wire format is: where it is spoken, how its answers come, and who reads them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ledger.units import Units
from proxy.dialects.reading import Reading
from proxy.estimate.shape import Shape

Read = Callable[[bytes], Reading | None]
"""Reads one JSON document: a whole answer, the data of one event, or one line. None: it is none of these.

One is made for each answer, so that what several events tell can be merged. It never raises."""


class Streams(Enum):
    """When an answer comes in pieces."""

    NEVER = "never"
    ON_REQUEST = "on request"
    """The request says stream: true."""
    UNLESS_DECLINED = "unless declined"
    """The request does not say stream: false."""
    ALWAYS = "always"


class Framing(Enum):
    """How pieces are told apart where the answer's content type does not say."""

    EVENTS = "events"
    """Server-sent events."""
    LINES = "lines"
    """One JSON document a line."""
    DOCUMENT = "document"
    """No pieces: one JSON document, however slowly it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    operation: str
    """gen_ai.operation.name."""
    path: "re.Pattern[str]"
    """Searched for in a path without its query. Its group "model", if it has one, names the model; its group
    "scope" what the keys of the calls are unique within that an answer reports."""
    reader: Callable[[], Read]
    methods: frozenset[str] = frozenset({"POST"})
    streams: Streams = Streams.NEVER
    framing: Framing = Framing.EVENTS
    marks: tuple[bytes, ...] = (b'"usage"',)
    """A piece that holds none of them tells nothing but the model's name, and is not parsed for it twice."""
    asks_for_usage: bool = False
    """Whether a stream tells its usage only if stream_options.include_usage is set."""
    shape: Shape | None = None
    """How its text is found, where tokens have to be estimated; None: they cannot be."""
    is_form: bool = False
    """Whether the request may be multipart/form-data."""
    units_asked: Callable[[Mapping[str, Any]], Units | None] | None = None
    """What the request is charged for where the answer tells nothing: from its members n and input."""
    is_billed: bool = True
    """False: no provider charges for it."""

    def scope_of(self, path: str) -> str | None:
        found = self.path.search(path)
        return found.groupdict().get("scope") if found else None


def ends_with(*endings: str) -> "re.Pattern[str]":
    """Paths that end so, under any prefix; Azure's prefix names a deployment, which stands for the model.

    >>> bool(ends_with("/embeddings").search("/v1/embeddings/"))
    True
    >>> ends_with("/embeddings").search("/openai/deployments/ours/embeddings")["model"]
    'ours'
    """
    choice = "|".join(map(re.escape, endings))
    return re.compile(rf"(?:/openai/deployments/(?P<model>[^/]+))?(?:{choice})/?$")
