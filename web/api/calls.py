"""What the two addresses on calls ask: the filter is that of the calls page, under its names. Pure."""

from collections.abc import Iterable

from ledger.as_json import Json
from ledger.asking import MOST_AT_ONCE
from ledger.ids import read_call_id
from ledger.store import Reader
from web.api.params import BadParameter, read_pairs, shown, whole_in
from web.api.questions import Question
from web.api.shapes import call_as_json, calls_as_json
from web.calls.query import FIELDS, BadFilter, read_query
from web.calls.words import EXCEPT, SEVERAL

CALLS = (*FIELDS, "before", "after", "limit")
LIMIT = 50
AN_ID = "018bcfe5-6800-7800-8000-000000000000"


class NotThere(LookupError):
    """One sentence."""


def calls_asked(pairs: Iterable[tuple[str, str]]) -> Question:
    """Raises BadParameter."""
    params = read_pairs(pairs, CALLS, (*SEVERAL, *EXCEPT))
    limit = whole_in(dict(params), "limit", 1, MOST_AT_ONCE, LIMIT)
    try:
        asked = read_query(pair for pair in params if pair[0] != "limit")
    except BadFilter as error:
        raise BadParameter(str(error)) from None

    def ask(reader: Reader) -> Json:
        page = reader.calls_page(asked.which, before=asked.before, after=asked.after, limit=limit)
        return calls_as_json(page, reader.sums_of(asked.which))

    return ask


def call_asked(text: str) -> Question:
    """Raises BadParameter. What the question raises where there is no such call is NotThere."""
    call_id = read_call_id(text)
    if call_id is None:
        raise BadParameter(f"{shown(text)} is no id of a call; ids are like {AN_ID}")

    def ask(reader: Reader) -> Json:
        entry = reader.call(call_id)
        if entry is None:
            raise NotThere(f"there is no call {text} in the ledger; it may have been pruned")
        return call_as_json(entry, reader.attempts(entry.call.logical_call_id))

    return ask
