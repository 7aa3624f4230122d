"""Budgets in front of real calls: who has room goes upstream, who has none does not.

CHAT_REQUEST costs 61 millionths of a USD, see bodies.COST_USD. Nothing is said of its output, so little is
kept for it: its 67 bytes count as 34 tokens of input at 1.00 USD a million."""

import asyncio
from pathlib import Path

import pytest

from tests.proxy.bodies import (
    CHAT,
    CHAT_ANSWER,
    CHAT_REQUEST,
    chat_request,
)
from tests.proxy.budgets import (
    CAREFUL,
    CAREFUL_NUSD,
    COST,
    budget,
    chat,
    error_of,
    nothing_is_kept,
    told,
    with_budgets,
)
from tests.proxy.client import call, get, post
from tests.proxy.refusals import refusals
from tests.proxy.running import eventually, running
from tests.proxy.upstream import Upstream, Visit, answer_chat
from tests.proxy.websockets import UPGRADE

WORKLOAD = ("X-Payback-Workload", "bot")


async def test_a_call_that_has_room_passes_and_costs_the_budget_what_it_costs_in_the_ledger(
    upstream: Upstream, tmp_path: Path
) -> None:
    async with running(tmp_path, with_budgets(upstream, budget("1"))) as payback:
        assert (await chat(payback)).body == CHAT_ANSWER
        assert await told(payback) == {"limit": 1, "spent": COST, "reserved": 0, "unpriced_calls": 0}
        assert (await payback.row()).list_cost == 61_000


async def test_a_spent_budget_refuses_a_call_that_upstream_never_hears_of(
    upstream: Upstream, tmp_path: Path
) -> None:
    async with running(tmp_path, with_budgets(upstream, budget("0.00007"))) as payback:
        assert (await chat(payback)).status == 200
        answer = await chat(payback, CAREFUL)
        assert (answer.status, error_of(answer)["code"]) == (429, "budget_spent")
        assert answer.head.value("x-should-retry") == b"false"
        assert answer.head.value("Retry-After") is None
        assert len(upstream.received) == 1
        assert len(payback.rows()) == 1
        assert await refusals(payback) == {"budget": 1}


async def test_a_budget_that_is_used_up_to_the_last_nano_usd_is_spent(
    upstream: Upstream, tmp_path: Path
) -> None:
    """Nothing is left, even for a call of which nothing is known to cost anything."""
    async with running(tmp_path, with_budgets(upstream, budget("0.000061"))) as payback:
        assert (await chat(payback)).status == 200
        answer = await chat(payback)
    assert answer.status == 429
    said = error_of(answer)["message"]
    assert said.startswith("payback: the budget all of 0.000061 USD a month is spent; it begins anew on ")
    assert said.endswith("-01 00:00 UTC")
    assert error_of(answer)["type"] == "insufficient_quota"


async def test_a_budget_of_nothing_lets_no_billed_call_pass_and_all_others(
    upstream: Upstream, tmp_path: Path
) -> None:
    async with running(tmp_path, with_budgets(upstream, budget("0"))) as payback:
        assert (await chat(payback)).status == 429
        assert (await call(payback.port, get("/v1/models"))).status == 200
        assert (await call(payback.port, post("/lab/v1/messages/count_tokens", b"{}"))).status == 200


async def test_a_budget_of_nothing_does_not_say_that_it_begins_anew(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path, with_budgets(upstream, budget("0"))) as payback:
        answer = await chat(payback, CAREFUL)
    assert error_of(answer)["message"] == (
        "payback: the budget all of 0.00 USD a month is spent: it lets no call pass that is billed"
    )
    assert (error_of(answer)["code"], answer.head.value("x-should-retry")) == ("budget_spent", b"false")
    assert [line for line in caplog.messages if "budget" in line] == [
        "the budget all is spent: 0.00 USD of 0.00 USD a month; it lets no call pass that is billed"
    ]


LATER = [
    "/v1/batches",
    "/lab/v1/messages/batches",
    "/v1/batch/jobs",
    "/lab/v1beta/models/small-model:batchGenerateContent",
    "/lab/v1beta/models/small-model:asyncBatchEmbedContent",
    "/v1/realtime/client_secrets",
    "/v1/realtime/sessions",
    "/v1/realtime/transcription_sessions",
    "/v1/realtime/translations/client_secrets",
    "/v1/chatkit/sessions",
]


async def test_what_is_billed_later_is_not_started_on_a_spent_budget(
    upstream: Upstream, tmp_path: Path
) -> None:
    """It costs nothing itself: with one nano-USD left it passes, price or no price."""
    upstream.script = answer_chat
    table = with_budgets(upstream, budget("0.000061001", unpriced="refuse"))
    async with running(tmp_path, table) as payback:
        assert (await chat(payback)).status == 200
        assert [(await call(payback.port, post(path, b"{}"))).status for path in LATER] == [200] * len(LATER)
        await payback.ended(1 + len(LATER))
        assert (await told(payback))["spent"] == COST


