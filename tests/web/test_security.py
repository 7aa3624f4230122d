"""Who may see what is under /-/: asked of a real server, with requests that a browser would not send too."""

import asyncio
import base64
from pathlib import Path

import pytest
from aiohttp import web

from tests.web.sample import write_ledger
from tests.web.server import asked, serving, settings_for
from web.security import Guard, without_port

PASSWORD = "correct horse: battery"
EVERYWHERE = (
    "/-/report", "/-/", "/-", "/-/nothing/here", "/-/static/report.css", "/-/metrics", "/-/healthzx",
    "/-/healthz/", "/-/readyz/", "/-/%72eport", "/%2d/report", "/%2D%2Freport",
)  # fmt: skip
FOREIGN_HOSTS = (
    "evil.example", "evil.example:8300", "127.0.0.1.evil.example", "localhost.", "", "localhost@evil.example",
    "0.0.0.0", "evil.example:localhost", "::1",
)  # fmt: skip


async def _ok(_: web.Request) -> web.Response:
    return web.Response(text="ok")


def other_rooms(app: web.Application) -> None:
    """What payback adds: pages of other rooms under /-/, and the proxy behind everything else."""
    app.router.add_get("/-/healthz", _ok)
    app.router.add_get("/-/readyz", _ok)
    app.router.add_get("/-/metrics", _ok)
    app.router.add_route("*", "/{path:.*}", _ok)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "payback.db", [])


def basic(password: str, user: str = "anybody") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def status_of_raw(address: str, head: str) -> int:
    """The status of the answer to a request as it stands, line by line."""
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{head}\r\nConnection: close\r\n\r\n".replace("\n", "\r\n").replace("\r\r", "\r").encode())
    line = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("path", EVERYWHERE)
async def test_without_a_password_a_foreign_host_name_is_refused_everywhere(
    ledger: Path, host: str, path: str
) -> None:
    """DNS rebinding: a page at evil.example has its own name point here and reads what its browser may."""
    async with serving(settings_for(ledger), other_rooms) as address:
        assert await status_of_raw(address, f"GET {path} HTTP/1.1\nHost: {host}") in (400, 403)


async def test_a_refusal_is_a_sentence_and_says_nothing_of_the_ledger(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await asked(f"{address}/-/report", {"Host": "evil.example"})
    assert answer.status == 403
    assert "host name" in answer.text
    assert ledger.name not in answer.text
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    "head",
    [
        "GET /-/report HTTP/1.0",
        "GET /-/report HTTP/1.1\nHost: localhost\nHost: evil.example",
        "GET http://evil.example/-/report HTTP/1.1\nHost: localhost",
        "GET http://localhost/-/report HTTP/1.1\nHost: evil.example",
    ],
)
async def test_a_request_whose_host_is_open_to_doubt_is_refused(ledger: Path, head: str) -> None:
    async with serving(settings_for(ledger), other_rooms) as address:
        assert await status_of_raw(address, head) in (400, 403)


@pytest.mark.parametrize("path", EVERYWHERE)
async def test_with_a_password_nothing_is_shown_without_it(ledger: Path, path: str) -> None:
    async with serving(settings_for(ledger), other_rooms, password=PASSWORD) as address:
        answer = await asked(address + path)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="payback", charset="UTF-8"'
    assert "password" in answer.text


@pytest.mark.parametrize("path", ["/-/report", "/-/report/prices"])
@pytest.mark.parametrize("user", ["anybody", "", "ünï"])
async def test_with_the_password_any_user_under_any_host_name_gets_in(
    ledger: Path, path: str, user: str
) -> None:
    headers = {**basic(PASSWORD, user), "Host": "reports.example"}
    async with serving(settings_for(ledger), other_rooms, password=PASSWORD) as address:
        assert (await asked(address + path, headers)).status == 200


@pytest.mark.parametrize(
    "authorization",
    [
        basic("")["Authorization"],
        basic(PASSWORD + "x")["Authorization"],
        basic(PASSWORD[:-1])["Authorization"],
        basic(PASSWORD.upper())["Authorization"],
        "Basic " + base64.b64encode(PASSWORD.encode()).decode(),
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic !!!",
        "Basic",
        "Basic \u00ff",
        "Bearer " + PASSWORD,
        basic(PASSWORD)["Authorization"] + ", Basic x",
    ],
)
async def test_what_is_nearly_the_password_is_not(ledger: Path, authorization: str) -> None:
    async with serving(settings_for(ledger), password=PASSWORD) as address:
        assert (await asked(f"{address}/-/report", {"Authorization": authorization})).status == 401


async def test_two_authorizations_are_none(ledger: Path) -> None:
    right, wrong = basic(PASSWORD)["Authorization"], basic("x")["Authorization"]
    async with serving(settings_for(ledger), password=PASSWORD) as address:
        head = f"GET /-/report HTTP/1.1\nHost: localhost\nAuthorization: {right}\nAuthorization: {wrong}"
        assert await status_of_raw(address, head) in (400, 401)


async def test_a_password_of_any_script_works(ledger: Path) -> None:
    async with serving(settings_for(ledger), password="пароль 🔑") as address:
        assert (await asked(f"{address}/-/report", basic("пароль 🔑"))).status == 200


async def test_an_empty_password_starts_no_report(ledger: Path) -> None:
    with pytest.raises(ValueError, match="password is empty"):
        async with serving(settings_for(ledger), password=""):
            pass


@pytest.mark.parametrize("path", ["/-/healthz", "/-/readyz"])
@pytest.mark.parametrize("password", [None, PASSWORD])
async def test_health_is_for_everybody(ledger: Path, password: str | None, path: str) -> None:
    async with serving(settings_for(ledger), other_rooms, password=password) as address:
        assert await status_of_raw(address, f"GET {path} HTTP/1.1\nHost: evil.example") == 200


@pytest.mark.parametrize("path", ["/v1/models", "/-x", "/--/report", "/%2dx"])
async def test_traffic_is_none_of_the_guards_business(ledger: Path, path: str) -> None:
    async with serving(settings_for(ledger), other_rooms, password=PASSWORD) as address:
        assert await status_of_raw(address, f"GET {path} HTTP/1.1\nHost: evil.example") == 200


async def test_a_fault_in_the_check_is_a_refusal(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bool:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(Guard, "_knows_host", fail)
    async with serving(settings_for(ledger)) as address:
        assert await status_of_raw(address, "GET /-/report HTTP/1.1\nHost: localhost") == 403


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("a.b:80", "a.b"),
        ("A.B", "a.b"),
        ("[::1]", "[::1]"),
        ("[::1]:80", "[::1]"),
        ("a:b", "a:b"),
        (":80", ""),
        ("", ""),
    ],
)
def test_a_port_is_cut_off_a_host_only_where_there_is_one(host: str, name: str) -> None:
    assert without_port(host) == name
