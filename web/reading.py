"""Pages that are read from the ledger: in threads of the report's own, within a time, errors as pages."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from typing import TypeVar

from aiohttp import web

from ledger.errors import LedgerError
from ledger.store import Reader
from web.rendering import Renderer, page_of
from web.report_settings import ReportSettings

log = logging.getLogger(__name__)

READING_THREADS = 2
"""Pages that are made at the same time; more would take the interpreter from the calls."""
AnswerT = TypeVar("AnswerT")


class NotThere(Exception):
    """The address is one of a page, and the ledger has nothing for it: a title, and a sentence."""

    def __init__(self, title: str, sentence: str) -> None:
        super().__init__(sentence)
        self.title = title


class Reading:
    """The loop goes on serving calls meanwhile."""

    def __init__(self, settings: ReportSettings, renderer: Renderer) -> None:
        self._settings = settings
        self._renderer = renderer
        self._pool: ThreadPoolExecutor | None = None

    async def threads(self, _: web.Application) -> AsyncIterator[None]:
        """From the application's start to its end."""
        self._pool = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="report")
        yield
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def answer(self, ask: Callable[[Reader], AnswerT]) -> AnswerT:
        """What *ask* makes of the ledger, in a thread, all of it at one moment of the ledger. Raises
        LedgerError, TimeoutError."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._settings.answer_within_s):
            return await loop.run_in_executor(self._pool, copy_context().run, self._asked, ask)

    async def page(self, make: Callable[[Reader], str]) -> web.Response:
        """The page that *make* renders, or one that says why there is none; it may raise NotThere."""
        try:
            html = await self.answer(make)
        except NotThere as error:
            return self._renderer.sentence(404, error.title, str(error))
        except LedgerError as error:
            return self._renderer.sentence(503, "The ledger cannot be read", str(error))
        except TimeoutError:
            words = f"It did not answer within {self._settings.answer_within_s:g} s."
            return self._renderer.sentence(503, "The ledger is slow", words)
        except Exception as error:  # a page says so, the log says what
            log.error("the report could not be made", exc_info=error)
            words = "The log of payback says why."
            return self._renderer.sentence(500, "The report could not be made", words)
        return page_of(200, html)

    def _asked(self, ask: Callable[[Reader], AnswerT]) -> AnswerT:
        with closing(self._settings.open_reader()) as reader, reader.snapshot():
            return ask(reader)
