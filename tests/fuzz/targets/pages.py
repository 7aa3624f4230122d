"""The addresses of the report and of the API, asked over a socket: what is wrong is told as a 4xx."""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote_from_bytes

from payback.app import _loop_factory
from tests.fuzz.cutting import no_complaints
from tests.fuzz.target import Check, Fed, Seed, Target
from tests.proxy.client import Answer, Client, connected
from tests.web.projected import Answering
from tests.web.sample import hostile_entries, varied_entries, write_ledger
from tests.web.server import serving, settings_for
from web.api.failures import is_api
from web.calls.query import FIELDS as CALL_FIELDS
from web.plan_query import FIELDS as PLAN_FIELDS

_KEPT = "/?&=%:,+-._~!$'()*;@[]\"<>"
_LONGEST_BYTES = 6000
"""Of an address; longer ones are refused before anybody reads them."""
_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")
"""A request with these is none, and does not get as far as a page."""
_ID = "018bcfe5-6800-7800-8000-000000000000"
_DAYS = "from=2026-11-01&to=2026-11-20"
_CALLS = (
    "from=2026-11-01T08:00Z&to=2026-11-20&workload=search&model=gpt-4o&pricing=priced&outcome=ok&status=200"
    "&least_cost=0.001&most_cost=9.5&least_seconds=0.5&least_tokens=100&stream=yes&basis=reported&tag=team%3Dsearch"
)
_FORM = "from=2026-11-01&from_at=08%3A00&to=&to_at=&user=(none)&key=k_8f3a1c&attempts_of="
_PLAN = (
    "workload=support-bot&horizon_months=24&model=Llama+3.3+70B&hardware=RTX+PRO+6000&units=8&pue=1.2"
    "&first_token_s=2&must_stay_in_house=on&api_prices=flat"
)
ADDRESSES = (
    "/-/report", f"/-/report?{_DAYS}", "/-/report?month=2026-11&by=model",
    "/-/report?month=2026-10&compare=2026-09",
    f"/-/report/calls?{_CALLS}", f"/-/report/calls?{_FORM}", f"/-/report/calls?before={_ID}",
    f"/-/report/calls/{_ID}",
    "/-/report/prices", "/-/report/months", "/-/report/months/2026-10.csv", "/-/report/health?hours=24",
    f"/-/report/payback?{_PLAN}", f"/-/report/payback/plan.toml?{_PLAN}", "/-/report/payback/plans",
    "/-/login", "/-/", "/-/static/payback.css", "/",
)  # fmt: skip
QUESTIONS = (
    "/-/api/report?month=2026-11&by=workload", f"/-/api/report?{_DAYS}&by=day",
    f"/-/api/calls?{_CALLS}&limit=5",
    f"/-/api/calls?after={_ID}&limit=500", f"/-/api/calls/{_ID}",
    f"/-/api/series?{_DAYS}&by=model&unit=hour&most=3",
    "/-/api/months", "/-/api/prices", "/-/api/health?hours=744", f"/-/api/project?{_PLAN}",
    "/-/api/openapi.json",
)  # fmt: skip
WORDS = tuple(
    name.encode() + b"=" for name in (*CALL_FIELDS, *PLAN_FIELDS, "by", "month", "unit", "most", "limit")
)
BODIES: tuple[dict[str, object], ...] = (
    {"workload": "support-bot", "horizon_months": 24, "must_stay_in_house": True, "units": 2, "pue": 1.2},
    {},
    {"model": "Llama 3.3 70B", "hardware": "RTX 4090", "workload": None, "ops_h_per_month": 4},
)
COOKIES = (
    b"payback_zone=Europe/Berlin; payback_numbers=point_comma; payback_dates=iso",
    b'a=b; payback_zone="UTC"; payback_dates=words',
)
LANGUAGES = (b"de-DE,de;q=0.9,en;q=0.8", b"*;q=0.5, fr-CH, en;q=0.1")


@contextmanager
def _report(folder: Path) -> Iterator[Check]:
    """One that is asked by one client after the other."""
    entries = sorted(
        [*varied_entries(calls_a_day=2), *hostile_entries()], key=lambda entry: entry.call.call_id
    )
    ledger = write_ledger(folder / "payback.db", entries)
    settings = settings_for(ledger, projector=Answering())
    with asyncio.Runner(loop_factory=_loop_factory()) as runner, no_complaints():
        started = serving(settings)
        port = int(runner.run(started.__aenter__()).rpartition(":")[2])
        try:
            yield lambda fed: runner.run(_ask(port, fed))
        finally:
            runner.run(started.__aexit__(None, None, None))


async def _ask(port: int, fed: Fed) -> None:
    method, path, request = request_of(fed)
    async with connected(port) as client:
        await client.send(request)
        answer = await _answer(client, method)
    assert answer.whole
    assert answer.status < 500 or answer.status in (501, 505), f"{answer.head.start!r}"
    path = path.partition("?")[0]
    if is_api(path) and answer.status >= 400 and method != "HEAD":
        told = json.loads(answer.body)
        assert told["error"]["message"], told


async def _answer(client: Client, method: str) -> Answer:
    """A page that goes on and on is seen to begin."""
    head = await client.head()
    if (head.value("Content-Type") or b"").startswith(b"text/event-stream"):
        return Answer(head, b"", True)
    body = b"".join([piece async for piece in client.pieces(head, method)])
    return Answer(head, body, True)


def request_of(fed: Fed) -> tuple[str, str, bytes]:
    """Method, path, the request. What is fed is an address, a body, cookies or languages."""
    method, path, body, more = "GET", "/-/report", b"", b""
    if fed.name == "address":
        path = quote_from_bytes(fed.data, _KEPT)[:_LONGEST_BYTES]
        method = fed.chance.choice(("GET", "GET", "GET", "GET", "HEAD", "POST"))
        path = path if path.startswith("/-/") else f"/-/{path.lstrip('/-')}"
    elif fed.name.startswith("/"):
        method, path, body = "POST", fed.name, fed.data
    else:
        more = b"%s: %s\r\n" % (fed.name.encode(), _CONTROLS.sub(b" ", fed.data[:_LONGEST_BYTES]))
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n".encode("ascii")
    return method, path, head + more + b"\r\n" + body


def pages() -> Sequence[Seed]:
    addresses = [Seed("address", address.encode()) for address in ADDRESSES]
    cookies = [Seed("Cookie", cookie) for cookie in COOKIES]
    languages = [Seed("Accept-Language", language) for language in LANGUAGES]
    form = Seed("/-/settings", b"back=%2F-%2Freport&zone=Europe%2FBerlin&numbers=comma_point&dates=words")
    return [*addresses, *cookies, *languages, form]


def questions() -> Sequence[Seed]:
    addresses = [Seed("address", address.encode()) for address in QUESTIONS]
    return [*addresses, *(Seed("/-/api/project", json.dumps(body).encode()) for body in BODIES)]


TARGETS = (
    Target(
        name="pages",
        promise="the report answers every address, cookie and form, and never with a 5xx",
        seeds=pages,
        open=_report,
        small_runs=50,
        words=WORDS,
    ),
    Target(
        name="api",
        promise="the API never answers with a 5xx, and tells what is wrong in its own shape",
        seeds=questions,
        open=_report,
        small_runs=200,
        words=WORDS,
    ),
)