@pytest.mark.parametrize("path", LATER)
async def test_nor_is_it_with_nothing_left(path: str, upstream: Upstream, tmp_path: Path) -> None:
    async with running(tmp_path, with_budgets(upstream, budget("0.000061"))) as payback:
        assert (await chat(payback)).status == 200
        answer = await call(payback.port, post(path, b"{}"))
        assert (answer.status, len(upstream.received)) == (429, 1)
        assert b"the budget all of 0.000061 USD a month is spent; it begins anew on " in answer.body
        assert (await call(payback.port, get(path))).status == 200, "to look at them is free"
        assert (await call(payback.port, post("/v1/batches/batch_1/cancel", b"{}"))).status == 200


async def test_a_call_that_may_cost_more_than_is_left_is_told_so(upstream: Upstream, tmp_path: Path) -> None:
    """0.001042 and the 0.000061 that are spent come to 0.001103."""
    async with running(tmp_path, with_budgets(upstream, budget("0.0011", per="day"))) as payback:
        assert (await chat(payback)).status == 200
        answer = await chat(payback, CAREFUL)
        assert (answer.status, answer.head.value("x-should-retry")) == (429, b"false")
        said = error_of(answer)["message"]
        assert said.startswith(
            "payback: this call may cost 0.001042 USD, and less is left of the budget all of 0.0011 USD"
            " a day; allow it fewer tokens, or wait until "
        )
        assert (await chat(payback)).status == 200, "one that may cost less passes"


async def test_a_call_that_may_cost_more_than_the_limit_is_not_told_to_wait(
    upstream: Upstream, tmp_path: Path
) -> None:
    async with running(tmp_path, with_budgets(upstream, budget("0.001", per="day"))) as payback:
        answer = await chat(payback, CAREFUL)
    assert (answer.status, answer.head.value("x-should-retry")) == (429, b"false")
    assert error_of(answer)["message"] == (
        "payback: this call may cost 0.001042 USD, more than the whole budget all of 0.001 USD a day;"
        " allow it fewer tokens"
    )


@pytest.mark.parametrize(
    "more",
    [{"max_tokens": 100, "service_tier": "scale"}, {"max_tokens": 10**6, "n": 10**6}, {"max_tokens": 100.0}],
    ids=["a tier without a price", "a charge too large to be true", "a limit that is a whole float"],
)
async def test_room_is_looked_for_as_far_as_the_request_tells(
    more: dict[str, object], upstream: Upstream, tmp_path: Path
) -> None:
    async with running(tmp_path, with_budgets(upstream, budget("0.001"))) as payback:
        assert (await chat(payback, chat_request(**more))).status == 429
        assert upstream.received == []


async def test_of_ten_calls_at_once_with_room_for_three_exactly_three_reach_upstream(
    upstream: Upstream, tmp_path: Path
) -> None:
    goes_on = asyncio.Event()

    async def waits(visit: Visit) -> None:
        await goes_on.wait()
        await answer_chat(visit)

    upstream.script = waits
    async with running(tmp_path, with_budgets(upstream, budget("0.004"))) as payback:
        calls = [asyncio.ensure_future(chat(payback, CAREFUL)) for _ in range(10)]
        await eventually(lambda: sum(one.done() for one in calls) == 7 and len(upstream.received) == 3)
        assert (await told(payback))["reserved"] == pytest.approx(3 * CAREFUL_NUSD / 1e9)
        goes_on.set()
        answers = await asyncio.gather(*calls)
        assert sorted(answer.status for answer in answers) == [200] * 3 + [429] * 7
        refused = next(answer for answer in answers if answer.status == 429)
        assert (error_of(refused)["code"], refused.head.value("Retry-After")) == ("budget_reserved", b"1")
        assert refused.head.value("x-should-retry") is None, "it may be tried again soon"
        assert len(await payback.ended(3)) == 3
        assert (await told(payback))["spent"] == pytest.approx(3 * COST)
        await nothing_is_kept(payback)
        assert (await chat(payback, CAREFUL)).status == 200, "what was kept has come back"


async def test_of_two_budgets_both_are_asked_and_one_without_room_takes_nothing_from_the_other(
    upstream: Upstream, tmp_path: Path
) -> None:
    small = {"name": "bots", "usd": "0.0005", "of": {"workload": "bot"}}
    async with running(tmp_path, with_budgets(upstream, budget("1"), small)) as payback:
        assert (await chat(payback, CAREFUL, WORKLOAD)).status == 429
        assert (await told(payback))["reserved"] == 0
        assert (await chat(payback, CAREFUL)).status == 200, "a call of another workload does not concern it"
        assert (await told(payback))["spent"] == COST
        assert (await told(payback, "bots"))["spent"] == 0


