"""What is spent lasts: over a restart, a kill and a new configuration, into the next month and no further."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from anthropic import RateLimitError as AnthropicsRateLimit
from openai import AsyncOpenAI, RateLimitError

from ledger.call import Attribution
from ledger.money import NANO_PER_USD
from ledger.period import month_of, us_at
from ledger.pricebook import PriceBook
from ledger.sqlite.reader import open_sqlite_reader
from ledger.store import GroupBy
from payback import app, forwarders
from payback import budgeting as budgeting_module
from payback.budgeting import Budgeting
from payback.clock import utc_now
from payback.settings import read_settings
from tests.payback.books import entry_at, keep
from tests.payback.test_current import reloaded
from tests.proxy.bodies import ASKED_REQUEST, CHAT, CHAT_REQUEST, USAGE_EVENT, chat_answer, chunk
from tests.proxy.budgets import (
    CAREFUL,
    COST,
    METRICS,
    budget,
    chat,
    error_of,
    nothing_is_kept,
    told,
    with_budgets,
)
from tests.proxy.client import call, connected, post
from tests.proxy.issued import KEPT_BY_PAYBACK, bearer, issue
from tests.proxy.running import eventually, process, running, toml_of
from tests.proxy.upstream import Upstream, Visit, answer_chat, scripted_upstream

HEALTH = b"GET /-/report/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
SMALL = '[[budget]]\nname = "all"\nusd = "0.00005"\n'
ALL_A_DAY = read_settings({"budget": [{"name": "all", "usd": "0.018", "per": "day"}]}, "test")


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


async def test_after_a_restart_on_the_same_ledger_the_budget_is_still_spent(
    upstream: Upstream, tmp_path: Path
) -> None:
    table = with_budgets(upstream, budget("0.00005"))
    async with running(tmp_path, table) as payback:
        assert (await chat(payback)).status == 200
    async with running(tmp_path, table) as payback:
        assert (await told(payback))["spent"] == COST
        assert (await chat(payback)).status == 429
    assert len(upstream.received) == 1


async def test_after_a_kill_too(upstream: Upstream, tmp_path: Path) -> None:
    async with process(tmp_path, toml_of(upstream) + SMALL) as started:
        assert (await chat(started.payback)).status == 200
        await started.kill()
    async with process(tmp_path, toml_of(upstream) + SMALL) as started:
        assert (await told(started.payback))["spent"] == COST
        assert (await chat(started.payback)).status == 429


async def test_what_other_calls_have_cost_is_none_of_the_budgets(upstream: Upstream, tmp_path: Path) -> None:
    """Of last month, of others, to an upstream of one's own, without a price: 0.0045 USD count, see books."""
    now = utc_now()
    this, last = f"{now:%Y-%m-%dT00:00:00}", f"{now.replace(day=1) - timedelta(days=1):%Y-%m-%dT23:59:59}"
    mine: Any = {"who": Attribution(user="alice")}
    keep(
        tmp_path / "payback.db",
        entry_at(this, 1, **mine),
        entry_at(this, 2),
        entry_at(this, 3, self_hosted=True, **mine),
        entry_at(this, 4, request_model="unknown", **mine),
        entry_at(last, 5, **mine),
    )
    async with running(tmp_path, with_budgets(upstream, budget("1", of={"user": "alice"}))) as payback:
        found = await told(payback)
    assert (found["spent"], found["unpriced_calls"]) == (0.0045, 1)


async def test_a_budget_and_the_report_of_its_month_say_the_same(upstream: Upstream, tmp_path: Path) -> None:
    async with running(tmp_path, with_budgets(upstream, budget("1"))) as payback:
        for number in range(5):
            answer = chat_answer({"prompt_tokens": 11 + number, "completion_tokens": 5 * number})
            upstream.script = partial(Visit.answer, body=answer)
            await chat(payback)
        await payback.ended(5)
        with closing(open_sqlite_reader(payback.ledger)) as reader:
            total = reader.report(month_of(utc_now().date()), GroupBy.USER).total
        assert (await told(payback))["spent"] == total.list_cost / NANO_PER_USD > 0


