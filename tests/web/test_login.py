"""Signing in, as browsers and programs do it: asked of a real server."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientSession

from tests.web.sample import hostile_entries, write_ledger
from tests.web.server import BASE_URL, Answer, asked, serving, settings_for
from tests.web.test_security import basic
from web.addresses import LOGIN_PATH, LOGOUT_PATH
from web.login.door import COOKIE
from web.login.form import PLACE
from web.login.routes import LONGEST_TO
from web.login.sessions import IDLE_S

PASSWORD = "correct horse: battery"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
REPORT = "/-/report"


@dataclass
class Clock:
    now_s: float = 1000.0


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ledger(tmp_path_factory.mktemp("login") / "our-books.db", list(hostile_entries()))


@asynccontextmanager
async def guarded(
    ledger: Path, clock: Clock | None = None, *, notices: Sequence[str] = (), **entrance: Any
) -> AsyncIterator[str]:
    kept = clock or Clock()
    settings = settings_for(ledger, notices=lambda: notices)
    async with serving(settings, password=PASSWORD, uptime_s=lambda: kept.now_s, **entrance) as address:
        yield address


async def sent(url: str, headers: dict[str, str] | None = None, **fields: str) -> Answer:
    async with (
        ClientSession() as client,
        client.post(url, data=fields, headers=headers, allow_redirects=False) as answer,
    ):
        return Answer(answer.status, answer.headers, await answer.text())


async def signed_in(address: str) -> dict[str, str]:
    """The header that a browser sends from then on."""
    answer = await sent(address + LOGIN_PATH, password=PASSWORD)
    assert answer.status == 303, answer.text
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}


async def test_a_browser_is_led_to_the_form_and_then_to_the_page_that_it_asked_for(ledger: Path) -> None:
    asked_for = f"{REPORT}/calls?outcome=failed&model=gpt-4o"
    async with guarded(ledger) as address:
        led = await asked(address + asked_for, HTML)
        assert (led.status, led.headers["Location"]) == (303, f"{LOGIN_PATH}?to={quote(asked_for, safe='')}")
        form = await asked(address + led.headers["Location"], HTML)
        assert f'name="to" value="{asked_for.replace("&", "&amp;")}"' in form.text
        answer = await sent(address + LOGIN_PATH, to=asked_for, password=PASSWORD)
        assert (answer.status, answer.headers["Location"]) == (303, asked_for)
        cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
        assert (await asked(address + asked_for, {**HTML, **cookie})).status == 200


async def test_who_has_not_signed_in_sees_the_form_whatever_was_asked_for(ledger: Path) -> None:
    async with guarded(ledger) as address:
        for path in (
            REPORT,
            "/-/",
            "/-/metrics",
            "/-/nothing",
            "/-/settings",
            "/-/%72eport",
            "/-/static/x.css",
        ):
            answer = await asked(address + path, HTML)
            assert (answer.status, answer.text) == (303, ""), path
            assert answer.headers["Location"].startswith(f"{LOGIN_PATH}?to="), path


async def test_the_form_says_nothing_of_the_ledger(ledger: Path) -> None:
    async with guarded(ledger, notices=["a notice of ours"]) as address:
        form = await asked(address + LOGIN_PATH, HTML)
        wrong = await sent(address + LOGIN_PATH, password="x")
    for answer in (form, wrong):
        for secret in (ledger.name, "our-books", BASE_URL, "127.0.0.1", "a notice", "/-/report/calls"):
            assert secret not in answer.text, secret
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "form-action 'self'" in answer.headers["Content-Security-Policy"]


async def test_the_place_of_the_button_for_signing_out_is_on_no_page_that_goes_out(ledger: Path) -> None:
    async with guarded(ledger) as address:
        cookie = await signed_in(address)
        assert "Sign out" in (await asked(address + REPORT, cookie)).text
        assert PLACE not in (await asked(address + REPORT, cookie)).text
    async with serving(settings_for(ledger)) as address:
        assert PLACE not in (await asked(address + REPORT)).text


async def test_the_form_works_without_a_script(ledger: Path) -> None:
    async with guarded(ledger) as address:
        assert "<script" not in (await asked(address + LOGIN_PATH, HTML)).text


async def test_the_cookie_is_for_these_pages_alone_and_no_script_reads_it(ledger: Path) -> None:
    async with guarded(ledger) as address:
        answer = await sent(address + LOGIN_PATH, password=PASSWORD)
    first, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert first.startswith(f"{COOKIE}=")
    assert sorted(attributes) == ["HttpOnly", "Path=/-/", "SameSite=Lax"]


@pytest.mark.parametrize(
    ("proxies", "is_secure"), [(["127.0.0.1"], True), (["192.0.2.1"], False), ([], False)]
)
async def test_behind_a_configured_proxy_with_tls_the_cookie_is_for_tls_alone(
    ledger: Path, proxies: list[str], is_secure: bool
) -> None:
    """Anybody can write the header: only the configuration says whose it is."""
    async with guarded(ledger, proxies=[ip_network(proxy) for proxy in proxies]) as address:
        answer = await sent(address + LOGIN_PATH, {"X-Forwarded-Proto": "https"}, password=PASSWORD)
    assert ("Secure" in answer.headers["Set-Cookie"]) is is_secure


ELSEWHERE = (
    "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "/-\\/evil.example",
    "/-/\\evil.example", "javascript:alert(1)", "/v1/models", "/", "", "/-/report\r\nX: y", "/-/a b",
    LOGIN_PATH, f"{LOGIN_PATH}?to=/-/report", LOGOUT_PATH, "/-/" + "x" * LONGEST_TO, "/-/r\u00e9port",
)  # fmt: skip


async def test_nobody_is_led_to_another_place(ledger: Path) -> None:
    async with guarded(ledger) as address:
        for to in ELSEWHERE:
            answer = await sent(address + LOGIN_PATH, to=to, password=PASSWORD)
            cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
            again = await asked(f"{address}{LOGIN_PATH}?to={quote(to)}", {**HTML, **cookie})
            assert (answer.status, answer.headers["Location"]) == (303, REPORT), to
            assert (again.status, again.headers["Location"]) == (303, REPORT), to


async def test_a_wrong_password_opens_nothing_and_the_form_comes_again(ledger: Path) -> None:
    clock = Clock()
    async with guarded(ledger, clock) as address:
        for given in ("", "canary", PASSWORD[:-1], PASSWORD + " ", PASSWORD.upper()):
            clock.now_s += 1000
            answer = await sent(address + LOGIN_PATH, to=f"{REPORT}/months", password=given)
            assert answer.status == 403
            assert "That is not the password." in answer.text
            assert 'name="to" value="/-/report/months"' in answer.text
            assert "Set-Cookie" not in answer.headers
            assert not given or given not in answer.text


async def test_a_cookie_of_ones_own_making_is_no_session(ledger: Path) -> None:
    async with guarded(ledger) as address:
        for cookie in ("", "x", "a" * 43, '"quoted"', "\xff"):
            answer = await asked(address + REPORT, {**HTML, "Cookie": f"{COOKIE}={cookie}"})
            assert answer.status == 303, cookie


async def test_who_signs_out_is_out_and_others_are_not(ledger: Path) -> None:
    async with guarded(ledger) as address:
        mine, theirs = await signed_in(address), await signed_in(address)
        page = await asked(address + REPORT, mine)
        assert f'action="{LOGOUT_PATH}"' in page.text
        answer = await sent(address + LOGOUT_PATH, mine)
        assert (answer.status, answer.headers["Location"]) == (303, LOGIN_PATH)
        assert f'{COOKIE}=""' in answer.headers["Set-Cookie"]
        assert (await asked(address + REPORT, {**HTML, **mine})).status == 303
        assert (await asked(address + REPORT, {**HTML, **theirs})).status == 200


async def test_signing_in_anew_ends_the_session_before(ledger: Path) -> None:
    """And gives a new token: one that somebody else has put into the browser is worth nothing."""
    async with guarded(ledger) as address:
        before = await signed_in(address)
        answer = await sent(address + LOGIN_PATH, before, password=PASSWORD)
        after = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
        assert after != before
        assert (await asked(address + REPORT, {**HTML, **before})).status == 303
        assert (await asked(address + REPORT, {**HTML, **after})).status == 200


async def test_a_session_ends_when_nobody_uses_it_and_when_payback_starts_again(ledger: Path) -> None:
    clock = Clock()
    async with guarded(ledger, clock) as address:
        cookie = await signed_in(address)
        clock.now_s += IDLE_S
        assert (await asked(address + REPORT, {**HTML, **cookie})).status == 200
        clock.now_s += IDLE_S + 1
        assert (await asked(address + REPORT, {**HTML, **cookie})).status == 303
        cookie = await signed_in(address)
    async with guarded(ledger, clock) as address:
        assert (await asked(address + REPORT, {**HTML, **cookie})).status == 303


@pytest.mark.parametrize("path", ["/-/api/months", "/-/metrics", REPORT])
async def test_a_program_is_answered_401_and_gets_in_with_basic(ledger: Path, path: str) -> None:
    async with guarded(ledger) as address:
        answer = await asked(address + path)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="payback", charset="UTF-8"'
        page = await asked(address + path, basic(PASSWORD))
    assert page.status in (200, 404)  # the metrics are not the report's
    assert LOGOUT_PATH not in page.text, "there is no session to end"


async def test_the_api_answers_a_browser_in_its_own_shape(ledger: Path) -> None:
    async with guarded(ledger) as address:
        answer = await asked(f"{address}/-/api/months", HTML)
    assert answer.status == 401
    assert '"type": "unauthorized"' in answer.text


@pytest.mark.parametrize("headers", [{"Cookie": f"{COOKIE}=over"}, {"Sec-Fetch-Mode": "cors"}])
async def test_a_script_whose_session_is_over_does_not_bring_up_the_browsers_own_dialog(
    ledger: Path, headers: dict[str, str]
) -> None:
    async with guarded(ledger) as address:
        answer = await asked(address + REPORT, {"Accept": "*/*", **headers})
    assert answer.status == 401
    assert not answer.headers["WWW-Authenticate"].lower().startswith("basic")


FOREIGN = [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
           {"Origin": "null"}]  # fmt: skip


@pytest.mark.parametrize("headers", FOREIGN)
async def test_another_sites_page_can_post_nothing_with_the_cookie_or_the_password_that_a_browser_adds(
    ledger: Path, headers: dict[str, str]
) -> None:
    async with guarded(ledger) as address:
        cookie = await signed_in(address)
        for path in (LOGIN_PATH, LOGOUT_PATH, "/-/settings", "/-/api/project", "/-/nothing"):
            for credential in (cookie, basic(PASSWORD), {}):
                answer = await sent(address + path, {**HTML, **headers, **credential}, password=PASSWORD)
                assert answer.status == 403
                assert "Set-Cookie" not in answer.headers
        assert (await asked(address + REPORT, {**HTML, **cookie})).status == 200, "nobody was signed out"


async def test_our_own_page_may_post(ledger: Path) -> None:
    async with guarded(ledger) as address:
        own = {"Origin": address, "Sec-Fetch-Site": "same-origin"}
        assert (await sent(address + LOGIN_PATH, own, password=PASSWORD)).status == 303


async def test_without_a_password_there_is_nothing_to_sign_in_to(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        page = await asked(address + REPORT, HTML)
        assert page.status == 200
        assert LOGOUT_PATH not in page.text
        for answer in (
            await asked(address + LOGIN_PATH, HTML),
            await sent(address + LOGIN_PATH, password="x"),
        ):
            assert (answer.status, answer.headers["Location"]) == (303, REPORT)
        assert (await sent(address + LOGOUT_PATH)).status == 303
        assert (await asked(address + LOGIN_PATH, {**HTML, "Host": "evil.example"})).status == 403