@pytest.mark.parametrize(
    "of",
    [{"workload": "bot"}, {"project": "care"}, {"user": "alice"}, {"upstream": "lab"}, None],
    ids=["workload", "project", "user", "upstream", "all"],
)
async def test_a_budget_is_of_those_whom_it_names(
    of: dict[str, str] | None, upstream: Upstream, tmp_path: Path
) -> None:
    of_table = {"of": of} if of else {}
    headers = (WORKLOAD, ("X-Payback-Project", "care"), ("X-Payback-User", "alice"))
    async with running(tmp_path, with_budgets(upstream, budget("0.00005", **of_table))) as payback:
        assert (await chat(payback, CHAT_REQUEST, *headers)).status == 200
        assert (await chat(payback, CHAT_REQUEST, *headers)).status == 429


async def test_a_budget_that_only_warns_refuses_nothing_and_says_so_once(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = with_budgets(upstream, budget("0.0001", when_spent="warn"))
    async with running(tmp_path, table) as payback:
        for _ in range(4):
            assert (await chat(payback, CAREFUL)).status == 200
        assert (await told(payback))["spent"] == pytest.approx(4 * COST)
    said = [line for line in caplog.messages if "budget" in line]
    assert len(said) == 1
    assert said[0].startswith("the budget all is spent: 0.000122 USD of 0.0001 USD a month; calls go on")


async def test_calls_to_an_upstream_of_ones_own_use_up_nothing_whatever_price_is_written_down(
    upstream: Upstream, tmp_path: Path
) -> None:
    table = with_budgets(upstream, budget("0"), lab={"self_hosted": True})
    async with running(tmp_path, table) as payback:
        assert (await chat(payback, CAREFUL)).status == 200
        assert await told(payback) == {"limit": 0, "spent": 0, "reserved": 0, "unpriced_calls": 0}


UNKNOWN_MODEL = chat_request(model="nobody-knows-it")


@pytest.mark.parametrize("path", [CHAT, "/v1/something-new"])
async def test_a_call_without_a_price_passes_and_is_counted(
    path: str, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script = lambda visit: visit.answer(b"{}", ("Content-Type", "application/json"))
    async with running(tmp_path, with_budgets(upstream, budget("0.01"))) as payback:
        assert (await call(payback.port, post(path, UNKNOWN_MODEL))).status == 200
        await payback.row()
        found = await told(payback)
    assert (found["spent"], found["unpriced_calls"]) == (0, 1)


async def test_a_tier_without_a_price_is_refused_where_the_budget_says_so(
    upstream: Upstream, tmp_path: Path
) -> None:
    """Though the standard price tells what is kept for such a call."""
    async with running(tmp_path, with_budgets(upstream, budget("1", unpriced="refuse"))) as payback:
        assert (await chat(payback, chat_request(service_tier="scale"))).status == 403


async def test_what_does_not_show_its_model_is_not_refused_for_its_price(
    upstream: Upstream, tmp_path: Path
) -> None:
    """A handshake whose session names it later, and a body that is too long to be read."""
    upstream.script = lambda visit: visit.answer(CHAT_ANSWER, ("Content-Type", "application/json"))
    table = with_budgets(upstream, budget("1", unpriced="refuse"), server={"read_body_mib": 1})
    async with running(tmp_path, table) as payback:
        long = chat_request(pad="x" * (1 << 20))
        assert (await chat(payback, long)).status == 200
        await call(payback.port, get("/v1/responses", *UPGRADE))
        await call(payback.port, get("/v1/realtime?intent=transcription", *UPGRADE))
        assert len(upstream.received) == 3
        assert await refusals(payback) == {}


@pytest.mark.parametrize("path", [CHAT, "/v1/something-new"])
async def test_or_is_refused_where_the_budget_says_so(path: str, upstream: Upstream, tmp_path: Path) -> None:
    table = with_budgets(upstream, budget("1", unpriced="refuse", when_spent="warn"))
    async with running(tmp_path, table) as payback:
        answer = await call(payback.port, post(path, UNKNOWN_MODEL))
        assert (answer.status, error_of(answer)["code"]) == (403, "budget_unpriced")
        assert "whoever runs payback can write a [[price]]" in error_of(answer)["message"]
        assert upstream.connections == 0
        assert (payback.rows(), await refusals(payback)) == ([], {"unpriced": 1})
        assert (await chat(payback)).status == 200


async def test_a_websocket_is_a_call_too(upstream: Upstream, tmp_path: Path) -> None:
    async with running(tmp_path, with_budgets(upstream, budget("0"))) as payback:
        answer = await call(payback.port, get("/v1/realtime?model=small-model", *UPGRADE))
        assert (answer.status, upstream.connections) == (429, 0)