async def test_a_new_configuration_carries_over_what_is_spent_and_kept(
    upstream: Upstream, tmp_path: Path
) -> None:
    """Neither forgotten nor doubled; and a call under way goes on with what it began with."""
    goes_on = asyncio.Event()
    limit = '[[budget]]\nname = "all"\nusd = "{}"\n'

    async def waits(visit: Visit) -> None:
        await goes_on.wait()
        await answer_chat(visit)

    async with reloaded(tmp_path, upstream) as started:
        payback = started.payback
        await started.takes(toml_of(upstream) + limit.format("0.002"))
        assert (await chat(payback)).status == 200
        upstream.script = waits
        async with connected(payback.port) as client:
            await client.send(post(CHAT, CAREFUL))
            await eventually(lambda: len(upstream.received) == 2)
            before = await told(payback)
            await started.takes(toml_of(upstream) + limit.format("0.0011"))
            after = await told(payback)
            assert (after.pop("limit"), before.pop("limit")) == (0.0011, 0.002)
            assert after == before
            assert (await chat(payback)).status == 429
            goes_on.set()
            assert (await client.answer()).status == 200
        await nothing_is_kept(payback)
        assert (await told(payback))["spent"] == pytest.approx(2 * COST)


async def test_a_budget_that_is_new_begins_with_what_the_ledger_says(
    upstream: Upstream, tmp_path: Path
) -> None:
    """And one that is taken out is in nobody's way."""
    async with reloaded(tmp_path, upstream) as started:
        assert (await chat(started.payback)).status == 200
        said = await started.takes(toml_of(upstream) + SMALL)
        assert "the budget all is spent: 0.000061 USD of 0.00005 USD a month; calls are refused until" in said
        assert (await told(started.payback))["spent"] == COST
        assert (await chat(started.payback)).status == 429
        await started.takes(toml_of(upstream))
        assert (await chat(started.payback)).status == 200
        assert await told(started.payback) == {}


async def test_calls_that_began_before_there_was_a_budget_are_spent_when_they_end(
    upstream: Upstream, tmp_path: Path
) -> None:
    """One of which nothing is known yet, and one whose tokens the ledger has: neither is lost or doubled."""
    goes_on = asyncio.Event()

    async def waits(visit: Visit) -> None:
        is_metered = len(upstream.received) == 2
        await visit.stream(USAGE_EVENT if is_metered else chunk("Hi"))
        await goes_on.wait()
        await visit.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(USAGE_EVENT), USAGE_EVENT))

    upstream.script = waits
    async with (
        reloaded(tmp_path, upstream) as started,
        connected(started.payback.port) as first,
        connected(started.payback.port) as second,
    ):
        await first.send(post(CHAT, ASKED_REQUEST))
        await first.head()
        await second.send(post(CHAT, ASKED_REQUEST))
        await second.until(USAGE_EVENT, second.pieces(await second.head()))
        await started.takes(toml_of(upstream) + SMALL)
        assert (await told(started.payback))["spent"] == COST
        goes_on.set()
        await started.payback.ended(2)
        assert (await told(started.payback))["spent"] == pytest.approx(2 * COST)


async def test_a_budget_that_is_new_while_the_ledger_is_locked_learns_what_waited_in_the_spool(
    upstream: Upstream, tmp_path: Path
) -> None:
    async with reloaded(tmp_path, upstream) as started:
        payback = started.payback
        with payback.locked():
            assert (await chat(payback)).status == 200
            await started.takes(toml_of(upstream) + SMALL)
            assert (await told(payback))["spent"] == 0
            await asyncio.sleep(1.5)  # the new budget has asked again, in vain
        for _ in range(500):
            if (await told(payback))["spent"]:
                break
            await asyncio.sleep(0.01)
        assert (await told(payback))["spent"] == COST
        assert "the budget all is spent" in started.said
        assert (await chat(payback)).status == 429


