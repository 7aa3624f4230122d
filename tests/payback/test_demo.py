import json
import re
import signal
import threading
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from ledger.call import Outcome, Pricing, UsageBasis
from ledger.imports.keep import keep_all
from ledger.period import Period, time_of, us_at
from ledger.pricebook import PriceBook
from ledger.spool import Spool
from ledger.sqlite.reader import open_sqlite_reader
from payback.cli import main
from payback.demo import WORKLOADS, made_up_calls
from payback.projecting import choose, prices_on
from payback.traffic_store import traffics
from projection.catalogue import catalogue
from projection.plan import Plan
from projection.project import project
from projection.verdict import best_own
from tests.ledger.made_up import whole_call
from tests.payback.books import payback

NOW = datetime(2026, 11, 22, 14, 30, 5, 123456, tzinfo=UTC)


def test_ninety_days_hold_every_case_that_a_report_tells_apart() -> None:
    entries = list(made_up_calls(NOW, 90, PriceBook()))
    assert 40_000 < len(entries) < 50_000
    assert {entry.pricing for entry in entries} == {Pricing.PRICED, Pricing.UNPRICED, Pricing.SELF_HOSTED}
    assert {entry.call.outcome for entry in entries} == set(Outcome)
    assert {entry.call.usage_basis for entry in entries} == set(UsageBasis)
    assert any(entry.call.usage and entry.call.usage.cache_read_tokens for entry in entries)
    unpriced = {entry.unpriced_reason for entry in entries if entry.call.request_model == "acme-tuned-7"}
    assert "no price for openai acme-tuned-7" in unpriced
    priced = [entry for entry in entries if entry.pricing is Pricing.PRICED]
    assert {entry.call.request_model for entry in priced} == {
        "gpt-4o-mini",
        "claude-opus-4-1",
        "claude-sonnet-4-5",
        "gpt-5-mini",
        "text-embedding-3-small",
    }


def last_days(now: datetime, days: int) -> Period:
    return Period(now.date() - timedelta(days=days), now.date())


def test_the_same_now_gives_the_same_calls_in_the_order_of_time_and_none_in_the_future() -> None:
    once, again = (list(made_up_calls(NOW, 3, PriceBook())) for _ in range(2))
    assert once == again
    started = [entry.call.started_us for entry in once]
    assert started == sorted(started)
    assert NOW - timedelta(days=3) <= time_of(started[0])
    ends = [entry.call.ended_us for entry in once if entry.call.ended_us is not None]
    assert time_of(max(ends)) <= NOW
    assert len({entry.call.call_id for entry in once}) == len(once)


def test_offices_are_quiet_at_the_weekend() -> None:
    calls = Counter(
        time_of(entry.call.started_us).weekday()
        for entry in made_up_calls(NOW, 28, PriceBook())
        if entry.call.who.workload == "code-review"
    )
    assert min(calls[day] for day in range(5)) > 3 * max(calls[5], calls[6])


def test_a_workload_that_began_late_has_no_calls_before_that_hour() -> None:
    first = {
        entry.call.who.workload: time_of(entry.call.started_us)
        for entry in reversed(list(made_up_calls(NOW, 12, PriceBook())))
    }
    assert first["meeting-notes"] >= datetime(2026, 11, 13, 14, tzinfo=UTC)
    assert first["contract-review"] < datetime(2026, 11, 12, tzinfo=UTC)


def test_a_projection_of_the_demo_says_yes_and_no_and_too_early(tmp_path: Path) -> None:
    """Otherwise there would be nothing to decide in it."""
    ledger, book = tmp_path / "demo.db", PriceBook()
    keep_all(ledger, None, made_up_calls(NOW, 90, book))
    with closing(open_sqlite_reader(ledger)) as reader:
        found = traffics(reader, ledger, last_days(NOW, 90), now_us=us_at(NOW))
    answers = {
        name: project(found.of(name), Plan(paths=500), catalogue(), prices_on(book, NOW))
        for name in choose(found).shown
    }
    assert {name: answer.pays_off for name, answer in answers.items()} == {
        "contract-review": True,
        "code-review": False,
        "meeting-notes": None,
    }
    best = best_own(answers["contract-review"].against_stay)
    assert best is not None
    assert 2 < best.payback.p50 < 24


def test_the_names_of_workloads_are_those_of_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "demo.db"
    assert main(["demo", "--fill-only", "--days", "3", "--ledger", str(ledger)]) == 0
    assert re.fullmatch(rf"[\d,]+ made-up calls in {re.escape(str(ledger))}\n", capsys.readouterr().out)
    first = (datetime.now(UTC) - timedelta(days=4)).date()
    assert main(["report", "--by", "workload", "--from", str(first), "--json", "--ledger", str(ledger)]) == 0
    groups = json.loads(capsys.readouterr().out)["groups"]
    assert {group["workload"] for group in groups} == {workload.name for workload in WORKLOADS}
    reader = open_sqlite_reader(ledger)
    assert reader.disagreements() == []
    reader.close()


def test_made_up_calls_never_come_into_a_ledger_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "payback.db"
    ledger.write_bytes(b"mine")
    assert main(["demo", "--fill-only", "--ledger", str(ledger)]) == 2
    assert (
        capsys.readouterr().err
        == f"payback: {ledger} is there already; made-up calls go only into a new ledger\n"
    )
    assert ledger.read_bytes() == b"mine"


@pytest.mark.parametrize("days", ["0", "-1", "many", "3651", "9" * 5000, "²"])
def test_days_that_cannot_be_made_up_are_refused(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", f"--days={days}"]) == 2
    assert "is not a number of days from 1 to 3650" in capsys.readouterr().err


def test_the_demo_serves_a_report_that_says_it_is_made_up_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """And takes nothing either: what waits in a configured spool belongs to real books."""
    real = tmp_path / "real.spool"
    Spool(real).append([whole_call()])
    waiting = real.read_bytes()
    (tmp_path / "payback.toml").write_text('[ledger]\nspool = "real.spool"\n')
    process = payback("demo", "--days", "2", "--port", "0", cwd=tmp_path)
    killer = threading.Timer(60, process.kill)
    killer.start()
    try:
        assert process.stdout is not None
        told = ""
        while (found := re.search(r"report +(http://\S+)", told)) is None:
            line = process.stdout.readline().decode()
            assert line, "the demo ended before it served"
            told += line
        with urlopen(found[1], timeout=30) as page:
            assert "These 2 days are made up." in page.read().decode()
        ledger = re.search(r"made-up calls in (\S+)", told)
        assert ledger is not None
        assert Path(ledger[1]).exists()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    finally:
        killer.cancel()
        process.kill()
    assert (process.returncode, errors) == (0, b"")
    assert not Path(ledger[1]).parent.exists()
    assert real.read_bytes() == waiting
