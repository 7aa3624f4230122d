"""Named plans as files in a folder beside the ledger: <ledger>.plans/NAME.toml, for nobody but the owner.

They are what payback project --plan takes. Names are checked before any of them becomes a path."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from payback.whole_file import whole_file
from web.plan_shelf import (
    MOST_BYTES,
    MOST_PLANS,
    NameTaken,
    NoSuchPlan,
    ShelfError,
    ShelfFull,
    checked_name,
)

_ENDING = ".toml"


class PlanFolder:
    """A web.plan_shelf.PlanShelf. The folder is made with the first plan."""

    def __init__(self, ledger: Path) -> None:
        self._saving = Lock()
        self._folder = ledger.with_name(f"{ledger.name}.plans")

    def names(self) -> Sequence[str]:
        """Of files that somebody put there too; no more than MOST_PLANS."""
        with self._told():
            try:
                found = [
                    each.name for each in os.scandir(self._folder) if each.is_file(follow_symlinks=False)
                ]
            except FileNotFoundError:
                return ()
        return sorted(name.removesuffix(_ENDING) for name in found if _is_plan(name))[:MOST_PLANS]

    def read(self, name: str) -> str:
        path = self._path(name)
        with self._told():
            try:
                with path.open("rb") as file:
                    body = file.read(MOST_BYTES + 1)
            except FileNotFoundError:
                raise NoSuchPlan(f'there is no plan "{name}"; it may have been deleted') from None
        if len(body) > MOST_BYTES:
            raise ShelfError(f"the plan {name} is longer than {MOST_BYTES} bytes")
        return body.decode("utf-8", "replace")

    def save(self, name: str, toml: str) -> None:
        path = self._path(name)
        with self._saving:  # two at once would both find the name free
            self._save(path, name, toml)

    def _save(self, path: Path, name: str, toml: str) -> None:
        names = self.names()
        if name.lower() in map(str.lower, names):  # some file systems take them for the same
            raise NameTaken(f'there is a plan "{name}" already; delete it first, or choose another name')
        if len(names) >= MOST_PLANS:
            raise ShelfFull(f"there are {MOST_PLANS} plans already; delete one first")
        with self._told():
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with whole_file(path) as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(toml.encode())

    def delete(self, name: str) -> None:
        path = self._path(name)
        with self._told():
            try:
                path.unlink()
            except FileNotFoundError:
                raise NoSuchPlan(f'there is no plan "{name}"; it may have been deleted') from None

    def _path(self, name: str) -> Path:
        return self._folder / f"{checked_name(name)}{_ENDING}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ShelfError(
                f"the folder of plans {self._folder} cannot be used: {error.strerror}"
            ) from error


def _is_plan(file_name: str) -> bool:
    if not file_name.endswith(_ENDING):
        return False
    try:
        checked_name(file_name.removesuffix(_ENDING))
    except ShelfError:
        return False
    return True
