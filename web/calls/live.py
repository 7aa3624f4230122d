"""Who listens for new calls; one look at the ledger each second for all of them, while there is one."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ledger.call import Entry
from ledger.errors import LedgerError
from ledger.period import us_at
from ledger.store import Reader
from web.calls.watch import Watch
from web.manner import Manner, held, reading_as
from web.reading import Reading

log = logging.getLogger(__name__)

MOST_LISTENERS = 16
EVERY_S = 1.0
_WAITING = 8
"""Looks that a listener may be behind; one that is slower is sent away, and comes back by itself."""


@dataclass(frozen=True, slots=True)
class Change:
    """A call that began or went on, and its line of the list, for those who listened when it was read."""

    entry: Entry
    htmls: Mapping[Manner, str]
    line: Callable[[Entry], str]

    @property
    def html(self) -> str:
        """For who listens; who came meanwhile has it made now."""
        return self.htmls.get(held()) or self.line(self.entry)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no news."""

    sentence: str


class TooManyListeners(Exception):
    pass


News = tuple[Change, ...] | Trouble | None
"""None: the end."""
Listener = asyncio.Queue[News]


class Live:
    def __init__(
        self,
        reading: Reading,
        now: Callable[[], datetime],
        line: Callable[[Entry], str],
        every_s: float = EVERY_S,
    ) -> None:
        """*line* renders a call, in a thread."""
        self._reading, self._now, self._line, self._every_s = reading, now, line, every_s
        self._listeners: dict[Listener, Manner] = {}
        self._looking: asyncio.Task[None] | None = None
        self._is_over = False

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Raises TooManyListeners."""
        if self._is_over or len(self._listeners) >= MOST_LISTENERS:
            raise TooManyListeners
        listener = Listener(_WAITING)
        self._listeners[listener] = held()
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look_again_and_again(), name="tail")
        try:
            yield listener
        finally:
            self._listeners.pop(listener, None)
            if not self._listeners and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    def end(self) -> None:
        """Send everybody away; nobody may come back."""
        self._is_over = True
        for listener in self._listeners:
            _send_away(listener)

    async def _look_again_and_again(self) -> None:
        watch = Watch()
        while True:
            try:
                news: News = await self._reading.answer(partial(self._look, watch))
            except Exception as error:  # noqa: BLE001  # who listens is told, and the next look may go well
                watch, news = Watch(), Trouble(_sentence_of(error))
            for listener in self._listeners if news else ():
                _tell(listener, news)
            await asyncio.sleep(self._every_s)

    def _look(self, watch: Watch, reader: Reader) -> tuple[Change, ...]:
        manners = frozenset(self._listeners.values())
        return tuple(self.change_of(entry, manners) for entry in watch.look(reader, us_at(self._now())))

    def change_of(self, entry: Entry, manners: Iterable[Manner]) -> Change:
        return Change(entry, {manner: self._line_for(manner, entry) for manner in manners}, self._line)

    def _line_for(self, manner: Manner, entry: Entry) -> str:
        with reading_as(manner):
            return self._line(entry)


def _tell(listener: Listener, news: News) -> None:
    if listener.full():
        _send_away(listener)
    else:
        listener.put_nowait(news)


def _send_away(listener: Listener) -> None:
    while not listener.empty():
        listener.get_nowait()
    listener.put_nowait(None)


def _sentence_of(error: Exception) -> str:
    if isinstance(error, LedgerError):
        return str(error)
    if isinstance(error, TimeoutError):
        return "The ledger does not answer in time."
    log.error("new calls could not be read", exc_info=error)
    return "The log of payback says why there is no news."
