"""What the API answers, and that it is what commands, exports and pages say."""

import asyncio
import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from ledger.as_json import report_as_json, row_as_json
from ledger.errors import LedgerError
from ledger.ids import render_call_id
from ledger.period import read_month
from ledger.sqlite.reader import open_sqlite_reader
from ledger.store import GroupBy, Reader
from ledger.usage import TokenUsage
from payback.cli import main
from tests.web.projected import Answering
from tests.web.sample import HOSTILE_NAMES, PRICES, entry_at, hostile_entries, varied_entries, write_ledger
from tests.web.server import asked, serving, settings_for
from web.api import routes
from web.projector import Answer, BadPlan, NothingToProject, ProjectionFailed
from web.report_settings import BudgetState, BudgetStates

ENTRIES = varied_entries()


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "payback.db", ENTRIES)


async def answer(ledger: Path, path: str, status: int = 200, **settings: object) -> Any:
    async with serving(settings_for(ledger, **settings)) as address:
        found = await asked(f"{address}/-/api/{path}")
    assert found.status == status, found.text
    assert found.headers["Content-Type"] == "application/json; charset=utf-8"
    return json.loads(found.text)


async def refusal(ledger: Path, path: str, status: int = 400, **settings: object) -> str:
    told = await answer(ledger, path, status, **settings)
    assert set(told) == {"error"}
    return str(told["error"]["message"])


@pytest.mark.parametrize("by", GroupBy)
async def test_a_report_is_that_of_the_command(
    ledger: Path, by: GroupBy, capsys: pytest.CaptureFixture[str]
) -> None:
    found = await answer(ledger, f"report?month=2026-11&by={by}")
    assert main(["report", "--ledger", str(ledger), "--month", "2026-11", "--by", by, "--json"]) == 0
    assert found == json.loads(capsys.readouterr().out)


async def test_a_report_without_days_is_of_this_month(ledger: Path) -> None:
    reader = open_sqlite_reader(ledger)
    wanted = report_as_json(reader.report(read_month("2026-11"), GroupBy.MODEL))
    reader.close()
    assert await answer(ledger, "report") == wanted
    assert await answer(ledger, "report?from=2026-11-01&to=2026-11-30") == wanted


async def test_all_calls_are_found_page_by_page_and_each_once(ledger: Path) -> None:
    """As exported rows, the latest first."""
    rows: list[Any] = []
    async with serving(settings_for(ledger)) as address:
        cursor = ""
        while True:
            page = json.loads((await asked(f"{address}/-/api/calls?limit=100{cursor}")).text)
            rows += page["calls"]
            if page["next_before"] is None:
                break
            cursor = f"&before={page['next_before']}"
    wanted = [json.loads(json.dumps(row_as_json(entry))) for entry in reversed(ENTRIES)]
    assert rows == wanted
    assert page["total"]["calls"] == len(ENTRIES)


async def test_a_filter_leaves_through_what_it_says(ledger: Path) -> None:
    found = await answer(ledger, "calls?pricing=priced&workload=search&limit=500")
    assert found["calls"]
    assert {(row["pricing"], row["workload"]) for row in found["calls"]} == {("priced", "search")}


async def test_several_names_and_names_left_out_are_all_calls_together(ledger: Path) -> None:
    """Each call once, and the sums with them."""
    some = await answer(ledger, "calls?upstream=openai&upstream=anthropic&limit=500")
    rest = await answer(ledger, "calls?except_upstream=openai&except_upstream=anthropic&limit=500")
    assert {row["upstream"] for row in some["calls"]} == {"openai", "anthropic"}
    assert {row["upstream"] for row in rest["calls"]} == {"ollama"}
    assert len(some["calls"]) + len(rest["calls"]) == len(ENTRIES)
    assert [len(found["calls"]) for found in (some, rest)] == [
        found["total"]["calls"] for found in (some, rest)
    ]


async def test_a_reason_leaves_the_calls_that_have_it(ledger: Path) -> None:
    found = await answer(ledger, "calls?reason=interrupted&limit=500")
    assert len(found["calls"]) == sum(entry.unpriced_reason == "interrupted" for entry in ENTRIES) > 0
    assert {row["unpriced_reason"] for row in found["calls"]} == {"interrupted"}


