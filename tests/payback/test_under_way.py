"""What the end of payback waits for, and for how long."""

import asyncio
from time import monotonic

from payback.under_way import UnderWay


async def test_calls_that_end_by_themselves_are_let_end() -> None:
    calls, ended = UnderWay(), []

    async def call(seconds: float) -> None:
        calls.join()
        await asyncio.sleep(seconds)
        ended.append(calls.is_cutting)

    async with asyncio.TaskGroup() as group:
        group.create_task(call(0.02))
        group.create_task(call(0.05))
        await asyncio.sleep(0.01)
        await calls.end(within_s=10)
        assert ended == [False, False]


async def test_a_call_that_goes_on_is_cut_and_its_own_ending_is_waited_for() -> None:
    """The row of a call that is cut is written while it is being cancelled."""
    calls, ended = UnderWay(), []

    async def call() -> None:
        calls.join()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.append(calls.is_cutting)

    task = asyncio.ensure_future(call())
    await asyncio.sleep(0)
    await calls.end(within_s=0)
    assert ended == [True]
    assert task.cancelled()


async def test_who_is_in_a_hurry_waits_no_longer() -> None:
    calls = UnderWay()

    async def call() -> None:
        calls.join()
        await asyncio.sleep(60)

    task = asyncio.ensure_future(call())
    await asyncio.sleep(0)
    start = monotonic()
    asyncio.get_running_loop().call_later(0.02, calls.hurry)
    await calls.end(within_s=60)
    assert monotonic() - start < 5
    assert task.cancelled()


async def test_where_nothing_is_under_way_nothing_is_waited_for() -> None:
    calls = UnderWay()
    assert not calls.is_stopping
    await calls.end(within_s=60)
    assert calls.is_stopping


async def test_work_that_came_at_the_last_moment_notices_that_it_is_cut() -> None:
    """A task that is cancelled before its first step runs none of its lines, and no row would be ended."""
    calls, begun, noticed = UnderWay(), 0, []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            noticed.append(calls.is_cutting)

    ending = asyncio.ensure_future(calls.end(within_s=0.01))
    while not calls.is_cutting:
        calls.afterwards(work())
        begun += 1
        await asyncio.sleep(0)
    await ending
    assert noticed == [True] * begun
