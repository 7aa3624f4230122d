"""Named plans over HTTP: saved, listed, opened, downloaded, deleted; and by nobody else's page."""

import tomllib
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import ClientSession

from payback.plan_folder import PlanFolder
from tests.web.projected import Answering
from tests.web.sample import write_ledger
from tests.web.server import Answer, asked, serving, settings_for
from web.addresses import PAYBACK_PATH
from web.plan_query import BadQuery
from web.plans.as_query import asked_of_toml
from web.plans.routes import PLANS_PATH
from web.report_settings import ReportSettings

QUERY = "workload=search&pue=1.2&must_stay_in_house=on&hardware=RTX+4090&first_token_s=0.5"


@pytest.fixture
def shelf(tmp_path: Path) -> PlanFolder:
    return PlanFolder(tmp_path / "payback.db")


@pytest.fixture
def settings(tmp_path: Path, shelf: PlanFolder) -> ReportSettings:
    ledger = write_ledger(tmp_path / "payback.db", [])
    return settings_for(ledger, projector=Answering(), plans=shelf)


async def posted(url: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Answer:
    async with (
        ClientSession() as client,
        client.post(url, data=fields, headers=headers, allow_redirects=False) as answer,
    ):
        return Answer(answer.status, answer.headers, await answer.text())


async def test_what_was_asked_is_saved_listed_and_asked_again(settings: ReportSettings) -> None:
    async with serving(settings) as address:
        saved = await posted(f"{address}{PLANS_PATH}", {"name": "cheap", "query": QUERY})
        assert saved.status == 303
        page = await asked(f"{address}{PAYBACK_PATH}")
        opened = await asked(f"{address}{PLANS_PATH}/cheap")
    assert f'href="{PLANS_PATH}/cheap"' in page.text
    assert "payback project --plan payback.db.plans/cheap.toml" in page.text
    leads_to = urlsplit(opened.headers["Location"])
    assert (opened.status, leads_to.path) == (303, PAYBACK_PATH)
    assert sorted(parse_qsl(leads_to.query)) == sorted(parse_qsl(QUERY))


async def test_a_saved_plan_can_be_downloaded_as_it_is(settings: ReportSettings) -> None:
    async with serving(settings) as address:
        await posted(f"{address}{PLANS_PATH}", {"name": "cheap", "query": QUERY})
        file = await asked(f"{address}{PLANS_PATH}/cheap/plan.toml")
    assert file.headers["Content-Type"] == "application/toml; charset=utf-8"
    assert file.headers["Content-Disposition"] == 'attachment; filename="cheap.toml"'
    assert tomllib.loads(file.text) == {
        "workload": "search",
        "assumptions": {"pue": 1.2},
        "constraints": {"must_stay_in_house": True, "first_token_s": 0.5},
        "course": [{"hardware": "RTX 4090"}],
    }


async def test_a_plan_is_deleted_and_leads_back_to_what_was_looked_at(
    settings: ReportSettings, shelf: PlanFolder
) -> None:
    shelf.save("cheap", "")
    async with serving(settings) as address:
        gone = await posted(f"{address}{PLANS_PATH}/cheap/delete", {"query": "pue=1.2"})
        again = await posted(f"{address}{PLANS_PATH}/cheap/delete", {})
    assert (gone.status, gone.headers["Location"]) == (303, f"{PAYBACK_PATH}?pue=1.2#ask")
    assert again.status == 404
    assert list(shelf.names()) == []


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"name": "../x", "query": QUERY}, 400, "write 1 to 48 letters"),
        ({"name": "", "query": QUERY}, 400, "write 1 to 48 letters"),
        ({"name": "taken", "query": QUERY}, 409, "already"),
        ({"name": "a", "query": "pue=9"}, 400, "pue is"),
        ({"name": "a", "query": "nothing=1"}, 400, "no field of this page"),
        ({"name": "a", "query": ""}, 400, "nothing is stated"),
        ({"name": "<b>"}, 400, "nothing is stated"),
    ],
)
async def test_what_cannot_be_saved_is_refused_in_a_sentence(
    settings: ReportSettings, shelf: PlanFolder, fields: dict[str, str], status: int, words: str
) -> None:
    shelf.save("taken", "# mine\n")
    async with serving(settings) as address:
        answer = await posted(f"{address}{PLANS_PATH}", fields)
    assert answer.status == status
    assert words in answer.text
    assert list(shelf.names()) == ["taken"]
    assert shelf.read("taken") == "# mine\n"


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
async def test_another_sites_page_neither_saves_nor_deletes(
    settings: ReportSettings, shelf: PlanFolder, headers: dict[str, str]
) -> None:
    shelf.save("mine", "")
    async with serving(settings) as address:
        saved = await posted(f"{address}{PLANS_PATH}", {"name": "theirs", "query": QUERY}, headers)
        deleted = await posted(f"{address}{PLANS_PATH}/mine/delete", {}, headers)
    assert (saved.status, deleted.status) == (403, 403)
    assert list(shelf.names()) == ["mine"]


async def test_nothing_is_deleted_by_a_link(settings: ReportSettings, shelf: PlanFolder) -> None:
    shelf.save("mine", "")
    async with serving(settings) as address:
        for path in (PLANS_PATH, f"{PLANS_PATH}/mine/delete"):
            assert (await asked(f"{address}{path}")).status == 404
    assert list(shelf.names()) == ["mine"]


async def test_a_plan_with_more_than_the_page_has_fields_for_is_not_asked_wrongly(
    settings: ReportSettings, shelf: PlanFolder
) -> None:
    shelf.save("two", '[[course]]\nhardware = "RTX 4090"\n[[course]]\nhardware = "H100"\n')
    async with serving(settings) as address:
        answer = await asked(f"{address}{PLANS_PATH}/two")
        missing = await asked(f"{address}{PLANS_PATH}/none")
    assert (answer.status, missing.status) == (422, 404)
    assert "payback project --plan takes the file" in answer.text


@pytest.mark.parametrize(
    "toml",
    [
        "pue = ",
        "pue = " + "9" * 5000,
        "pue = 1.2",
        "assumptions = 3",
        "[assumptions]\npue = { value = 1.2 }",
        "[assumptions]\npue = 99",
        "[constraints]\nmust_stay_in_house = false",
        "course = [1]",
        "[volume]\nmodel = 'gpt-4o'",
        "seed = 3",
    ],
)
def test_a_file_that_no_address_can_ask_for_is_refused(toml: str) -> None:
    with pytest.raises(BadQuery):
        asked_of_toml(toml)


async def test_without_a_shelf_nothing_is_offered(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "payback.db", [])
    async with serving(settings_for(ledger, projector=Answering())) as address:
        page = await asked(f"{address}{PAYBACK_PATH}?pue=1.2")
        saved = await posted(f"{address}{PLANS_PATH}", {"name": "a", "query": QUERY})
    assert "Save as a plan" not in page.text
    assert saved.status == 404


async def test_a_folder_that_cannot_be_read_keeps_nobody_from_the_answer(
    settings: ReportSettings, tmp_path: Path
) -> None:
    (tmp_path / "payback.db.plans").touch()
    async with serving(settings) as address:
        page = await asked(f"{address}{PAYBACK_PATH}?pue=1.2")
        saved = await posted(f"{address}{PLANS_PATH}", {"name": "a", "query": QUERY})
    assert page.status == 200
    assert saved.status == 503
    assert "cannot be used" in saved.text
