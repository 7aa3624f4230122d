"""Keys for clients, as payback keys writes them, beside the ledger of a running payback."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from payback.issued_key import IssuedKey, hash_of
from payback.key_file import read_keys, write_keys
from proxy.client_key import PUBLIC_CHARACTERS, digest_of

MADE = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG_AGO = datetime(2026, 11, 22, 13, tzinfo=UTC)
KEPT_BY_PAYBACK = "sk-of-the-provider"
"""The upstream's key, which payback puts in the place of its clients'."""


def token_of(name: str) -> str:
    """Always the same for a name, and easy to look for."""
    return f"pb-{name:_<43}"


def issued(name: str, **more: Any) -> IssuedKey:
    token = token_of(name)
    told = {
        "name": name,
        "prefix": token[:PUBLIC_CHARACTERS],
        "hash": hash_of(digest_of(token)),
        "made": MADE,
    }
    return IssuedKey.model_validate({**told, **more})


def issue(folder: Path, *names: str, **more: Any) -> None:
    """For the payback whose ledger is in *folder*: keys beside those that it has."""
    file = folder / "payback.db.keys"
    known = read_keys(file) if file.exists() else ()
    kept = [key for key in known if key.name not in names]
    write_keys(file, [*kept, *(issued(name, **more) for name in names)])


def revoke(folder: Path, name: str) -> None:
    file = folder / "payback.db.keys"
    write_keys(file, [key.revoked_at(MADE) if key.name == name else key for key in read_keys(file)])


def bearer(name: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token_of(name)}")
