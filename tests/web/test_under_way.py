import asyncio
from collections.abc import Mapping

import pytest

from web.decision.under_way import UnderWay
from web.projector import Answer, ProjectionFailed

ANSWER: Answer = {"projections": []}


class Gated:
    """Answers when it is let to."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.gate = asyncio.Event()

    async def project(self, plan: Mapping[str, object]) -> Answer:
        self.begun += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return ANSWER


async def test_an_answer_in_time_is_given_and_forgotten() -> None:
    gated = Gated()
    gated.gate.set()
    under_way = UnderWay(gated)
    assert await under_way.answer("a", {}, 1) is ANSWER
    assert await under_way.answer("a", {}, 1) is ANSWER
    assert gated.begun == 2  # calls go on: the second answer is a new one


async def test_who_asks_again_waits_for_the_same_projection() -> None:
    gated = Gated()
    under_way = UnderWay(gated)
    assert await under_way.answer("a", {}, 0.01) is None
    assert await under_way.answer("a", {}, 0.01) is None
    gated.gate.set()
    assert await under_way.answer("a", {}, 1) is ANSWER
    assert gated.begun == 1


async def test_a_browser_that_leaves_does_not_end_what_others_wait_for() -> None:
    gated = Gated()
    under_way = UnderWay(gated)
    leaving = asyncio.ensure_future(under_way.answer("a", {}, 1))
    staying = asyncio.ensure_future(under_way.answer("a", {}, 1))
    await asyncio.sleep(0.01)
    leaving.cancel()
    gated.gate.set()
    assert await staying is ANSWER
    assert (gated.begun, gated.cancelled) == (1, 0)


async def test_too_many_plans_at_once_are_refused_with_a_sentence() -> None:
    under_way = UnderWay(Gated(), most=2)
    for key in ("a", "b"):
        assert await under_way.answer(key, {}, 0.01) is None
    with pytest.raises(ProjectionFailed, match="2 other projections are being made"):
        await under_way.answer("c", {}, 0.01)
    assert await under_way.answer("a", {}, 0.01) is None
    await under_way.end()


async def test_an_answer_that_nobody_came_back_for_is_not_given_to_who_comes_late() -> None:
    gated = Gated()
    under_way = UnderWay(gated, kept_s=0.02)
    assert await under_way.answer("a", {}, 0.001) is None
    gated.gate.set()
    await asyncio.sleep(0.05)
    assert await under_way.answer("a", {}, 1) is ANSWER
    assert gated.begun == 2


async def test_at_the_end_nothing_goes_on() -> None:
    gated = Gated()
    under_way = UnderWay(gated)
    await under_way.answer("a", {}, 0.01)
    await under_way.end()
    assert gated.cancelled == 1


async def test_a_failure_that_nobody_came_back_for_is_no_warning() -> None:
    class Failing:
        async def project(self, plan: Mapping[str, object]) -> Answer:
            await asyncio.sleep(0.01)
            raise ProjectionFailed("nobody hears this")

    under_way = UnderWay(Failing(), kept_s=0.01)
    assert await under_way.answer("a", {}, 0.001) is None
    await asyncio.sleep(0.05)
    with pytest.raises(ProjectionFailed, match="nobody hears"):
        await under_way.answer("a", {}, 1)