async def test_a_spent_budget_that_begins_to_refuse_is_said_to(upstream: Upstream, tmp_path: Path) -> None:
    async with reloaded(tmp_path, upstream) as started:
        await started.takes(toml_of(upstream) + SMALL + 'when_spent = "warn"\n')
        assert (await chat(started.payback)).status == 200
        assert "calls are refused" not in started.said
        await started.takes(toml_of(upstream) + SMALL)
        assert (await chat(started.payback)).status == 429
        assert "calls are refused until" in started.said


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
        self.at = at
        for module in (app, forwarders):
            monkeypatch.setattr(module, "now_us", lambda: us_at(self.at))


async def test_with_a_new_month_a_budget_begins_anew_and_an_old_call_costs_the_old_month(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = asyncio.Event()

    async def waits(visit: Visit) -> None:
        await goes_on.wait()
        await answer_chat(visit)

    clock = Clock(monkeypatch, datetime(2026, 11, 30, 23, 59, 58, tzinfo=UTC))
    async with running(tmp_path, with_budgets(upstream, budget("0.0012"))) as payback:
        assert (await chat(payback)).status == 200
        upstream.script = waits
        async with connected(payback.port) as client:
            await client.send(post(CHAT, CAREFUL))
            await eventually(lambda: len(upstream.received) == 2)
            assert error_of(await chat(payback, CAREFUL))["code"] == "budget_reserved"
            clock.at = datetime(2026, 12, 1, tzinfo=UTC)
            assert await told(payback) == {"limit": 0.0012, "spent": 0, "reserved": 0, "unpriced_calls": 0}
            upstream.script = answer_chat
            assert (await chat(payback, CAREFUL)).status == 200
            goes_on.set()
            assert (await client.answer()).status == 200
        assert (await told(payback))["spent"] == COST, "the old call is of November"
        clock.at = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
        assert (await told(payback))["spent"] == pytest.approx(2 * COST)
        assert (await told(payback))["reserved"] == 0


async def test_a_day_that_begins_takes_over_what_the_ledger_has_of_it(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that was a day ahead for a while has left calls there."""
    keep(tmp_path / "payback.db", entry_at("2026-11-23T00:00:05"))
    clock = Clock(monkeypatch, datetime(2026, 11, 22, 12, tzinfo=UTC))
    async with running(tmp_path, with_budgets(upstream, budget("0.005", per="day"))) as payback:
        assert (await chat(payback)).status == 200
        assert (await told(payback))["spent"] == COST
        clock.at = datetime(2026, 11, 23, 12, tzinfo=UTC)
        assert (await chat(payback)).status == 200
        for _ in range(100):
            if (await told(payback))["spent"] > 0.004:
                break
            await asyncio.sleep(0.01)
        assert (await told(payback))["spent"] >= 0.0045


async def test_a_ledger_that_cannot_be_read_when_a_day_begins_is_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = keep(tmp_path / "payback.db", entry_at("2026-11-22T00:00:05"))
    now = [us_at(datetime(2026, 11, 22, tzinfo=UTC))]
    budgeting = Budgeting(ledger, lambda: now[0], lambda _: None)
    settings = read_settings({"budget": [{"name": "all", "usd": "1", "per": "day"}]}, "test")
    spending = budgeting.take(settings, PriceBook())
    ((told_budget, purse),) = budgeting.now()
    assert purse.spent == 4_500_000
    ledger.write_bytes(b"no ledger")
    spending.budgets.purses.at(told_budget.subject, now[0] + 86_400_000_000)
    await eventually(lambda: "what a budget has spent before is not read" in caplog.text)


async def test_what_a_new_budget_has_spent_is_read_again_soon_and_once_nothing_waits_for_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What was counted here meanwhile is not counted twice: 0.0045 USD each, see books."""
    for name in ("JOURNAL_SECONDS", "SPOOL_SECONDS", "AGAIN_SECONDS"):
        monkeypatch.setattr(budgeting_module, name, 0.01)
    day = "2026-11-22T00:00:05"
    ledger, behind = keep(tmp_path / "payback.db", entry_at(day, 1)), [True]
    at_us = us_at(datetime(2026, 11, 22, 12, tzinfo=UTC))
    budgeting = Budgeting(ledger, lambda: at_us, lambda _: None, is_behind=lambda: behind[0])
    budgeting.take(ALL_A_DAY, PriceBook())
    ((_, purse),) = budgeting.now()
    assert purse.spent == 4_500_000
    keep(ledger, entry_at(day, 2))
    await eventually(lambda: purse.spent == 9_000_000)
    purse.spent += 4_500_000
    keep(ledger, entry_at(day, 3), entry_at(day, 4))
    await asyncio.sleep(0.1)
    assert purse.spent == 13_500_000, "the ledger is asked again while it is behind"
    behind[0] = False
    await eventually(lambda: purse.spent == 18_000_000)
    assert caplog.text.count("the budget all is spent") == 1
    await budgeting.close()


async def test_at_the_end_nobody_waits_for_a_ledger_that_is_behind(tmp_path: Path) -> None:
    ledger = keep(tmp_path / "payback.db", entry_at("2026-11-22T00:00:05"))
    at_us = us_at(datetime(2026, 11, 22, 12, tzinfo=UTC))
    before = asyncio.all_tasks()
    budgeting = Budgeting(ledger, lambda: at_us, lambda _: None, is_behind=lambda: True)
    budgeting.take(ALL_A_DAY, PriceBook())
    assert asyncio.all_tasks() > before
    async with asyncio.timeout(0.1):
        await budgeting.close()
    assert asyncio.all_tasks() == before


async def test_the_sdks_raise_and_do_not_try_again_where_a_budget_is_spent(
    upstream: Upstream, tmp_path: Path
) -> None:
    """Each would try two more times, and a month is long."""
    async with running(tmp_path, with_budgets(upstream, budget("0"))) as payback:
        url = f"http://127.0.0.1:{payback.port}/lab"
        messages: Any = [{"role": "user", "content": "hi"}]
        async with AsyncOpenAI(base_url=f"{url}/v1", api_key="x", max_retries=2) as client:
            with pytest.raises(RateLimitError, match="lets no call pass that is billed") as raised:
                await client.chat.completions.create(model="small-model", messages=messages)
        assert (raised.value.code, raised.value.type) == ("budget_spent", "insufficient_quota")
        async with AsyncAnthropic(base_url=url, api_key="x", max_retries=2) as claude:
            with pytest.raises(AnthropicsRateLimit, match="lets no call pass that is billed"):
                await claude.messages.create(model="small-model", max_tokens=5, messages=messages)
        page = await call(payback.port, METRICS)
        assert b'payback_refused_calls_total{reason="budget"} 2.0' in page.body


async def test_the_page_health_shows_budgets_as_they_are_now(upstream: Upstream, tmp_path: Path) -> None:
    tables = with_budgets(upstream, {"name": "<b>bots</b>", "usd": "0.00005"})
    async with running(tmp_path, tables) as payback:
        assert (await chat(payback)).status == 200
        page = (await call(payback.port, HEALTH)).body.decode()
    assert "&lt;b&gt;bots&lt;/b&gt;" in page
    assert "<b>bots" not in page
    assert "spent: calls are refused" in page
    assert "122.0%" in page


async def test_programs_are_told_of_budgets_as_they_are_now(upstream: Upstream, tmp_path: Path) -> None:
    tables = with_budgets(upstream, budget("0.00005"))
    async with running(tmp_path, tables) as payback:
        assert (await chat(payback)).status == 200
        answer = await call(payback.port, b"GET /-/api/health?hours=2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    (found,) = json.loads(answer.body)["budgets"]
    assert (found["name"], found["limit_usd"], found["spent_usd"]) == ("all", "0.00005", "0.000061")


async def test_a_key_that_payback_gave_out_cannot_be_spent_under_another_name(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", KEPT_BY_PAYBACK)
    issue(tmp_path, "web", workload="shop")
    shop = {"name": "shop", "usd": "0.00005", "of": {"workload": "shop"}}
    key = {"name": "key", "usd": "0.00005", "of": {"key": "web"}}
    for table in (shop, key):
        tables = with_budgets(upstream, table, lab={"api_key": {"env": "LAB_KEY"}})
        async with running(tmp_path, tables) as payback:
            await chat(payback, CHAT_REQUEST, bearer("web"))
            other = ("X-Payback-Workload", "another")
            assert (await chat(payback, CHAT_REQUEST, bearer("web"), other)).status == 429
