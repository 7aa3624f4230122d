import json
from pathlib import Path
from typing import Any

import pytest

from ledger.call import Attribution, Entry, Outcome, State, UsageBasis
from ledger.lock import LedgerLock
from ledger.sqlite.store import open_store
from ledger.usage import TokenUsage
from payback.cli import main
from payback.clock import utc_now
from tests.payback.books import call_at, entry_at, keep

CACHED = TokenUsage(input_tokens=2459, cache_read_tokens=2455, output_tokens=23, reasoning_tokens=7)
"""4 x 3.00 + 2455 x 0.30 + 23 x 15.00 = 1093.5 USD per million: 0.0010935 USD."""


def ask(ledger: Path, capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(["report", "--ledger", str(ledger), *argv]) == 0
    return capsys.readouterr().out


def asked(ledger: Path, capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    return json.loads(ask(ledger, capsys, "--json", *argv))


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """
    2026-10-05  small-model   0.0045
    2026-10-05  small-model   in=2459 cached=2455 out=23  0.0010935
    2026-10-06  other-model   in=1000 out=100  no price
    2026-10-06  small-model   the tokens are an estimate  0.0045
    2026-10-07  small-model   interrupted before any usage
    2026-10-07  home-model    self-hosted
    2026-10-07  small-model   upstream answered 500
    """
    return keep(
        tmp_path / "payback.db",
        entry_at("2026-10-05T00:00:00", who=Attribution(workload="support-bot", user="ada")),
        entry_at("2026-10-05T23:59:59.999999", usage=CACHED, who=Attribution(workload="support-bot")),
        entry_at("2026-10-06T08:00:00", request_model="other-model"),
        entry_at("2026-10-06T09:00:00", usage_basis=UsageBasis.ESTIMATED),
        entry_at("2026-10-07T09:00:00", outcome=Outcome.INTERRUPTED, usage=None),
        entry_at("2026-10-07T10:00:00", request_model="home-model", self_hosted=True),
        entry_at("2026-10-07T11:00:00", outcome=Outcome.UPSTREAM_ERROR, http_status=500, usage=None),
    )


def test_the_json_has_every_sum_and_its_shape_is_fixed(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = asked(ledger, capsys, "--month", "2026-10")
    assert list(report) == ["from", "to", "total", "groups"]
    assert (report["from"], report["to"]) == ("2026-10-01", "2026-10-31")
    assert report["total"] == {
        "calls": 7,
        "input_tokens": 2459 + 4 * 1000,
        "cache_read_tokens": 2455,
        "cache_write_tokens": 0,
        "output_tokens": 23 + 4 * 100,
        "reasoning_tokens": 7,
        "list_cost_usd": "0.0100935",
        "unpriced_calls": 3,
        "self_hosted_calls": 1,
        "not_billed_calls": 0,
        "estimated_calls": 1,
        "interrupted_calls": 1,
        "failed_calls": 1,
        "upstream_cost_usd": "0.00",
        "upstream_cost_list_usd": "0.00",
        "estimated_list_cost_usd": "0.0045",
    }
    assert [group.pop("model") for group in report["groups"]] == ["small-model", "home-model", "other-model"]
    assert all(group.keys() == report["total"].keys() for group in report["groups"])


def test_calls_without_the_name_asked_for_are_a_group_of_their_own(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = asked(ledger, capsys, "--month", "2026-10", "--by", "workload")
    found = {group["workload"]: (group["calls"], group["list_cost_usd"]) for group in report["groups"]}
    assert found == {"support-bot": (2, "0.0055935"), None: (5, "0.0045")}


def test_the_first_and_the_last_day_both_count_in_full(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one_day = asked(ledger, capsys, "--from", "2026-10-05", "--to", "2026-10-05", "--by", "day")
    assert (one_day["from"], one_day["to"]) == ("2026-10-05", "2026-10-05")
    assert [(group["day"], group["calls"]) for group in one_day["groups"]] == [("2026-10-05", 2)]
    hours = asked(ledger, capsys, "--from", "2026-10-05", "--to", "2026-10-05", "--by", "hour")
    assert [group["hour"] for group in hours["groups"]] == ["2026-10-05T00:00Z", "2026-10-05T23:00Z"]


@pytest.mark.parametrize("by", ["model", "workload", "project", "user", "key", "upstream", "day", "hour"])
def test_every_grouping_has_the_same_total(by: str, ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = asked(ledger, capsys, "--month", "2026-10", "--by", by)
    assert report["total"]["list_cost_usd"] == "0.0100935"
    assert all(by in group for group in report["groups"])


def test_the_table_shows_a_dash_where_no_cost_is_known_and_counts_what_the_sum_lacks(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, remarks = ask(ledger, capsys, "--month", "2026-10").split("\n\n")[1:]
    names = [line.split()[0] for line in table.splitlines()[1:4]]
    assert names == ["small-model", "home-model", "other-model"]
    assert [line.split()[1:] for line in table.splitlines()[1:4]] == [
        ["5", "4,459", "2,455", "223", "7", "0.0100935", "2", "0", "1", "1"],
        ["1", "1,000", "0", "100", "0", "-", "0", "1", "0", "0"],
        ["1", "1,000", "0", "100", "0", "-", "1", "0", "0", "0"],
    ]
    assert table.splitlines()[-1].split() == [
        "total", "7", "6,459", "2,455", "423", "7", "0.0100935", "3", "1", "1", "1"
    ]  # fmt: skip
    assert len({len(line) for line in table.splitlines()}) == 1
    assert remarks.splitlines() == [
        "unpriced: 3 calls without a known price, not in the list cost",
        "  1  interrupted",
        "  1  no price list for provider acme",
        "  1  upstream answered an error",
        "self-hosted: 1 call not billed per token, not in the list cost",
        "estimated: 1 call whose tokens upstream did not report in full; that is 0.0045 USD of the list cost",
        "interrupted: 1 call that payback itself did not live to see the end of",
        "failed: 1 call that upstream refused, cut or never answered",
    ]


def test_what_upstream_itself_charges_is_told_beside_the_list_cost_of_the_same_calls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0.0045 listed twice; upstream says 0.004 of one of them."""
    claimed = entry_at("2026-10-05T00:00:00", upstream_cost=4_000_000)
    ledger = keep(tmp_path / "l.db", claimed, entry_at("2026-10-05T00:00:01"))
    total = asked(ledger, capsys, "--month", "2026-10")["total"]
    assert (total["upstream_cost_usd"], total["upstream_cost_list_usd"]) == ("0.004", "0.0045")
    assert total["list_cost_usd"] == "0.009"
    told = ask(ledger, capsys, "--month", "2026-10")
    assert told.endswith("\n\nupstream's own bill: 0.004 USD for calls that we list at 0.0045 USD\n")


def test_a_claim_for_a_call_without_a_price_is_said_to_be_in_the_bill_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claimed = entry_at("2026-10-05T00:00:00", upstream_cost=4_000_000, request_model="other-model")
    ledger = keep(tmp_path / "l.db", claimed)
    assert ask(ledger, capsys, "--month", "2026-10").splitlines()[-1] == (
        "upstream's own bill: 0.004 USD for calls that we list at 0.00 USD;"
        " calls without a known price are in the bill alone"
    )


def test_where_upstream_claims_nothing_no_bill_is_told(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "bill:" not in ask(ledger, capsys, "--month", "2026-10")


def test_a_month_without_calls_says_so(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(ledger, capsys, "--month", "2026-09").endswith("\n\nNo calls.\n")
    assert asked(ledger, capsys, "--month", "2026-09")["groups"] == []


def test_without_days_it_is_this_month(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = utc_now()
    ledger = keep(tmp_path / "l.db", entry_at(before.replace(tzinfo=None).isoformat()))
    report = asked(ledger, capsys)
    assert report["from"] in {f"{before:%Y-%m}-01", f"{utc_now():%Y-%m}-01"}
    assert report["total"]["calls"] == 1


def test_names_from_clients_cannot_break_the_table_but_come_unchanged_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "\x1b[2J\u202e" + "n" * 200
    ledger = keep(tmp_path / "l.db", entry_at("2026-10-05T12:00:00", request_model=name))
    table = ask(ledger, capsys, "--month", "2026-10")
    assert "?[2J?nnn" in table
    assert "\x1b" not in table
    assert "\u202e" not in table
    assert max(map(len, table.splitlines())) < 150
    assert asked(ledger, capsys, "--month", "2026-10")["groups"][0]["model"] == name


def test_a_call_that_a_killed_server_left_open_is_reported_as_interrupted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "l.db"
    store = open_store(ledger)
    store.write([Entry(call=call_at("2026-10-05T12:00:00", outcome=None, usage=None), state=State.OPEN)])
    store.close()
    total = asked(ledger, capsys, "--month", "2026-10")["total"]
    assert (total["calls"], total["interrupted_calls"], total["unpriced_calls"]) == (1, 1, 1)


def test_a_report_is_answered_while_a_server_holds_the_ledger(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = LedgerLock(ledger)
    try:
        assert asked(ledger, capsys, "--month", "2026-10")["total"]["calls"] == 7
    finally:
        lock.release()
