"""Who a request's body names: OpenAI's user, safety_identifier and metadata, Anthropic's metadata.user_id.

OpenAI: https://platform.openai.com/docs/api-reference/chat/create; Anthropic:
https://docs.anthropic.com/en/api/messages, both read 2026-11-22. Claude Code's user_id is JSON text since
2.1.78 and was user_<hash>_account_<uuid>_session_<uuid> before, the account often empty: seen on the wire."""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from proxy.bounds import bounded, text_of
from proxy.tags import Tag, json_object, tags_in_table

LONGEST_JSON = 4096
"""Characters; Claude Code's have about 200."""
_PERSON = "user_id"
_BEFORE_JSON = re.compile(r"user_(?P<device>[^_]+)_account_(?P<account>[^_]*)_session_(?P<session>.+)")


class BodyNames(msgspec.Struct, frozen=True):
    """Members of a request's body as they were decoded, of any type."""

    user: object = None
    safety_identifier: object = None
    metadata: object = None


NO_NAMES = BodyNames()


def fields_of(names: BodyNames) -> Mapping[str, str]:
    """User and session, where the body names them. OpenAI's safety_identifier stands for its user."""
    found: dict[str, str] = {}
    for value in (names.safety_identifier, names.user, _table(names.metadata).get(_PERSON)):
        for field, text in _person(text_of(value)) if value is not None else ():
            if text:
                found.setdefault(field, text)
    return found


def body_tags(names: BodyNames) -> Iterator[Iterator[Tag]]:
    """One source of tags, or none."""
    if isinstance(names.metadata, dict):
        yield (tag for tag in tags_in_table(names.metadata) if tag[0] != _PERSON)


def _table(metadata: object) -> Mapping[object, object]:
    return metadata if isinstance(metadata, dict) else {}


def _person(text: str | None) -> Iterator[tuple[str, str | None]]:
    """Fields of an Attribution. The account rather than the device: one person has several.

    >>> dict(_person("user_5dd0_account__session_d2e7"))
    {'user': '5dd0', 'session': 'd2e7'}
    """
    told = _claude_code(text or "")
    if told is None:
        yield "user", bounded(text)
    else:
        account, device, session = told
        yield "user", account or device
        yield "session", session


def _claude_code(text: str) -> Sequence[str | None] | None:
    """Account, device and session; None: the text is not of that kind."""
    if len(text) > LONGEST_JSON:
        return None
    if text.startswith("{"):
        table = json_object(text)
        told = [bounded(text_of(table.get(name))) for name in ("account_uuid", "device_id", "session_id")]
        return told if any(told) else None
    parts = _BEFORE_JSON.fullmatch(text)
    return [bounded(parts[name]) for name in ("account", "device", "session")] if parts else None
