"""The decision page over sockets: addresses, forms, files, and what is said when there is no answer."""

import asyncio
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.web.projected import Answering, answer, hostile_answer
from tests.web.sample import LONG, MARKUP, RIGHT_TO_LEFT, write_ledger
from tests.web.server import Answer as Got
from tests.web.server import asked, serving, settings_for
from tests.web.test_app import text_of
from web.addresses import PAYBACK_PATH, REPORT_PATH
from web.decision.routes import PLAN_PATH
from web.projector import Answer, BadPlan, NothingToProject, ProjectionFailed, Projector

OTHER_SCRIPT = re.compile(r'<script(?! src="/-/static/[\w.-]+" defer></script>)')
"""Any but a file of our own."""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "payback.db", [])


async def got(ledger: Path, projector: Projector | None, query: str = "", **settings: object) -> Got:
    async with serving(settings_for(ledger, projector=projector, **settings)) as address:
        return await asked(f"{address}{PAYBACK_PATH}{query}")


async def test_the_page_begins_with_the_verdict_and_has_everything_it_rests_on(ledger: Path) -> None:
    page = await got(ledger, Answering())
    assert page.status == 200
    text = text_of(page.text)
    told = answer()["projections"][0]
    assert re.search(
        r"support-bot Pays off \S.{10,900} Today \$.{10,900} Against staying \(A0\) month \d", text
    )
    for words in ("Against the same model by API (A1)", "does not fit", "What must be true", "Cheaper steps"):
        assert words in text
    for course in told["courses"]:
        assert course["name"] in text
    for rung in told["ladder"]:
        assert rung["name"] in text
    assert text.count("assumed") >= len(told["assumptions"])
    assert "Calls of 24 August 2026 to 21 November 2026, UTC" in text


async def test_the_page_tells_what_is_asked_for(ledger: Path) -> None:
    told = answer()["projections"][0]
    text = text_of((await got(ledger, Answering())).text)
    grid = told["demand"]["size_table"]["calls_by_input"]
    assert sum(map(sum, grid)) == told["demand"]["under_way"]["calls_without_end"] > 0  # made up: no ends
    assert f"{told['demand']['longest_tokens']:,} tokens in the longest call" in text
    assert "under way at once" not in text
    assert re.search(r"at most wait to be let in, .{1,5}% of the tokens overflow", text)


async def test_nothing_on_the_page_is_inline_or_from_elsewhere(ledger: Path) -> None:
    page = await got(ledger, Answering())
    assert not re.search(r"\sstyle=|\son\w+=|https?://(?!127)", page.text)
    assert not OTHER_SCRIPT.search(page.text)
    assert "unsafe" not in page.headers["Content-Security-Policy"]


async def test_what_the_form_sends_becomes_the_plan_that_is_asked(ledger: Path) -> None:
    projector = Answering()
    page = await got(ledger, projector, "?workload=search&ops_h_per_month=8&horizon_months=24")
    assert projector.asked == [
        {"workload": "search", "assumptions": {"ops_h_per_month": 8.0}, "horizon_months": 24}
    ]
    assert re.search(r'name="ops_h_per_month" value="8"', page.text)
    assert re.search(r'name="workload" value="search"', page.text)
    assert 'href="?workload=search">Back to the defaults' in page.text


async def test_fields_left_empty_are_taken_out_of_the_address(ledger: Path) -> None:
    page = await got(ledger, Answering(), "?pue=&ops_h_per_month=8&model=&api_prices=")
    assert (page.status, page.headers["Location"]) == (303, f"{PAYBACK_PATH}?ops_h_per_month=8")
    bare = await got(ledger, Answering(), "?pue=")
    assert (bare.status, bare.headers["Location"]) == (303, PAYBACK_PATH)


async def test_a_bad_value_is_a_page_that_names_the_field_and_asks_nobody(ledger: Path) -> None:
    projector = Answering()
    page = await got(ledger, projector, "?fallback_share=ten")
    assert page.status == 400
    assert "fallback_share is &#34;ten&#34;; write a number from 0 to 1" in page.text
    assert projector.asked == []


