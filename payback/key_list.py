"""What payback keys list says of keys: never a key."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from ledger.asking import CallFilter
from ledger.errors import LedgerError
from ledger.period import time_of
from ledger.sqlite.reader import open_sqlite_reader
from payback.issued_key import IssuedKey
from payback.terminal import UNKNOWN, Column, clean, render_table

SEARCH_S = 0.1
"""For the last call of one key, in a ledger where the hours with its calls have millions of others."""
_TITLES = (
    "name", "key", "state", "last call", "made", "expires", "upstream", "project", "workload", "models"
)  # fmt: skip


def as_json(key: IssuedKey, now: datetime) -> dict[str, object]:
    """*key* without its hash."""
    told = key.model_dump(mode="json", exclude={"hash"})
    return {**told, "models": list(key.models), "state": state_of(key, now)}


def as_table(keys: Sequence[IssuedKey], now: datetime, last: Mapping[str, str]) -> str:
    return render_table(
        [Column(title, right=False) for title in _TITLES], [_row(key, now, last) for key in keys]
    )


def last_calls(ledger: Path, names: Iterable[str]) -> dict[str, str]:
    """When the last call of each began. Left out is what has none, or of which the ledger cannot say it."""
    try:
        with closing(open_sqlite_reader(ledger)) as reader:
            pages = {
                name: reader.calls_page(CallFilter(key=name), limit=1, search_s=SEARCH_S) for name in names
            }
    except LedgerError:
        return {}
    return {
        name: _shown(time_of(page.entries[0].call.started_us)) for name, page in pages.items() if page.entries
    }


def state_of(key: IssuedKey, now: datetime) -> str:
    if key.revoked is not None:
        return "revoked"
    return "valid" if key.holds_at(now) else "expired"


def _row(key: IssuedKey, now: datetime, last: Mapping[str, str]) -> list[str]:
    named = [key.upstream, key.project, key.workload, ", ".join(key.models)]
    return [
        clean(key.name),
        f"{clean(key.prefix)}...",
        state_of(key, now),
        last.get(key.name, UNKNOWN),
        _shown(key.made),
        UNKNOWN if key.expires is None else _shown(key.expires),
        *(clean(text) if text else UNKNOWN for text in named),
    ]


def _shown(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%MZ")