async def test_a_calls_charge_adds_up_to_its_cost(tmp_path: Path) -> None:
    """400 in, 100 out of gpt-4o: 400 x 2.50 + 100 x 10 per million."""
    usage = TokenUsage(input_tokens=400, output_tokens=100)
    entry = entry_at(
        1_790_000_000_000_000, request_model="gpt-4o", usage=usage, usage_basis="reported", price=PRICES[2]
    )
    ledger = write_ledger(tmp_path / "payback.db", [entry])
    call_id = render_call_id(entry.call.call_id)
    found = await answer(ledger, f"calls/{call_id}")
    assert found["call"]["list_cost_usd"] == "0.002"
    assert found["charge"] == [
        {"meter": "input", "quantity": 400, "list_cost_usd": "0.001"},
        {"meter": "output", "quantity": 100, "list_cost_usd": "0.001"},
    ]
    assert (found["price"]["model"], found["attempts"]) == ("gpt-4o", [call_id])


async def test_series_and_months_have_the_reports_sums(ledger: Path) -> None:
    report = await answer(ledger, "report?by=day")
    series = await answer(ledger, "series?by=model&most=2")
    months = await answer(ledger, "months")
    assert series["total"] == report["total"]
    assert months["months"][-1] == {"month": "2026-11", **report["total"]}
    assert [line["others"] > 0 for line in series["lines"]] == [False, False, True]
    calls = [sum(line["sums"]["calls"][n] for line in series["lines"]) for n in range(30)]
    by_day = {group["day"]: group["calls"] for group in report["groups"]}
    assert calls == [by_day.get(start[:10], 0) for start in series["starts"]]


async def test_prices_are_of_the_models_in_use(ledger: Path) -> None:
    found = {model["model"]: model for model in (await answer(ledger, "prices"))["models"]}
    assert all(way["no_price_reason"] for way in found["our-tuned-model"]["called_as"])
    assert all(way["self_hosted"] for way in found["llama3.1:8b"]["called_as"])
    assert found["our-tuned-model"]["unpriced_calls"] == found["our-tuned-model"]["calls"] > 0


async def test_health_names_the_ledger_and_not_its_path(ledger: Path) -> None:
    found = await answer(ledger, "health?hours=744", notices=lambda: ["the disk is full"])
    assert found["ledger"]["name"] == "payback.db"
    assert str(ledger.parent) not in json.dumps(found)
    assert found["notices"] == ["the disk is full"]
    assert {each["upstream"] for each in found["upstreams"]} >= {"openai", "ollama"}


async def test_health_tells_of_budgets_to_the_last_nano_dollar(ledger: Path) -> None:
    """Whoever watches budgets by a program reads the same as the page says."""
    state = BudgetState(
        name="support",
        whose="workload support-bot",
        per="month",
        ends="2026-12-01",
        refuses=True,
        limit_nusd=25_000_000_000,
        spent_nusd=24_999_999_999,
        reserved_nusd=1,
        unpriced_calls=3,
    )
    found = await answer(ledger, "health", budgets=lambda: BudgetStates((state,), 2))
    assert found["more_budgets"] == 2
    assert found["budgets"] == [
        {
            "name": "support",
            "whose": "workload support-bot",
            "per": "month",
            "begins_anew_on": "2026-12-01",
            "refuses": True,
            "limit_usd": "25.00",
            "spent_usd": "24.999999999",
            "reserved_usd": "0.000000001",
            "unpriced_calls": 3,
        }
    ]


async def test_names_that_mean_harm_come_unchanged(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "payback.db", list(hostile_entries()))
    names = {row["workload"] for row in (await answer(ledger, "calls?limit=500"))["calls"]}
    assert set(HOSTILE_NAMES) <= names


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("report?by=mdel", 'by is "mdel"; write one of model'),
        ("report?bye=model", '"bye" is no parameter here; nearest: by'),
        ("report?by=model&by=day", "by is there twice"),
        ("report?by=", "by is empty"),
        ("report?month=2026-13", "is not a month"),
        ("report?month=2026-11&to=2026-11-02", "exclude each other"),
        ("report?to=2026-11-02", "to needs from"),
        ("report?from=2026-11-02&to=2026-11-01", "swap the two"),
        ("report?from=2026-09-30&to=2026-10-31&by=hour", "31 days at most"),
        ("series?unit=hour&from=2026-01-01&to=2026-11-01", "31 days at most"),
        ("series?most=0", "a whole number from 1 to 50"),
        (
            "series?by=user&from=2025-11-01&to=2026-10-31&most=6",
            "most is 6, and 365 days have room for 5 lines",
        ),
        ("calls?limit=501", "a whole number from 1 to 500"),
        ("calls?outcome=bad", "write one of ok"),
        ("calls?before=1", "the id of a call"),
        ("calls?limit=5&limit=6", "limit is there twice"),
        ("calls?reason=a&reason=b", "reason is there twice"),
        ("calls?user=a&user=a", 'user is "a" twice; leave one out'),
        ("calls?user=a&user=", "user is empty"),
        ("calls?reason=x&pricing=priced", "reason is of unpriced calls"),
        ("calls/1", "no id of a call"),
        ("months?by=day", "no parameter here"),
        ("project?pue=9", "pue"),
    ],
)
async def test_what_is_wrong_is_named_with_what_to_write(ledger: Path, path: str, words: str) -> None:
    assert words in await refusal(ledger, path, projector=Answering())


