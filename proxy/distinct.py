"""A bound on how many names one ledger learns: clients choose them, and each is kept for good."""

import logging
from collections.abc import Iterable
from typing import Literal, get_args

log = logging.getLogger(__name__)

Dimension = Literal[
    "workload", "project", "user", "key", "client", "model", "answering model", "request", "service tier"
]
MOST_NAMES = 10_000
OTHER = "other"
"""What a name becomes that there is no more room for."""


class DistinctNames:
    """The names that were seen, for each dimension the first *most*. A name once admitted stays.

    A ledger's names are recalled at a start, so that those known yesterday are not OTHER today, and so that
    a restart makes no room for as many again."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._most = most
        self._seen: dict[Dimension, set[str]] = {dimension: {OTHER} for dimension in get_args(Dimension)}
        self._room = dict.fromkeys(self._seen, most)
        self._told: set[Dimension] = set()

    def admit(self, dimension: Dimension, names: Iterable[str]) -> None:
        """Names of the configuration: they take no room."""
        self._seen[dimension].update(names)

    def recall(self, dimension: Dimension, names: Iterable[str]) -> None:
        """Names that the ledger has learned before, the latest first: they take room while there is some."""
        for name in names:
            if self._room[dimension]:
                self.of(dimension, name)

    def of(self, dimension: Dimension, name: str | None) -> str | None:
        """*name*, or OTHER."""
        seen = self._seen[dimension]
        if name is None or name in seen:
            return name
        if not self._room[dimension]:
            return self._refused(dimension)
        self._room[dimension] -= 1
        seen.add(name)
        return name

    def _refused(self, dimension: Dimension) -> str:
        if dimension not in self._told:
            self._told.add(dimension)
            log.warning(
                "%d names of the kind %s have come, as many as are kept apart; new ones are written as %s",
                self._most,
                dimension,
                OTHER,
            )
        return OTHER
