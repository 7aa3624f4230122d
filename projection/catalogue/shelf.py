"""Specs by name. People write RTX-4090, rtx4090 and "RTX 4090" for one thing."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Generic, Protocol, TypeVar

_LEFT_OUT = re.compile(r"[^a-z0-9.]+")


class NotListed(ValueError, LookupError):
    """A name that the catalogue does not have; the text offers the nearest one."""


class Named(Protocol):
    @property
    def name(self) -> str: ...


NamedT = TypeVar("NamedT", bound=Named)


class Shelf(Generic[NamedT]):
    """Specs of one kind; *kind* is what they are called in a sentence."""

    def __init__(self, kind: str, specs: Iterable[NamedT]) -> None:
        self._kind = kind
        self._specs = {folded(spec.name): spec for spec in specs}

    def __getitem__(self, name: str) -> NamedT:
        try:
            return self._specs[folded(name)]
        except KeyError:
            raise NotListed(f"no {self._kind} {name}; nearest: {nearest(name, list(self))}") from None

    def __contains__(self, name: str) -> bool:
        return folded(name) in self._specs

    def __iter__(self) -> Iterator[str]:
        return (spec.name for spec in self._specs.values())

    def __len__(self) -> int:
        return len(self._specs)

    def specs(self) -> tuple[NamedT, ...]:
        return tuple(self._specs.values())


def folded(name: str) -> str:
    """What is left of *name* where only letters, digits and dots count.

    >>> folded("Llama-3.1 8B") == folded("llama 3.1-8b")
    True
    """
    return _LEFT_OUT.sub("", name.casefold())


def nearest(name: str, known: Iterable[str]) -> str:
    """The one of *known* that is most like *name*, however little that is."""
    by_fold = {folded(each): each for each in known}
    near = get_close_matches(folded(name), by_fold, n=1, cutoff=0)
    return by_fold[near[0]]
