"""The file of the keys that payback has given to clients: read, and written as a whole.

It stands beside the ledger, not in it: a running payback must see at once that a key was revoked, and a look
at a file's date tells it that, for every call. docs/design.md says more."""

import fcntl
import os
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from ledger.lock import make_private_folder
from payback.complaints import sentence_of
from payback.errors import SettingsError
from payback.issued_key import IssuedKey, IssuedKeys
from payback.settings import Settings
from payback.toml_text import NO_TOML, toml_of
from payback.whole_file import whole_file

LARGEST_BYTES = 4 << 20
"""Some 20,000 keys. Calls wait while a change of the file is read, for as many about a second."""
_INTRODUCTION = (
    "# Written by payback keys; a running payback follows it at once. Hashes of keys, not the keys.\n"
)


def key_file(settings: Settings, ledger: Path) -> Path:
    """The configuration's, or the one beside *ledger*."""
    keys = settings.proxy.keys
    return keys.expanduser() if keys else ledger.with_name(f"{ledger.name}.keys")


def read_keys(path: Path) -> tuple[IssuedKey, ...]:
    """Raises FileNotFoundError, and SettingsError where the file is anything but what write_keys leaves."""
    with _opened(path) as file:
        return keys_in(file.read(LARGEST_BYTES + 1), path)


def keys_in(content: bytes, path: Path) -> tuple[IssuedKey, ...]:
    """*path* is for messages. Raises SettingsError."""
    if len(content) > LARGEST_BYTES:
        raise SettingsError(f"{path} has more than {LARGEST_BYTES >> 20} MiB; take old keys out")
    if not content.strip():
        raise SettingsError(f"{path} is empty; put a copy of it back, or take it away and make new keys")
    try:
        return IssuedKeys.model_validate(tomllib.loads(content.decode("utf-8"))).key
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not text in UTF-8; put a copy of it back") from None
    except ValidationError as error:
        raise SettingsError(f"{path}: {sentence_of(error, IssuedKeys)}") from None
    except NO_TOML:
        raise SettingsError(f"{path} is not TOML; put a copy of it back, or mend it") from None


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise
    except NotADirectoryError as error:
        raise FileNotFoundError(error.errno, error.strerror, str(path)) from error
    except OSError as error:
        raise SettingsError(
            f"cannot read {path}: {error.strerror}; it must belong to the user that runs payback"
        ) from error


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Two that change the file at once would lose one of their keys."""
    make_private_folder(path.parent)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def write_keys(path: Path, keys: Sequence[IssuedKey]) -> None:
    """Whole or not at all; its owner's alone, who is the owner of the folder. Raises OSError."""
    text = _INTRODUCTION + "".join(map(_block, keys))
    with whole_file(path) as file:
        os.fchmod(file.fileno(), 0o600)
        owner = path.parent.stat()
        if os.geteuid() == 0 and owner.st_uid != 0:  # root works for a service that has a user of its own
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        file.write(text.encode("utf-8"))


def _block(key: IssuedKey) -> str:
    told = {name: value for name, value in key if value not in (None, ())}
    lines = "".join(f"{name} = {toml_of(value)}\n" for name, value in told.items())
    return f"\n[[key]]\n{lines}"
