"""The process that projects, for real: started, asked, killed, and gone when the server is."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.pricebook import PriceBook
from ledger.sqlite.store import open_store
from payback.demo import made_up_calls
from payback.desk import Desk
from payback.desk_messages import Setup
from web.projector import BadPlan, NothingToProject, ProjectionFailed, briefly

STATED = {
    "paths": 200,
    "volume": {"input_tokens_per_month": "1M", "output_tokens_per_month": "1M", "model": "gpt-4o"},
    "course": [{"model": "Llama 3.1 8B", "hardware": "RTX 4090"}],
}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    ledger = tmp_path / "payback.db"
    open_store(ledger).close()
    desk = Desk(Setup(ledger=ledger, book=PriceBook()))
    yield desk
    await desk.close()


def pid_of(desk: Desk) -> int:
    assert desk._process is not None
    return desk._process.pid


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_a_plan_is_answered_by_another_process(desk: Desk) -> None:
    answer = await desk.project(STATED)
    (found,) = answer["projections"]
    assert found["today"]["models"] == ["gpt-4o"]
    assert answer["from"] is None
    assert answer["smaller"] is None
    assert answer["made_up"] is False
    assert pid_of(desk) != os.getpid()


async def test_a_second_question_is_asked_of_the_same_process(desk: Desk) -> None:
    await desk.project(STATED)
    first = pid_of(desk)
    await desk.project(STATED | {"horizon_months": 12})
    assert pid_of(desk) == first


async def test_a_ledger_without_calls_is_told_as_that(desk: Desk) -> None:
    with pytest.raises(NothingToProject, match="no calls between"):
        await desk.project({})


async def test_a_wrong_plan_is_told_as_that_and_the_next_one_is_answered(desk: Desk) -> None:
    with pytest.raises(BadPlan, match="horizon_months"):
        await desk.project({"horizon_months": 0})
    assert (await desk.project(STATED))["projections"]


async def test_a_process_that_was_killed_is_one_sentence_and_the_next_question_starts_another(
    desk: Desk,
) -> None:
    await desk.project(STATED)
    os.kill(pid_of(desk), signal.SIGKILL)
    with pytest.raises(ProjectionFailed, match="broke off"):
        await desk.project(STATED)
    assert (await desk.project(STATED))["projections"]


async def test_a_question_that_nobody_waits_for_ends_the_process(desk: Desk) -> None:
    await desk.project(STATED)
    pid = pid_of(desk)
    asked = asyncio.create_task(desk.project(STATED | {"paths": 20_000, "horizon_months": 120}))
    await asyncio.sleep(0.2)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await desk.close()
    assert not is_running(pid)


async def test_nobody_asks_for_a_while_and_the_memory_is_given_back(tmp_path: Path) -> None:
    ledger = tmp_path / "payback.db"
    open_store(ledger).close()
    desk = Desk(Setup(ledger=ledger, book=PriceBook()), idle_s=0.05)
    await desk.project(STATED)
    assert desk._process is not None
    pid = desk._process.pid
    async with asyncio.timeout(10):
        while is_running(pid):
            await asyncio.sleep(0.02)
    await desk.close()


async def test_the_calls_of_the_ledger_are_projected_by_workload(tmp_path: Path) -> None:
    ledger = tmp_path / "payback.db"
    store = open_store(ledger)
    store.write(made_up_calls(datetime.now(UTC), 20, PriceBook()))
    store.close()
    desk = Desk(Setup(ledger=ledger, book=PriceBook()), is_made_up=True)
    answer = await desk.project({"paths": 200, "workload": "support-bot"})
    await desk.close()
    assert [found["workload"] for found in answer["projections"]] == ["support-bot"]
    assert answer["made_up"] is True


async def test_new_prices_hold_from_the_next_question_on(desk: Desk, tmp_path: Path) -> None:
    """They are told to a process when it starts, so another one answers; the same prices keep it."""
    await desk.project(STATED)
    first = pid_of(desk)
    desk.use(Setup(ledger=tmp_path / "payback.db", book=PriceBook()))
    assert is_running(first)
    await desk.project(STATED)
    assert pid_of(desk) != first
    second = pid_of(desk)
    await desk.project(STATED)
    assert pid_of(desk) == second


async def test_a_brief_answer_is_the_answer_without_what_it_hangs_on(tmp_path: Path) -> None:
    ledger = tmp_path / "payback.db"
    store = open_store(ledger)
    store.write(made_up_calls(datetime.now(UTC), 20, PriceBook()))
    store.close()
    desk = Desk(Setup(ledger=ledger, book=PriceBook()))
    plan = {"paths": 200, "workload": "support-bot"}
    brief, whole = await desk.project(briefly(plan)), await desk.project(plan)
    await desk.close()
    assert (brief["brief"], whole["brief"]) == (True, False)
    for left_out in ("tornado", "must_be_true"):
        assert brief["projections"][0].pop(left_out) == []
        assert whole["projections"][0].pop(left_out) != []
    (against,) = brief["projections"][0].pop("against_hosted")
    assert against in whole["projections"][0].pop("against_hosted")
    assert brief["projections"] == whole["projections"]
