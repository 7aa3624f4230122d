"""Who guesses waits, whoever else wants in does not."""

import asyncio
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.web.server import Answer, asked
from tests.web.test_login import HTML, PASSWORD, REPORT, Clock, guarded, ledger, sent, signed_in
from tests.web.test_security import basic
from web.addresses import LOGIN_PATH
from web.login.attempts import FREE

__all__ = ["ledger"]
PROXY = [ip_network("127.0.0.1")]


def forwarded(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


async def guessed(address: str, number: int, headers: dict[str, str] | None = None) -> list[Answer]:
    return [
        await sent(address + LOGIN_PATH, headers, password=f"guess {attempt}") for attempt in range(number)
    ]


async def test_after_some_wrong_passwords_even_the_right_one_waits_and_then_gets_in(ledger: Path) -> None:
    """Else whoever guesses would see which one was right."""
    clock = Clock()
    async with guarded(ledger, clock) as address:
        assert {answer.status for answer in await guessed(address, FREE)} == {403}
        early = await sent(address + LOGIN_PATH, password=PASSWORD)
        assert (early.status, early.headers["Retry-After"]) == (429, "1")
        assert "Try again in 1 seconds" in early.text
        clock.now_s += 1
        assert (await sent(address + LOGIN_PATH, password=PASSWORD)).status == 303


async def test_many_guesses_at_once_are_no_more_than_one_after_another(ledger: Path) -> None:
    async with guarded(ledger) as address:
        answers = await asyncio.gather(*(guessed(address, 1) for _ in range(40)))
    statuses = [answer.status for (answer,) in answers]
    assert (statuses.count(403), statuses.count(429)) == (FREE, 40 - FREE)


async def test_a_guess_by_basic_waits_too_and_is_told_in_the_apis_shape(ledger: Path) -> None:
    async with guarded(ledger) as address:
        for _ in range(FREE):
            assert (await asked(address + REPORT, basic("guess"))).status == 401
        answer = await asked(f"{address}/-/api/months", basic(PASSWORD))
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        assert '"type": "too_many_requests"' in answer.text


async def test_who_guesses_at_the_form_does_not_hold_up_a_program_and_nobody_who_has_signed_in(
    ledger: Path,
) -> None:
    async with guarded(ledger) as address:
        cookie = await signed_in(address)
        await guessed(address, FREE + 3)
        assert (await asked(address + REPORT, basic(PASSWORD))).status == 200
        assert (await asked(address + REPORT, {**HTML, **cookie})).status == 200


async def test_what_comes_without_a_password_is_no_guess(ledger: Path) -> None:
    async with guarded(ledger) as address:
        for headers in ({}, HTML, {"Authorization": "Bearer x"}, {"Authorization": "Basic !"}) * FREE:
            await asked(address + REPORT, headers)
        assert (await asked(address + REPORT, basic(PASSWORD))).status == 200


async def test_behind_a_configured_proxy_each_address_waits_for_itself(ledger: Path) -> None:
    async with guarded(ledger, proxies=PROXY) as address:
        guesses = await guessed(address, FREE + 1, forwarded("198.51.100.9"))
        assert guesses[-1].status == 429
        mine = await sent(address + LOGIN_PATH, forwarded("192.0.2.7"), password=PASSWORD)
        assert mine.status == 303


async def test_who_writes_other_addresses_into_its_requests_waits_all_the_same(ledger: Path) -> None:
    """Without a proxy in front, and with one, which adds the true address at the end."""
    async with guarded(ledger) as address:
        for attempt in range(FREE):
            await guessed(address, 1, forwarded(f"198.51.100.{attempt}"))
        assert (await guessed(address, 1, forwarded("198.51.100.99")))[0].status == 429
    async with guarded(ledger, proxies=PROXY) as address:
        for attempt in range(FREE):
            await guessed(address, 1, forwarded(f"203.0.113.{attempt}, 198.51.100.9"))
        assert (await guessed(address, 1, forwarded("203.0.113.99, 198.51.100.9")))[0].status == 429


async def test_a_wrong_password_is_logged_by_its_address_and_not_by_what_it_was(
    ledger: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with guarded(ledger) as address:
        await sent(address + LOGIN_PATH, password="nearly-canary")
        await asked(address + REPORT, basic("nearly-canary"))
    assert caplog.text.count("a wrong password for the report came from 127.0.0.1") == 2
    assert "canary" not in caplog.text
