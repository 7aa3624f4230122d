"""A dialect that is spoken over WebSocket: upstream's text messages tell of many calls."""

from dataclasses import dataclass
from typing import Protocol

from proxy.dialects.dialect import Dialect
from proxy.dialects.reading import LONGEST_NAME, Item, Reading

MOST_BEGUN = 1000
"""Responses at a time that have begun and not ended. Those of one connection are a few."""
UNTOLD = "the connection ended before the usage was told"


class SessionReader(Protocol):
    def __call__(self, message: bytes) -> Reading | None:
        """Its items are the calls that *message* reports."""
        ...

    def unfinished(self) -> tuple[Item, ...]:
        """The session has ended: the calls that had begun, and whose usage nobody will tell."""
        ...


class OpenSession(Protocol):
    def __call__(self) -> SessionReader: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDialect(Dialect):
    reader: OpenSession


class Begun:
    """The responses of a session that are under way, by their ids."""

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._models: dict[str, str | None] = {}

    def begin(self, response_id: object, model: str | None) -> None:
        if isinstance(response_id, str) and len(self._models) < MOST_BEGUN:
            self._models[response_id[:LONGEST_NAME]] = model

    def end(self, response_id: object) -> None:
        if isinstance(response_id, str):
            self._models.pop(response_id[:LONGEST_NAME], None)

    def unfinished(self) -> tuple[Item, ...]:
        readings = [Reading(model=model, problem=UNTOLD) for model in self._models.values()]
        return tuple(Item(operation=self._operation, reading=reading) for reading in readings)
