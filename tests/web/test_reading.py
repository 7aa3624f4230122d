"""Pages that are read in threads: what happens to the loop, to errors, to what is not finished."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from ledger.errors import LedgerError
from ledger.period import month_of, us_of
from ledger.sqlite.reader import SqliteReader
from ledger.store import GroupBy, Reader
from tests.web.sample import NOW, entry_at, write_ledger
from tests.web.server import settings_for
from web.reading import READING_THREADS, Reading
from web.rendering import Renderer

MONTH = month_of(NOW.date())


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "payback.db", [entry_at(us_of(NOW.date()), 1)])


@asynccontextmanager
async def reading(ledger: Path, **settings: object) -> AsyncIterator[Reading]:
    """As an application has it, from its start to its end."""
    made = Reading(settings_for(ledger, **settings), Renderer("http://127.0.0.1:8300/v1", ledger.name))
    lifetime = made.threads(web.Application())
    await anext(lifetime)
    try:
        yield made
    finally:
        with pytest.raises(StopAsyncIteration):
            await anext(lifetime)


def calls_of(reader: Reader) -> int:
    return reader.report(MONTH, GroupBy.DAY).total.calls


async def test_an_answer_comes_from_another_thread_and_the_loop_goes_on(ledger: Path) -> None:
    turns = 0

    def ask(reader: Reader) -> tuple[int, int]:
        time.sleep(0.1)
        return calls_of(reader), threading.get_ident()

    async with reading(ledger) as found:
        asked = asyncio.ensure_future(found.answer(ask))
        while not asked.done():
            turns += 1
            await asyncio.sleep(0.005)
    calls, thread = asked.result()
    assert (calls, thread != threading.get_ident(), turns > 5) == (1, True, True)


async def test_all_questions_of_one_answer_see_one_moment(ledger: Path) -> None:
    """A call that is written between two questions is in neither of their answers."""

    def ask(reader: Reader) -> tuple[int, int]:
        before = calls_of(reader)
        write_ledger(ledger, [entry_at(us_of(NOW.date()) + 5, 5)])
        return before, calls_of(reader)

    async with reading(ledger) as found:
        assert await found.answer(ask) == (1, 1)
        assert await found.answer(calls_of) == 2


async def test_no_more_threads_read_at_once_than_leave_the_calls_in_peace(ledger: Path) -> None:
    at_once: list[int] = []
    inside, lock = 0, threading.Lock()

    def ask(_: Reader) -> None:
        nonlocal inside
        with lock:
            inside += 1
            at_once.append(inside)
        time.sleep(0.02)
        with lock:
            inside -= 1

    async with reading(ledger) as found:
        await asyncio.gather(*(found.answer(ask) for _ in range(6)))
    assert max(at_once) == READING_THREADS


def _failing(error: Exception) -> Callable[[Reader], str]:
    def make(_: Reader) -> str:
        raise error

    return make


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (LedgerError("the disk is gone; mount it again"), 503, "the disk is gone; mount it again"),
        (RuntimeError("a secret of the machine"), 500, "The log of payback says why."),
    ],
)
async def test_an_error_is_a_page_that_says_what_helps_and_no_more(
    ledger: Path, error: Exception, status: int, words: str
) -> None:
    async with reading(ledger) as found:
        response = await found.page(_failing(error))
    assert response.status == status
    assert words in (response.text or "")
    assert "secret" not in (response.text or "")


async def test_what_takes_too_long_is_a_page_in_time(ledger: Path) -> None:
    def make(_: Reader) -> str:
        time.sleep(0.5)
        return "too late"

    async with reading(ledger, answer_within_s=0.05) as found:
        started = time.monotonic()
        response = await found.page(make)
        assert time.monotonic() - started < 0.4
    assert (response.status, "within 0.05 s" in (response.text or "")) == (503, True)


async def test_a_reader_is_closed_after_an_error_too(ledger: Path) -> None:
    opened: list[SqliteReader] = []

    def open_reader() -> Reader:
        opened.append(SqliteReader(ledger))
        return opened[-1]

    async with reading(ledger, open_reader=open_reader) as found:
        await found.page(_failing(LedgerError("x")))
    with pytest.raises(LedgerError, match="closed"):
        opened[0].last_calls(1)
