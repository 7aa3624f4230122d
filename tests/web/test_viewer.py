"""The form in every page's foot: what it sets, for whom, and who may not set it."""

import re
from pathlib import Path

import pytest
from aiohttp import ClientSession

from ledger.period import us_of
from ledger.usage import TokenUsage
from payback.settings import Settings
from payback.wiring import price_book
from tests.web.sample import NOW, PRICES, entry_at, varied_entries, write_ledger
from tests.web.server import Answer, asked, serving, settings_for
from web.addresses import CALLS_PATH, REPORT_PATH
from web.report_settings import Writing
from web.viewer import COOKIE, DATES_COOKIE, NUMBERS_COOKIE, SETTINGS_PATH

WRITING = Writing(problem=None, spool_problem=None, spooled=3, disk_free_bytes=9 * 10**9, disk_bytes=10**11)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    known = entry_at(
        us_of(NOW.date()),
        provider="openai",
        request_model="gpt-4o-mini",
        usage=TokenUsage(input_tokens=1000),
        usage_basis="reported",
        price=PRICES[2],
    )
    return write_ledger(tmp_path / "payback.db", [*varied_entries(), known])


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
    assert ">22 Nov 2026 14:30:05 UTC</time>" in utc.text
    assert ">22 Nov 2026 20:15:05 UTC+05:45</time>" in there.text
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


BOOK = price_book(Settings())
OWN_WORDS_BUT = r"<(code|pre|bdi|script|select|style)\b.*?</\1>|<title>[^<]*</title>|<[^>]*>"
EVERY_PAGE = ("", "/calls", "/prices", "/months", "/health")


@pytest.mark.parametrize("path", EVERY_PAGE)
async def test_numbers_and_days_read_as_they_were_set_on_every_page(ledger: Path, path: str) -> None:
    """No number has the other language's signs: neither 1,234 nor 0.5 stands in any text."""
    cookies = {"Cookie": f"{NUMBERS_COOKIE}=point-comma; {DATES_COOKIE}=iso"}
    async with serving(settings_for(ledger, writing=lambda: WRITING, book=lambda: BOOK)) as address:
        page = await asked(f"{address}{REPORT_PATH}{path}", cookies)
    text = re.sub(OWN_WORDS_BUT, " ", page.text, flags=re.DOTALL)
    assert re.findall(r"(?<![\w.,-])[1-9]\d{0,2}(?:,\d{3})+(?![\d,])", text) == []
    assert re.findall(r"\$[\d.]*\.\d\d?\b|\d\.\d%|\d\.\d m?s\b", text) == []
    assert re.search(r"\d\.\d{3}|\d,\d", text)
    assert "22 Nov" not in text


async def test_the_browsers_languages_hold_until_something_is_set(ledger: Path) -> None:
    german = {"Accept-Language": "de-DE,de;q=0.9,en;q=0.8"}
    async with serving(settings_for(ledger)) as address:
        unset = await asked(f"{address}{CALLS_PATH}", german)
        was_set = await asked(f"{address}{CALLS_PATH}", {**german, "Cookie": f"{DATES_COOKIE}=slashes"})
    assert ">22.11.2026 14:30:05 UTC</time>" in unset.text
    assert '<option value="dots" selected>' in unset.text
    assert ">11/22/2026 14:30:05 UTC</time>" in was_set.text
    assert '<option value="point-comma" selected>' in was_set.text


async def test_amounts_under_the_pointer_and_for_programs_are_the_same_to_everybody(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        pages = [
            (await asked(f"{address}{REPORT_PATH}", {"Accept-Language": language})).text
            for language in ("en", "de", "fr")
        ]
    told = [re.findall(r'<data[^>]* value="([^"]+)" title="([^" ]+) USD', page) for page in pages]
    assert told[0] == told[1] == told[2]
    assert len(told[0]) > 20
    assert all(value == title for value, title in told[0])


@pytest.mark.parametrize("path", ["/-/api/report?month=2026-11", f"{REPORT_PATH}/months/payback-2026-11.csv"])
async def test_neither_the_api_nor_a_file_has_anybodys_manner(ledger: Path, path: str) -> None:
    settings = {"Accept-Language": "de", "Cookie": f"{NUMBERS_COOKIE}=space-comma; {DATES_COOKIE}=slashes"}
    async with serving(settings_for(ledger)) as address:
        answers = [await asked(f"{address}{path}", headers) for headers in ({}, settings)]
    assert answers[0].status == answers[1].status == 200
    assert answers[0].text == answers[1].text


async def test_setting_numbers_and_days_keeps_them(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await sent(address, numbers="space-comma", dates="dots", back=REPORT_PATH)
    cookies = "; ".join(value for name, value in answer.headers.items() if name == "Set-Cookie")
    assert answer.status == 303
    assert f"{NUMBERS_COOKIE}=space-comma" in cookies
    assert f"{DATES_COOKIE}=dots" in cookies


@pytest.mark.parametrize(("name", "near"), [("numbers", "space-comma"), ("dates", "slashes")])
async def test_a_setting_that_there_is_not_is_refused_with_those_that_there_are(
    ledger: Path, name: str, near: str
) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await sent(address, None, **{name: "<b>x</b>"})
        unread = await asked(f"{address}{REPORT_PATH}", {"Cookie": f"payback_{name}=<b>"})
    assert (answer.status, unread.status) == (400, 200)
    assert f"{name} is &#34;&lt;b&gt;x&lt;/b&gt;&#34;; write one of" in answer.text
    assert near in answer.text
    assert "Set-Cookie" not in answer.headers
