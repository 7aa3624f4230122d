"""The pages that are opened, with few calls."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest

from bench import streams, year
from bench.errors import BenchError
from bench.pages import (
    READ,
    TIMEOUT_S,
    Opened,
    pages_in,
    row_of,
    streams_verdicts,
    times_of,
    under_streams,
    verdicts_of,
)
from bench.targets import payback
from bench.visits import addresses_of
from ledger.period import Period, time_of
from ledger.sqlite.reader import open_sqlite_reader
from ledger.store import GroupBy
from payback.clock import utc_now

CALLS = 4000
HEARD = {"ended": 256, "streams": 256, "expected": 9, "received": 9, "p50_ms": 0.1, "last_ms": 1.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("year")
    year.year_in(folder, utc_now(), CALLS)
    return folder


def test_a_year_has_every_name_and_ends_now(folder: Path) -> None:
    with closing(open_sqlite_reader(folder / "payback.db")) as reader:
        facts = reader.ledger_facts()
        days = Period(*(time_of(us or 0).date() for us in (facts.first_us, facts.last_us)))
        assert facts.calls == CALLS
        assert len(days.days()) in (year.DAYS - 1, year.DAYS)  # as the hour is in which it was made
        assert utc_now() - time_of(facts.last_us or 0) < timedelta(hours=6)
        found = {
            by: len(reader.report(days, by).groups) for by in (GroupBy.MODEL, GroupBy.USER, GroupBy.UPSTREAM)
        }
        assert found == {GroupBy.MODEL: 10, GroupBy.USER: 200, GroupBy.UPSTREAM: 5}
        total = reader.report(days, GroupBy.DAY).total
        assert min(total.failed_calls, total.estimated_calls, total.self_hosted_calls) > 0


def test_a_ledger_that_is_kept_is_used_again_until_it_is_old(tmp_path: Path) -> None:
    path, now = year.year_in(tmp_path, utc_now(), 400), utc_now()
    made = last_call_of(path)
    assert year.year_in(tmp_path, now + timedelta(days=1), 400) == path
    assert last_call_of(path) == made
    year.year_in(tmp_path, now + timedelta(days=9), 400)
    assert last_call_of(path) > made


def last_call_of(path: Path) -> datetime:
    with closing(open_sqlite_reader(path)) as reader:
        return time_of(reader.ledger_facts().last_us or 0)


def test_every_page_answers_and_a_visitor_opens_them_beside_the_calls(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_sqlite_reader(folder / "payback.db")) as reader:
        addresses = addresses_of(reader, utc_now())
    (folder / "addresses.json").write_text(json.dumps(list(addresses.values())))
    monkeypatch.setattr(streams, "load", lambda *_: until_three_are_opened(folder / "visitor.log"))
    with payback(9, folder) as server:
        found = {name: times_of(server.port, address, 0) for name, address in addresses.items()}
        assert min(opened.wire_bytes for (opened,) in found.values()) > 200
        assert under_streams(replace(server, name=READ), folder, 1)["pages_a_s"] > 0


def until_three_are_opened(log: Path) -> dict[str, float]:
    """As a load of streams: it lasts until the visitor has opened so many, whatever else the machine does."""
    deadline = monotonic() + TIMEOUT_S
    while pages_in(log) < 3 and monotonic() < deadline:
        sleep(0.01)
    return {}


def test_what_a_visitor_says_beside_its_pages_is_told(tmp_path: Path) -> None:
    log = tmp_path / "visitor.log"
    log.write_text("...")
    assert pages_in(log) == 3
    log.write_text("...overview answers 503")
    with pytest.raises(BenchError, match="answers 503"):
        pages_in(log)


def test_each_limit_names_the_page_that_is_worst() -> None:
    quick, slow = Opened(5.0, 99_000, b""), Opened(40.0, 101_000, b"")
    found = {"quick": [quick] * 101, "slow": [quick, *[slow] * 100]}
    assert row_of("slow", found["slow"]) == {"what": "slow", "p50": 40, "p99": 40, "first": 5, "KB": 101}
    verdicts = list(verdicts_of(found, 3000))
    assert [(verdict.met, verdict.measured) for verdict in verdicts] == [
        (False, 40.0), (True, 40.0), (False, 101.0), (True, 3.0)
    ]  # fmt: skip
    assert all("slow" in verdict.requirement for verdict in verdicts[:3])


def test_what_pages_add_is_the_difference_of_two_rounds_that_follow_each_other() -> None:
    """A slow round is slow for both."""
    alone, read = (
        [{**HEARD, "p99_ms": ms} for ms in all_ms] for all_ms in ((1.0, 9.0, 2.0), (3.0, 10.0, 8.0))
    )
    verdict = streams_verdicts({"payback": alone, READ: read})[0]
    assert (verdict.measured, verdict.met) == (2.0, True)
