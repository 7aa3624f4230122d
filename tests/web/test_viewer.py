"""The form in every page's foot: what it sets, for whom, and who may not set it."""

from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.web.sample import NOW, varied_entries, write_ledger
from tests.web.server import Answer, asked, serving, settings_for
from web.rendering import CALLS_PATH, REPORT_PATH
from web.viewer import COOKIE, SETTINGS_PATH


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "payback.db", varied_entries())


async def sent(address: str, headers: dict[str, str] | None = None, **fields: str) -> Answer:
    async with (
        ClientSession() as client,
        client.post(
            f"{address}{SETTINGS_PATH}", data=fields, headers=headers, allow_redirects=False
        ) as answer,
    ):
        return Answer(answer.status, answer.headers.copy(), await answer.text())


async def test_times_are_in_the_zone_that_was_set_and_days_are_not(ledger: Path) -> None:
    """Read at 14:30:05 UTC, which is 20:15:05 in Kathmandu."""
    assert f"{NOW:%H:%M:%S}" == "14:30:05"
    async with serving(settings_for(ledger)) as address:
        utc = await asked(f"{address}{REPORT_PATH}")
        there = await asked(f"{address}{REPORT_PATH}", {"Cookie": f"{COOKIE}=Asia/Kathmandu"})
    assert ">2026-11-22 14:30:05</time>" in utc.text
    assert ">2026-11-22 20:15:05</time>" in there.text
    assert 'value="Asia/Kathmandu"' in there.text
    assert utc.text.count("November 2026") == there.text.count("November 2026")


async def test_setting_a_zone_leads_back_to_the_page_it_was_set_on(ledger: Path) -> None:
    back = f"{CALLS_PATH}?outcome=failed&limit=%C3%A4"
    async with serving(settings_for(ledger)) as address:
        answer = await sent(address, zone="Europe/Berlin", back=back)
    assert (answer.status, answer.headers["Location"]) == (303, back)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith((f"{COOKIE}=Europe/Berlin; ", f'{COOKIE}="Europe/Berlin"; '))
    for word in ("HttpOnly", "Path=/-/", "SameSite=Strict"):
        assert word in cookie


async def test_a_form_says_where_it_stands(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        page = await asked(f"{address}{REPORT_PATH}?month=2026-11")
        nowhere = await asked(f"{address}/-/nothing")
    assert f'name="back" value="{REPORT_PATH}?month=2026-11"' in page.text
    assert f'name="back" value="{REPORT_PATH}"' in nowhere.text


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example/",
        "/-/reports",
        "/-/report\r\nX: y",
        f"{REPORT_PATH}?{'x' * 3000}",
        "",
    ],
)
async def test_nobody_is_led_to_another_place(ledger: Path, back: str) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await sent(address, zone="UTC", back=back)
    assert (answer.status, answer.headers["Location"]) == (303, REPORT_PATH)


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
async def test_another_sites_page_sets_nothing(ledger: Path, headers: dict[str, str]) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await sent(address, headers, zone="Europe/Berlin")
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers


async def test_a_zone_that_there_is_not_is_answered_with_the_nearest(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await sent(address, zone="berlin")
    assert answer.status == 400
    assert "Europe/Berlin" in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("cookie", ["../../etc/passwd", "Mars", '"<script>"', "\xff"])
async def test_a_cookie_that_says_nothing_is_utc(ledger: Path, cookie: str) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await asked(f"{address}{REPORT_PATH}", {"Cookie": f"{COOKIE}={cookie}"})
    assert answer.status == 200
    assert 'name="zone" value="UTC"' in answer.text


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"zone=%ff%fe", b"zone=" + b"x" * 100_000, b"&" * 9000, b"zone=%00"]
)
async def test_a_body_that_is_no_form_is_no_fault(ledger: Path, body: bytes) -> None:
    odd = {"Content-Type": "multipart/form-data; charset=nothing"}
    async with (
        serving(settings_for(ledger)) as address,
        ClientSession() as client,
        client.post(f"{address}{SETTINGS_PATH}", data=body, headers=odd, allow_redirects=False) as answer,
    ):
        assert answer.status in (303, 400)
