"""The page of all months, and the files that it gives: the same bytes as `payback export`."""

import asyncio
import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import ClientPayloadError, ClientSession, web

from ledger.asking import MonthSums
from ledger.call import Entry, UsageBasis
from ledger.errors import LedgerError
from ledger.money import NanoUsd
from ledger.period import us_of
from ledger.rollup import Rollup
from ledger.sqlite.reader import open_sqlite_reader
from ledger.usage import TokenUsage
from payback.cli import main
from tests.web.sample import (
    HOSTILE_NAMES,
    NOW,
    PRICES,
    entry_at,
    hostile_entries,
    varied_entries,
    write_ledger,
)
from tests.web.server import asked, serving, settings_for
from web.months import download
from web.months.download import BLOCK_BYTES, Download, blocks_of, send
from web.months.page import LEAST_BARS, MOST_BARS, months_page
from web.months.routes import MONTHS_PATH

FILE = f"{MONTHS_PATH}/payback-2026-10.csv"
DOLLAR = 1_000_000_000


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "payback.db", [*varied_entries(), *hostile_entries()])


def months(*dollars: int, last: date = date(2026, 11, 1)) -> list[MonthSums]:
    """One call a month, up to *last*."""
    found = []
    for back, amount in enumerate(reversed(dollars)):
        number = last.year * 12 + last.month - 1 - back
        sums = Rollup(calls=1, list_cost=NanoUsd(amount * DOLLAR))
        found.append(MonthSums(date(number // 12, number % 12 + 1, 1), sums))
    return found[::-1]


def test_months_come_latest_first_with_their_change_and_the_running_one_without() -> None:
    page = months_page(months(100, 150, 30), MONTHS_PATH, NOW)
    assert [(row.month.month, row.change, row.is_current) for row in page.rows] == [
        (11, "", True), (10, "+50.0%", False), (9, "", False),
    ]  # fmt: skip
    assert page.cost.amount == 280 * DOLLAR


def test_a_month_after_a_gap_is_not_compared_with_the_one_before_the_gap() -> None:
    found = [months(100, last=date(2026, 7, 1))[0], months(150, last=date(2026, 10, 1))[0]]
    assert [row.change for row in months_page(found, MONTHS_PATH, NOW).rows] == ["", ""]


def test_a_month_in_which_the_ledger_begins_says_so_and_the_next_is_not_compared_with_a_part_of_one() -> None:
    """The first call is of 25 August."""
    page = months_page(months(20, 150, 180, 30), MONTHS_PATH, NOW, date(2026, 8, 25))
    assert [(row.change, row.since) for row in page.rows] == [
        ("", None), ("+20.0%", None), ("", None), ("", date(2026, 8, 25)),
    ]  # fmt: skip


def test_a_ledger_that_begins_on_a_first_or_was_pruned_since_has_whole_months() -> None:
    for first_day in (date(2026, 9, 1), date(2026, 10, 14), None):
        page = months_page(months(100, 150, 30), MONTHS_PATH, NOW, first_day)
        assert [row.since for row in page.rows] == [None, None, None]
        assert page.rows[1].change == "+50.0%"


def test_the_chart_has_the_months_between_too_and_ends_with_the_latest() -> None:
    found = [months(1, last=date(2025, 1, 1))[0], *months(1)]
    chart = months_page(found, MONTHS_PATH, NOW).chart
    assert chart.count("<title>") == 23  # January 2025 to November 2026
    assert chart.rindex("November 2026") > chart.rindex("October 2026: ")
    assert months_page(months(1), MONTHS_PATH, NOW).chart.count("<title>") == LEAST_BARS
    assert months_page(months(*[1] * 90), MONTHS_PATH, NOW).chart.count("<title>") == MOST_BARS


def test_months_of_no_spend_have_no_chart_and_no_months_no_page_of_zeros() -> None:
    assert not months_page(months(0), MONTHS_PATH, NOW).chart
    assert months_page([], MONTHS_PATH, NOW).rows == ()


@pytest.mark.parametrize("format_name", ["csv", "jsonl"])
async def test_a_download_is_what_the_command_exports_and_so_is_its_manifest(
    ledger: Path, tmp_path: Path, format_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"payback-2026-10.{format_name}"
    command = ["export", "--ledger", str(ledger), "--month", "2026-10", "--format", format_name]
    assert await asyncio.to_thread(main, [*command, "--out", str(out)]) == 0
    capsys.readouterr()
    from payback.version import VERSION

    async with serving(settings_for(ledger, version=VERSION)) as address, ClientSession() as client:
        async with client.get(f"{address}{MONTHS_PATH}/{out.name}") as answer:
            body = await answer.read()
            disposition = answer.headers["Content-Disposition"]
        manifest = json.loads((await asked(f"{address}{MONTHS_PATH}/{out.name}.manifest.json")).text)
    written = json.loads(out.with_name(f"{out.name}.manifest.json").read_text())
    assert (body, disposition) == (out.read_bytes(), f'attachment; filename="{out.name}"')
    assert manifest["sha256"] == hashlib.sha256(body).hexdigest()
    assert {**manifest, "created_at": ""} == {**written, "created_at": ""}


async def test_the_rows_of_a_download_sum_up_to_what_the_page_says(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        rows = list(csv.DictReader((await asked(address + FILE)).text.splitlines()))
        page = (await asked(address + MONTHS_PATH)).text
    costs = [Decimal(row["list_cost_usd"]) for row in rows if row["list_cost_usd"]]
    cost = sum(costs, Decimal(0))
    assert f'value="{cost.normalize():f}"' in page
    assert f">{len(rows)}</a>" in page
    assert sum(row["pricing"] == "unpriced" for row in rows) > 0


@pytest.mark.parametrize(
    "name",
    ["payback-2026-13.csv", "payback-2026-10.exe", "payback-2026-10", "../payback.db", "%2e%2e%2fx", "x"],
)
async def test_there_are_no_other_files(ledger: Path, name: str) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await asked(f"{address}{MONTHS_PATH}/{name}")
    assert answer.status == 404


async def test_a_month_without_calls_is_a_file_with_a_header(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await asked(f"{address}{MONTHS_PATH}/payback-2020-01.csv")
    assert (answer.status, answer.text.count("\r\n")) == (200, 1)


async def test_head_says_what_would_come_without_making_it(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await asked(address + FILE, method="HEAD")
    assert (answer.status, answer.text) == (200, "")
    assert "attachment" in answer.headers["Content-Disposition"]


async def test_a_ledger_that_cannot_be_read_is_a_page_and_not_an_empty_file(tmp_path: Path) -> None:
    async with serving(settings_for(tmp_path / "none.db")) as address:
        answer = await asked(address + FILE)
    assert answer.status == 503
    assert "there is no ledger at" in answer.text


def test_blocks_are_the_same_bytes_and_none_is_much_larger_than_a_block() -> None:
    pieces = [bytes([n % 256]) * 1000 for n in range(200)]
    blocks = list(blocks_of(iter(pieces)))
    assert b"".join(blocks) == b"".join(pieces)
    assert [len(block) < BLOCK_BYTES + 1000 for block in blocks] == [True] * 4
    assert list(blocks_of(iter(()))) == []


class Pieces:
    """A body without end, and how much of it was taken."""

    def __init__(self, breaks_after: int = 1 << 30) -> None:
        self.taken = 0
        self._breaks_after = breaks_after

    def __call__(self, _: object) -> Iterator[bytes]:
        while True:
            self.taken += 1
            if self.taken > self._breaks_after:
                raise LedgerError("the disk is gone")
            yield bytes(BLOCK_BYTES)


def endless(ledger: Path, pieces: Pieces) -> web.Application:
    async def handle(request: web.Request) -> web.StreamResponse:
        wanted = Download(file_name="x.csv", content_type="text/csv", make=pieces)
        return await send(request, wanted, lambda: open_sqlite_reader(ledger))

    app = web.Application()
    app.router.add_get("/x", handle)
    return app


async def test_a_client_that_reads_slowly_holds_the_reading_up_and_one_that_leaves_ends_it(
    ledger: Path,
) -> None:
    """What is under way fits into the sockets' buffers: some megabytes, and 64 KiB here."""
    pieces = Pieces()
    runner = web.AppRunner(endless(ledger, pieces), handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.read(1000)
        await _until_still(pieces)
        taken = pieces.taken
        assert taken < 400
        writer.transport.abort()
        await _until_still(pieces)
        assert pieces.taken <= taken + 200
    finally:
        await runner.cleanup()


async def _until_still(pieces: Pieces) -> None:
    for _ in range(100):
        before = pieces.taken
        await asyncio.sleep(0.1)
        if pieces.taken == before:
            return
    raise AssertionError("the reading goes on for ever")


async def test_a_download_that_breaks_halfway_is_a_broken_connection_and_no_short_file(
    ledger: Path, caplog: pytest.LogCaptureFixture
) -> None:
    runner = web.AppRunner(endless(ledger, Pieces(breaks_after=3)), handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        with pytest.raises(ClientPayloadError):
            async with ClientSession() as client, client.get(f"http://{host}:{port}/x") as answer:
                await answer.read()
    finally:
        await runner.cleanup()
    assert "a download broke off: x.csv" in caplog.text


async def test_too_many_downloads_at_once_are_refused_with_a_sentence(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.months.routes.MOST_AT_ONCE", 0)
    async with serving(settings_for(ledger)) as address:
        answer = await asked(address + FILE)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert "ask again when one of them is done" in answer.text
    assert download.MOST_AT_ONCE > 0


async def test_the_page_names_every_file_and_no_name_of_a_client(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        page = (await asked(address + MONTHS_PATH)).text
    for ending in ("csv", "jsonl", "csv.manifest.json", "jsonl.manifest.json"):
        assert f'href="{MONTHS_PATH}/payback-2026-10.{ending}"' in page
    assert not any(name in page for name in HOSTILE_NAMES)


async def test_a_ledger_without_calls_says_where_to_point_an_application(tmp_path: Path) -> None:
    async with serving(settings_for(write_ledger(tmp_path / "l.db", []))) as address:
        answer = await asked(address + MONTHS_PATH)
    assert (answer.status, "No calls yet" in answer.text) == (200, True)


def one_call(day: date) -> Entry:
    usage = TokenUsage(input_tokens=400)
    basis = UsageBasis.REPORTED
    return entry_at(us_of(day), request_model="gpt-4o", usage=usage, usage_basis=basis, price=PRICES[2])


async def test_a_month_leads_to_its_overview_and_to_its_calls(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "l.db", [one_call(date(2026, 9, 5))])
    async with serving(settings_for(ledger)) as address:
        page = (await asked(address + MONTHS_PATH)).text
    assert '<a href="/-/report?month=2026-09">September 2026</a>' in page
    assert 'href="/-/report/calls?from=2026-09-01&amp;to=2026-09-30"' in page
