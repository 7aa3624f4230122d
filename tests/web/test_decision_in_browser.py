"""The decision page in a real browser: does it fit, what do people's tools say, what does its form send."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from payback.plan_folder import PlanFolder
from tests.web.browsing import AXE, IN_BROWSER, SCHEMES, WIDTHS, barriers, opened, too_wide
from tests.web.projected import Answering, answer, hostile_answer
from tests.web.sample import write_ledger
from tests.web.server import serving, settings_for
from web.addresses import PAYBACK_PATH
from web.projector import BRIEF, Answer, NothingToProject
from web.report_settings import ReportSettings

QUERIES = ("", "?workload=search&pue=1.2&must_stay_in_house=on", "?workload=new-idea", "?pue=x")
"""Pays off; does not, with a plan; too early; refused."""

TO_COME = ("#swings", "#hosted")
"""What a brief answer leaves out; it takes as much room meanwhile."""
_HEIGHT = "(which) => document.querySelector(which).offsetHeight"

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> ReportSettings:
    ledger = write_ledger(tmp_path_factory.mktemp("browser") / "payback.db", [])
    return settings_for(ledger, projector=Answering())


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
async def test_the_page_fits_and_is_quiet_at_any_width(
    browser: Browser, settings: ReportSettings, width: int, scheme: str
) -> None:
    async with (
        serving(settings) as address,
        opened(browser, address, width, PAYBACK_PATH, color_scheme=scheme) as found,
    ):
        assert await too_wide(found.page) == []
        assert await found.page.evaluate("document.documentElement.scrollWidth") <= width
        assert [url for url in found.requests if not url.startswith(f"{address}/-/")] == []
    assert found.complaints == []


@pytest.mark.parametrize("width", [360, 1280])
async def test_names_that_mean_harm_break_neither_the_page_nor_its_width(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    ledger = write_ledger(tmp_path / "payback.db", [])
    async with (
        serving(settings_for(ledger, projector=Answering(hostile_answer))) as address,
        opened(browser, address, width, PAYBACK_PATH) as found,
    ):
        assert await too_wide(found.page) == []
        assert await found.page.locator("main img, main b, main script").count() == 0
    assert found.complaints == []


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm install --no-save axe-core")
async def test_axe_finds_no_barrier_where_there_is_no_answer(browser: Browser, tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "payback.db", [])
    nothing = Answering(lambda: NothingToProject("there are no calls"))
    for projector in (nothing, None):
        async with (
            serving(settings_for(ledger, projector=projector)) as address,
            opened(browser, address, 360, PAYBACK_PATH, bypass_csp=True) as found,
        ):
            assert await barriers(found.page) == []


async def test_the_form_works_without_a_script_and_the_address_holds_what_was_stated(
    browser: Browser, settings: ReportSettings
) -> None:
    async with (
        serving(settings) as address,
        opened(browser, address, 1280, PAYBACK_PATH, java_script_enabled=False) as found,
    ):
        page = found.page
        await page.get_by_text("Change the assumptions").click()
        await page.get_by_label("Operations").fill("8")
        await page.get_by_label("No call may leave the house").check()
        await page.get_by_role("button", name="Ask again").click()
        assert page.url == f"{address}{PAYBACK_PATH}?ops_h_per_month=8&must_stay_in_house=on"
        assert await page.get_by_label("Operations").input_value() == "8"
        await page.get_by_role("link", name="search").click()
        assert page.url.endswith("?workload=search&ops_h_per_month=8&must_stay_in_house=on")
        assert await page.locator("#verdict h2").inner_text() == "search"
        await page.get_by_role("link", name="Back to the defaults").click()
        assert page.url == f"{address}{PAYBACK_PATH}?workload=search"


async def test_the_bars_say_the_same_as_the_table_of_months(
    browser: Browser, settings: ReportSettings
) -> None:
    async with serving(settings) as address, opened(browser, address, 1280, PAYBACK_PATH) as found:
        heights = await found.page.eval_on_selector_all(
            ".histogram .bar", "(bars) => bars.map((bar) => Number(bar.getAttribute('height')))"
        )
        shares = await found.page.eval_on_selector_all(
            "#month-numbers data", "(all) => all.map((one) => Number(one.value))"
        )
    assert len(heights) == len(shares) > 3
    scale = max(heights) / max(shares)
    assert heights == pytest.approx([share * scale for share in shares], abs=2)


async def test_the_heat_map_says_the_same_as_the_table_of_hours(
    browser: Browser, settings: ReportSettings
) -> None:
    async with serving(settings) as address, opened(browser, address, 1280, PAYBACK_PATH) as found:
        titles = await found.page.locator(".heat title").all_text_contents()
        cells = await found.page.locator("#week-numbers td").all_text_contents()
    assert len(titles) == len(cells) == 168
    by_day = [cells[hour * 7 + day] for day in range(7) for hour in range(24)]
    assert [title.split(": ")[1].removesuffix(" taken") for title in titles] == by_day


async def test_on_paper_every_number_is_there_and_no_form(browser: Browser, settings: ReportSettings) -> None:
    async with (
        serving(settings) as address,
        opened(browser, address, 794, PAYBACK_PATH, color_scheme="dark") as found,
    ):
        await found.page.emulate_media(media="print")
        for table in ("#month-numbers table", "#week-numbers table", "#swing-numbers table"):
            assert await found.page.locator(table).is_visible()
        assert await found.page.locator("#ask").is_hidden()
        assert await found.page.evaluate("document.documentElement.scrollWidth") <= 794
        paper = await found.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"


def answering() -> Answering:
    """As the plan has it: pays off unless operations take 20 hours or more; the calls stay the same."""
    given = Answering()

    def give() -> Answer:
        plan = given.asked[-1]
        told = answer(brief=bool(plan.get(BRIEF)))
        hours = plan.get("assumptions", {}).get("ops_h_per_month", 0)  # type: ignore[attr-defined]
        shown = [each for each in told["projections"] if plan.get("workload") in (None, each["workload"])]
        for each in shown:
            each["pays_off"] = hours < 20
            each["sentence"] = f"{each['workload']}: {hours:g} hours are taken for granted."
        return {**told, "projections": shown}

    given.give = give
    return given


@pytest.fixture
def answers(tmp_path: Path) -> ReportSettings:
    ledger = write_ledger(tmp_path / "payback.db", [])
    return settings_for(ledger, projector=answering(), plans=PlanFolder(ledger))


async def test_a_changed_assumption_is_drawn_without_another_page(
    browser: Browser, answers: ReportSettings
) -> None:
    async with serving(answers) as address, opened(browser, address, path=PAYBACK_PATH) as found:
        page = found.page
        await page.evaluate("document.body.dataset.same = 'yes'")
        await page.get_by_text("Change the assumptions").click()
        field = page.get_by_label("Operations")
        await field.fill("30")
        await page.locator("#verdict").get_by_text("30 hours are taken for granted.").wait_for()
        await page.locator("#ask-state").get_by_text("support-bot: Does not pay off.").wait_for()
        assert page.url == f"{address}{PAYBACK_PATH}?ops_h_per_month=30"
        assert await page.evaluate("document.activeElement.name") == "ops_h_per_month"
        assert await page.locator("#stated").get_by_text("Operations: 30").is_visible()
        assert (
            await page.locator("form.viewer [name=back]").input_value()
            == f"{PAYBACK_PATH}?ops_h_per_month=30"
        )
        await page.locator("#workloads").get_by_text("Does not pay off").nth(2).wait_for()
        assert await page.locator("#swings figure").count() == 1
        await page.go_back()
        await page.locator("#verdict").get_by_text("0 hours are taken for granted.").wait_for()
        assert await field.input_value() == ""
        assert await page.evaluate("document.body.dataset.same") == "yes"
    assert found.complaints == []


async def test_what_is_not_of_the_new_question_says_so_until_it_is(
    browser: Browser, answers: ReportSettings
) -> None:
    """The workload that is shown is asked about first, then all."""
    async with serving(answers) as address, opened(browser, address, path=PAYBACK_PATH) as found:
        page = found.page
        await page.clock.install()
        await page.reload()
        await page.get_by_text("Change the assumptions").click()
        await page.locator("#swing-numbers > summary").click()
        heights = [await page.evaluate(_HEIGHT, to_come) for to_come in TO_COME]
        await page.get_by_label("Operations").fill("30")
        await page.get_by_label("Operations").blur()
        await page.locator("#verdict").get_by_text("30 hours").wait_for()
        assert await page.locator("#workloads .badge").all_inner_texts() == [
            "Does not pay off", "Being worked out", "Being worked out",
        ]  # fmt: skip
        assert [await page.evaluate(_HEIGHT, to_come) for to_come in TO_COME] == heights
        for to_come in TO_COME:
            assert "Being worked out." in await page.locator(to_come).inner_text()
            assert await page.locator(f"{to_come} table").count() == 0
        other = await page.locator("#workloads a").nth(1).get_attribute("href")
        assert other == f"{address}{PAYBACK_PATH}?workload=search&ops_h_per_month=30"
        await page.clock.fast_forward(2000)
        await page.locator("#workloads").get_by_text("Does not pay off").nth(2).wait_for()
        assert await page.locator("#swings figure").count() == 1
        assert await page.locator("#swing-numbers table").is_visible()
    assert found.complaints == []


async def test_what_cannot_be_asked_is_said_and_the_last_answer_stays(
    browser: Browser, answers: ReportSettings
) -> None:
    async with serving(answers) as address, opened(browser, address, path=PAYBACK_PATH) as found:
        page = found.page
        await page.get_by_text("Change the assumptions").click()
        await page.get_by_label("Operations").fill("-5")
        await page.get_by_label("Operations").blur()
        await page.locator("#ask-state").get_by_text("The numbers below are those of before.").wait_for()
        assert "Operations:" in await page.locator("#ask-state").inner_text()
        assert await page.locator("#verdict").get_by_text("0 hours").is_visible()
        assert page.url == f"{address}{PAYBACK_PATH}"
    assert found.complaints == []


async def test_a_page_left_open_says_when_nobody_answers(browser: Browser, answers: ReportSettings) -> None:
    made = await browser.new_context()
    async with serving(answers) as address:
        page = await made.new_page()
        await page.goto(f"{address}{PAYBACK_PATH}")
    await page.get_by_text("Change the assumptions").click()
    await page.get_by_label("Operations").fill("30")
    await page.locator("#ask-state").get_by_text("payback does not answer.").wait_for()
    await made.close()


async def test_a_plan_is_saved_opened_and_deleted_without_a_script(
    browser: Browser, answers: ReportSettings
) -> None:
    async with (
        serving(answers) as address,
        opened(browser, address, 1280, f"{PAYBACK_PATH}?pue=1.2", java_script_enabled=False) as found,
    ):
        page = found.page
        await page.get_by_label("Save as a plan named").fill("cheap-power")
        await page.get_by_role("button", name="Save").click()
        assert page.url == f"{address}{PAYBACK_PATH}?pue=1.2#ask"
        await page.goto(f"{address}{PAYBACK_PATH}")
        await page.get_by_role("link", name="cheap-power", exact=True).click()
        assert page.url == f"{address}{PAYBACK_PATH}?pue=1.2#ask"
        await page.get_by_role("button", name="Delete cheap-power").click()
        assert await page.get_by_role("link", name="cheap-power").count() == 0


async def test_a_plan_is_saved_as_the_page_has_drawn_it_last(
    browser: Browser, answers: ReportSettings, tmp_path: Path
) -> None:
    async with serving(answers) as address, opened(browser, address, path=PAYBACK_PATH) as found:
        page = found.page
        await page.get_by_text("Change the assumptions").click()
        await page.get_by_label("Operations").fill("30")
        await page.get_by_label("Save as a plan named").fill("thirty")
        await page.get_by_role("button", name="Save").click()
        await page.get_by_role("link", name="thirty", exact=True).wait_for()
    assert "ops_h_per_month = 30" in PlanFolder(tmp_path / "payback.db").read("thirty")
    assert "workload" not in PlanFolder(tmp_path / "payback.db").read("thirty")
