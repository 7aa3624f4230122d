"""A call's tags, whoever gives them, in one form: name=value,name=value.

What gives no name is a tag=value. A comma within a value becomes a semicolon."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, islice, takewhile

import msgspec

from proxy.bounds import LONGEST_NAME, bounded, text_of

LONGEST_TAGS = 1000
LONGEST_TAG_NAME = 40
MOST_TAGS = 64
"""Of one source; OpenAI's metadata holds 16."""
UNNAMED = "tag"

Tag = tuple[str, str]
_IN_NAMES = str.maketrans(",=", "__")
_IN_VALUES = str.maketrans(",", ";")
_NOTHING: Mapping[object, object] = {}


def tags_in_list(text: str) -> Iterator[Tag]:
    """k=v,k=v; an entry without = has no name.

    >>> list(tags_in_list("team=search,nightly"))
    [('team', 'search'), ('tag', 'nightly')]
    """
    for entry in text.split(",", MOST_TAGS)[:MOST_TAGS]:
        name, equals, value = entry.partition("=")
        yield (name, value) if equals else (UNNAMED, entry)


def tags_in_table(table: Mapping[object, object]) -> Iterator[Tag]:
    """The members of a JSON object that have no parts themselves."""
    for key, value in islice(table.items(), MOST_TAGS):
        name, text = text_of(key), text_of(value)
        if name is not None and text is not None:
            yield name, text


def json_object(text: str) -> Mapping[object, object]:
    """The JSON object that *text* holds; an empty one where it holds something else."""
    try:
        found = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _NOTHING
    return found if isinstance(found, dict) else _NOTHING


def render_tags(sources: Iterable[Iterable[Tag]]) -> str | None:
    """All of them, each bounded, as many as fit. A name that an earlier source has given keeps its value."""
    entries: list[str] = []
    given: set[str] = set()
    for source in sources:
        tags = [tag for tag in map(_bounded, source) if tag and tag[0] not in given]
        entries += (f"{name}={value}" for name, value in tags)
        given.update(name for name, _ in tags)
    lengths = accumulate(len(entry) + 1 for entry in entries)
    fitting = takewhile(lambda length: length <= LONGEST_TAGS + 1, lengths)
    return ",".join(entries[: sum(1 for _ in fitting)]) or None


def _bounded(tag: Tag) -> Tag | None:
    name = bounded(tag[0][: 4 * LONGEST_NAME].translate(_IN_NAMES), LONGEST_TAG_NAME)
    value = bounded(tag[1][: 4 * LONGEST_NAME].translate(_IN_VALUES))
    return (name, value) if name and value else None