async def test_what_is_not_there_is_a_404_in_json(ledger: Path) -> None:
    assert "openapi.json" in await refusal(ledger, "reports", 404)
    assert "openapi.json" in await refusal(ledger, "reports%0A", 404)
    assert "may have been pruned" in await refusal(ledger, f"calls/{'0' * 8}-0000-7000-8000-{'0' * 12}", 404)


async def test_another_method_is_told_which_there_are(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        refused = await asked(f"{address}/-/api/report", method="DELETE")
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")
    assert json.loads(refused.text)["error"]["type"] == "method_not_allowed"


async def test_a_ledger_that_cannot_be_read_is_a_503_and_a_fault_says_nothing_of_itself(ledger: Path) -> None:
    def broken() -> Reader:
        raise LedgerError("the ledger is damaged")

    def faulty() -> Reader:
        raise RuntimeError("secret")

    assert await refusal(ledger, "report", 503, open_reader=broken) == "the ledger is damaged"
    assert "secret" not in await refusal(ledger, "report", 500, open_reader=faulty)


async def test_the_guard_stands_before_the_api_too_and_speaks_json(ledger: Path) -> None:
    async with serving(settings_for(ledger), password="hush") as address:
        refused = await asked(f"{address}/-/api/report")
        token = base64.b64encode(b"me:hush").decode()
        let_in = await asked(f"{address}/-/api/report", {"Authorization": f"Basic {token}"})
    assert (refused.status, let_in.status) == (401, 200)
    assert refused.headers["WWW-Authenticate"].startswith("Basic")
    assert json.loads(refused.text)["error"]["type"] == "unauthorized"
    async with serving(settings_for(ledger)) as address:
        rebound = await asked(f"{address}/-/api/report", {"Host": "evil.example"})
    assert (rebound.status, json.loads(rebound.text)["error"]["type"]) == (403, "forbidden")


async def posted(ledger: Path, body: bytes, **settings: object) -> tuple[int, Any]:
    async with (
        serving(settings_for(ledger, **settings)) as address,
        ClientSession() as client,
        client.post(f"{address}/-/api/project", data=body) as found,
    ):
        return found.status, await found.json()


async def test_a_plan_that_is_posted_is_the_plan_that_an_address_states(ledger: Path) -> None:
    projector = Answering()
    body = b'{"workload": "search", "pue": 1.30, "units": 2, "must_stay_in_house": true, "engine": null}'
    status, found = await posted(ledger, body, projector=projector)
    assert (status, len(found["projections"])) == (200, 3)
    query = "workload=search&pue=1.3&units=2&must_stay_in_house=on"
    await answer(ledger, f"project?{query}", projector=projector)
    assert projector.asked[0] == projector.asked[1]


@pytest.mark.parametrize(
    "body",
    [b"[]", b"{", b'{"pue": "1.3"}', b'{"pue": NaN}', b'{"pue": 1e999}', b'{"workload": 1}',
     b'{"workload": ""}', b'{"must_stay_in_house": "on"}', b'{"pue": 1, "pue": 2}', b'{"nothing": 1}',
     b"\xff", b"[" * 50_000, b" " * 100_000],
)  # fmt: skip
async def test_a_body_that_states_no_plan_is_refused(ledger: Path, body: bytes) -> None:
    status, found = await posted(ledger, body, projector=Answering())
    assert (status, found["error"]["type"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("error", "status"), [(BadPlan, 422), (NothingToProject, 422), (ProjectionFailed, 503)]
)
async def test_a_projection_that_fails_says_why(
    ledger: Path, error: type[ProjectionFailed], status: int
) -> None:
    projector = Answering(give=lambda: error("because"))
    assert await refusal(ledger, "project", status, projector=projector) == "because"


async def test_a_projection_that_takes_longer_is_to_be_asked_for_again(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Answering):
        async def project(self, plan: Mapping[str, object]) -> Answer:
            await asyncio.sleep(0.3)
            return await super().project(plan)

    projector = Slow()
    monkeypatch.setattr(routes, "PROJECT_WITHIN_S", 0.05)
    async with serving(settings_for(ledger, projector=projector)) as address:
        first = await asked(f"{address}/-/api/project")
        await asyncio.sleep(0.5)
        again = await asked(f"{address}/-/api/project")
    assert (first.status, first.headers["Retry-After"]) == (202, "3")
    assert json.loads(first.text) == {"status": "under way", "again_after_s": 3}
    assert again.status == 200
    assert len(projector.asked) == 1
