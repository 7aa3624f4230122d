"""Headers that say who pays: our own, then those of other gateways and of clients, in order of preference.

Sources, read 2026-11-22: LiteLLM https://docs.litellm.ai/docs/proxy/request_headers; Helicone
https://docs.helicone.ai/helicone-headers/header-directory; Cloudflare
https://developers.cloudflare.com/ai-gateway/observability/custom-metadata; OpenRouter
https://openrouter.ai/docs/features/app-attribution; Open WebUI: open_webui/utils/headers.py. Codex CLI's and
Claude Code's were seen on the wire."""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from proxy.bounds import bounded
from proxy.tags import MOST_TAGS, Tag, json_object, tags_in_list, tags_in_table

FIELDS: Mapping[str, tuple[str, ...]] = {
    # A title names the app, and an app is what a team has a budget for; so does the host of its address.
    "workload": ("x-payback-workload", "x-openrouter-title", "x-title", "http-referer"),
    "project": ("x-payback-project", "openai-project", "openai-organization"),
    # Open WebUI sends its three together: the id goes first, so that the ledger does not learn who that is.
    "user": (
        "x-payback-user", "x-litellm-customer-id", "x-litellm-end-user-id", "helicone-user-id",
        "x-openwebui-user-id", "x-openwebui-user-email", "x-openwebui-user-name",
    ),
    # Codex CLI wrote session_id before session-id, and has several threads in a session.
    "session": (
        "x-payback-session", "helicone-session-id", "x-openwebui-chat-id", "x-claude-code-session-id",
        "session-id", "session_id", "thread-id",
    ),
    # Codex CLI's, for where there is no User-Agent.
    "client": ("originator",),
}  # fmt: skip
"""What each field of an Attribution is read from; the first header that says something counts."""
_LISTS = ("x-payback-tags", "x-litellm-tags")
_OBJECTS = ("x-litellm-spend-logs-metadata", "cf-aig-metadata")
_PROPERTY = "helicone-property-"
_FIELD_OF = {name: field for field, names in FIELDS.items() for name in names}
_PREFERENCE = {name: place for place, name in enumerate(_FIELD_OF)}
_TELLING = frozenset({*_FIELD_OF, *_LISTS, *_OBJECTS})

REMEMBERED_NAMES = 1024
LONGEST_REMEMBERED = 64
"""Characters. Clients choose names, so what is remembered of them is bounded in length as in number."""
LONGEST_ADDRESS = 2000


class _Spellings(dict[str, str]):
    """A header's name, as it was written -> in lower case; empty where it says nothing of who pays."""

    def __missing__(self, name: str) -> str:
        lower = name.lower()
        told = lower if lower in _TELLING or lower.startswith(_PROPERTY) else ""
        if len(self) < REMEMBERED_NAMES and len(name) <= LONGEST_REMEMBERED:
            self[name] = told
        return told


_spellings = _Spellings()
Said = Mapping[str, str]
_NOTHING: Said = {}


def said_in(headers: Mapping[str, str]) -> Said:
    """The headers that say who pays, by their names in lower case; of one that is repeated the first.

    Most calls have none, and every call asks: the names alone are looked at first."""
    if not any(map(_spellings.__getitem__, headers)):
        return _NOTHING
    said: dict[str, str] = {}
    for name, value in headers.items():
        lower = _spellings[name]
        if lower:
            said.setdefault(lower, value)
    return said


def fields_in(said: Said) -> dict[str, str]:
    """The fields of an Attribution that are said, bounded; not its tags."""
    found: dict[str, str] = {}
    for name in sorted(_PREFERENCE.keys() & said.keys(), key=_PREFERENCE.__getitem__):
        if _FIELD_OF[name] not in found and (text := bounded(_read(name, said[name]))):
            found[_FIELD_OF[name]] = text
    return found


def tag_sources(said: Said) -> Iterator[Iterator[Tag]]:
    """The tags of each header that has some; Helicone's, a header each, are one source."""
    for name in _LISTS:
        if name in said:
            yield tags_in_list(said[name])
    for name in _OBJECTS:
        if name in said:
            yield tags_in_table(json_object(said[name]))
    properties = [name for name in said if name.startswith(_PROPERTY)]
    if properties:
        yield ((name.removeprefix(_PROPERTY), said[name]) for name in properties[:MOST_TAGS])


def _read(name: str, text: str) -> str | None:
    if name == "http-referer":
        return _host(text[:LONGEST_ADDRESS])
    return unquote(text[:LONGEST_ADDRESS]) if name == "x-openwebui-user-name" else text


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