async def test_a_plan_is_saved_under_the_same_query(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        saved = await asked(f"{address}{PLAN_PATH}?workload={quote(MARKUP)}&ops_h_per_month=8&units=2")
        bad = await asked(f"{address}{PLAN_PATH}?pue=x")
    assert tomllib.loads(saved.text) == {
        "workload": MARKUP,
        "assumptions": {"ops_h_per_month": 8},
        "course": [{"units": 2}],
    }
    assert saved.headers["Content-Type"] == "application/toml; charset=utf-8"
    assert saved.headers["Content-Disposition"] == 'attachment; filename="plan.toml"'
    assert bad.status == 400


async def test_names_that_mean_harm_are_text_in_every_place(ledger: Path) -> None:
    page = await got(ledger, Answering(hostile_answer), f"?workload={quote(MARKUP)}&model={quote(MARKUP)}")
    assert page.status == 200
    assert not OTHER_SCRIPT.search(page.text)
    assert "<img src=" not in page.text.replace('<img src="/-/static/', "")
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in page.text
    assert LONG[:400] not in page.text
    assert not set(page.text) & set("\x00\x1b\u202e")
    assert RIGHT_TO_LEFT[1:5] in page.text


async def test_a_long_projection_is_a_page_that_looks_again_and_then_the_answer(ledger: Path) -> None:
    gate = asyncio.Event()

    class Slow(Answering):
        async def project(self, plan: Mapping[str, object]) -> Answer:
            await gate.wait()
            return await super().project(plan)

    projector = Slow()
    settings = settings_for(ledger, projector=projector, answer_within_s=0.05)
    async with serving(settings) as address:
        waiting = await asked(f"{address}{PAYBACK_PATH}?pue=1.2")
        assert (waiting.status, waiting.headers["Refresh"]) == (202, "3")
        assert 'href="?pue=1.2"' in waiting.text
        gate.set()
        await asyncio.sleep(0.01)
        found = await asked(f"{address}{PAYBACK_PATH}?pue=1.2")
    assert found.status == 200
    assert len(projector.asked) == 1


@pytest.mark.parametrize(
    ("failed", "status", "words"),
    [
        (NothingToProject("there are no calls"), 200, "payback project --volume 100M/50M --model gpt-4o"),
        (BadPlan('hardware: "RTX 9" is not listed'), 422, "RTX 9"),
        (ProjectionFailed("the projecting process ended"), 503, "the projecting process ended"),
    ],
)
async def test_without_an_answer_the_page_says_why_and_what_to_do(
    ledger: Path, failed: ProjectionFailed, status: int, words: str
) -> None:
    page = await got(ledger, Answering(lambda: failed), "?pue=1.2")
    assert page.status == status
    assert words in text_of(page.text).replace("&#34;", '"')
    assert re.search(r'name="pue" value="1.2"', page.text)


async def test_each_smaller_workload_leads_to_its_own_projection(ledger: Path) -> None:
    page = await got(ledger, Answering(), "?pue=1.2")
    assert '<a href="?workload=tiny&amp;pue=1.2"><bdi title="tiny">tiny</bdi></a>' in page.text


@pytest.mark.parametrize(("month", "is_said"), [(None, True), (7.5, False)])
async def test_what_pays_off_only_against_staying_says_so_beside_the_verdict(
    ledger: Path, month: float | None, is_said: bool
) -> None:
    told = answer()
    for found in told["projections"][0]["against_hosted"]:
        found["payback_months"]["p50"] = month
    page = await got(ledger, Answering(lambda: told))
    assert ("Not against the same model by API" in page.text) == is_said


async def test_an_answer_without_a_projection_says_what_is_missing(ledger: Path) -> None:
    page = await got(ledger, Answering(lambda: answer(projections=[], not_projected=["bot: no price"])))
    assert page.status == 200
    assert "bot: no price" in page.text


async def test_a_fault_of_ours_tells_nothing_and_is_a_line_in_the_log(
    ledger: Path, caplog: pytest.LogCaptureFixture
) -> None:
    page = await got(ledger, Answering(lambda: {"a secret of the machine": 1}))
    assert page.status == 500
    assert "secret" not in page.text
    assert "the decision page could not be made" in caplog.text


async def test_where_nobody_projects_the_page_names_the_command(ledger: Path) -> None:
    page = await got(ledger, None, "?pue=1.2")
    assert page.status == 200
    assert "payback project" in page.text
    assert f'href="{PLAN_PATH}?pue=1.2"' in page.text


async def test_made_up_calls_and_notices_are_said_above_the_verdict(ledger: Path) -> None:
    page = await got(ledger, Answering(lambda: answer(made_up=True)), notices=lambda: ["The ledger spools."])
    verdict = page.text.index('id="verdict"')
    assert page.text.index("The ledger spools.") < page.text.index("These calls are made up") < verdict


async def test_each_page_leads_to_the_other(ledger: Path) -> None:
    async with serving(settings_for(ledger, projector=Answering())) as address:
        pages = [await asked(address + path) for path in (REPORT_PATH, PAYBACK_PATH)]
    for page, here in zip(pages, (REPORT_PATH, PAYBACK_PATH), strict=True):
        assert f'<a href="{REPORT_PATH}"' in page.text
        assert f'<a href="{PAYBACK_PATH}"' in page.text
        assert re.findall(r'<a href="([^"]+)" aria-current="page">', page.text) == [here]


async def test_the_page_is_read_and_not_written(ledger: Path) -> None:
    async with serving(settings_for(ledger, projector=Answering())) as address:
        for path in (PAYBACK_PATH, PLAN_PATH):
            refused = await asked(f"{address}{path}", method="POST")
            assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")


async def test_only_who_may_see_the_report_sees_this_page(ledger: Path) -> None:
    projector = Answering()
    async with serving(settings_for(ledger, projector=projector), password="open sesame") as address:
        assert (await asked(f"{address}{PAYBACK_PATH}")).status == 401
    assert projector.asked == []
