"""payback project, from the command line to its exit status; the arithmetic has its own tests."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.call import Attribution
from ledger.imports.keep import keep_all
from ledger.period import US_PER_DAY
from ledger.pricebook import PriceBook
from payback.cli import main
from payback.clock import now_us, utc_now
from payback.demo import made_up_calls
from tests.payback.books import entry_at, keep

PLAN = """
horizon_months = 12
paths = 100

[[course]]
model = "Llama 3.3 70B"
hardware = "H100 SXM 80GB"
units = 2
quantisation = "fp8"
engine = "vLLM"
kinds = ["buy"]
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plan.toml").write_text(PLAN)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 made-up days; of the workloads one has only embeddings, one is at home, and one is nine days old."""
    ledger = tmp_path_factory.mktemp("ledger") / "payback.db"
    keep_all(ledger, None, made_up_calls(utc_now(), 30, PriceBook()))
    return ledger


def asked(capsys: pytest.CaptureFixture[str], *argv: str, status: int) -> Any:
    assert main(["project", "--json", "--plan", "plan.toml", *argv]) == status
    return json.loads(capsys.readouterr().out)


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one sentence of a command that cannot be done."""
    assert main(["project", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err.removeprefix("payback: ").rstrip("\n")


def test_each_workload_is_projected_the_dearest_first(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not enough for two H100 in a year: the answer is no."""
    answer = asked(capsys, "--ledger", str(ledger), status=1)
    names = [found["workload"] for found in answer["projections"]]
    assert names == ["contract-review", "meeting-notes", "code-review"]
    costs = [found["today"]["usd_per_month"] for found in answer["projections"]]
    assert costs == sorted(costs, reverse=True)
    assert not {"search-embeddings", "draft-replies"} & {*names, *answer["smaller_workloads"]}
    assert [found["pays_off"] for found in answer["projections"]] == [False, None, False]
    assert {found["horizon_months"] for found in answer["projections"]} == {12}


def test_without_days_it_is_the_last_ninety_that_are_whole(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = asked(capsys, "--ledger", str(ledger), "--workload", "support-bot", status=1)
    first, last = (datetime.fromisoformat(answer[end]).date() for end in ("from", "to"))
    assert (last - first).days == 89
    assert utc_now().date() - last == timedelta(days=1)
    assert [found["workload"] for found in answer["projections"]] == ["support-bot"]


def test_the_plans_workload_is_projected_unless_another_is_asked_for(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("plan.toml").write_text(f'workload = "batch-summaries"\n{PLAN}')
    argv = ["--ledger", str(ledger)]
    assert [found["workload"] for found in asked(capsys, *argv, status=1)["projections"]] == [
        "batch-summaries"
    ]
    other = asked(capsys, *argv, "--workload", "code-review", status=1)
    assert [found["workload"] for found in other["projections"]] == ["code-review"]


def test_people_get_the_days_and_then_each_verdict(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["project", "--plan", "plan.toml", "--ledger", str(ledger), "--workload", "support-bot"]) == 1
    days, verdict, *_ = capsys.readouterr().out.split("\n\n")
    assert days.endswith("(UTC)")
    assert verdict.startswith("support-bot: self-hosting does not pay off within 12 months")


def test_the_second_time_days_come_from_files_and_the_answer_is_the_same(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--ledger", str(ledger), "--workload", "support-bot"]
    first = asked(capsys, *argv, status=1)
    assert list(ledger.with_name("payback.db.columns").glob("*.day"))
    assert asked(capsys, *argv, status=1) == first


def test_the_same_seed_gives_the_same_answer_and_another_one_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    volume = ["--volume", "500M/250M", "--model", "gpt-4o"]
    first, again, other = (
        asked(capsys, *volume, "--seed", seed, status=1)["projections"][0]["against_stay"]
        for seed in ("7", "7", "8")
    )
    assert first == again
    assert first != other


def test_where_something_pays_off_the_status_is_zero(capsys: pytest.CaptureFixture[str]) -> None:
    """20 billion tokens a month at GPT-4o's price are some 100,000 USD; two H100 cost less than that once."""
    Path("plan.toml").write_text(PLAN.replace("units = 2\n", ""))
    answer = asked(capsys, "--volume", "10B/10B", "--model", "gpt-4o", status=0)
    (found,) = answer["projections"]
    assert (found["pays_off"], answer["from"], found["workload"]) == (True, None, None)


def test_a_ledger_without_calls_is_no_projection(
    tmp_path: Path, ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = ["--from", "2020-01-01", "--to", "2020-01-31"]
    assert said(capsys, "--ledger", str(ledger), *days) == (
        "no calls between 2020-01-01 and 2020-01-31; give --from and --to other days, or a --volume"
    )
    assert "there is no ledger at" in said(capsys, "--ledger", str(tmp_path / "none.db"))


def test_what_cannot_be_projected_is_told_from_what_is_not_there(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--ledger", str(ledger), "--workload"]
    assert "perhaps 'support-bot'" in said(capsys, *where, "support-bots")
    assert "has no calls to project" in said(capsys, *where, "search-embeddings")
    assert "has no calls to project" in said(capsys, *where, "draft-replies")


def test_calls_at_home_alone_are_nothing_to_move(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at_home = keep(tmp_path / "home.db", entry_at("2026-10-05T12:00:00", self_hosted=True))
    days = ["--from", "2026-10-01", "--to", "2026-10-31"]
    assert "1 are self-hosted already" in said(capsys, "--ledger", str(at_home), *days)


def test_calls_without_a_price_are_named_as_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unpriced = keep(
        tmp_path / "unpriced.db",
        entry_at("2026-10-05T12:00:00", request_model="nobodys", who=Attribution(workload="w")),
    )
    days = ["--from", "2026-10-01", "--to", "2026-10-31"]
    assert "has a known price; add [[price]]" in said(capsys, "--ledger", str(unpriced), *days)


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--volume", "1M/1M"], "--volume and --model go together, as in --volume 100M/50M --model gpt-4o"),
        (["--model", "gpt-4o"], "--volume and --model go together, as in --volume 100M/50M --model gpt-4o"),
        (
            ["--volume", "lots", "--model", "gpt-4o"],
            "--volume: lots is no volume; write input/output tokens a month, as 100M/50M",
        ),
        (
            ["--volume", "1M/1M", "--model", "gpt-4o", "--workload", "w"],
            "a stated volume has no workloads and no days; leave --workload and days out",
        ),
        (["--plan", "none.toml"], "cannot read the plan none.toml: No such file or directory"),
        (
            ["--seed", "x"],
            "argument --seed: 'x' is not a whole number from 0 to 4294967295; see payback project --help",
        ),
        (
            ["--claim", "x", "--backtest"],
            "argument --backtest: not allowed with argument --claim; see payback project --help",
        ),
        (
            ["--claim", "fast"],
            'no speed is claimed; write it as "Llama 3.3 70B q4_k_m on 2x RTX 4090: 20 tok/s"',
        ),
        (["--month", "October"], "'October' is not a month; write it as 2026-10"),
    ],
)
def test_bad_input_is_one_sentence(
    argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, *argv) == sentence


def test_a_volume_is_stated_once(capsys: pytest.CaptureFixture[str]) -> None:
    Path("plan.toml").write_text(
        '[volume]\nmodel = "gpt-4o"\ninput_tokens_per_month = "1M"\noutput_tokens_per_month = "1M"\n'
    )
    told = said(capsys, "--plan", "plan.toml", "--volume", "1M/1M", "--model", "gpt-4o")
    assert told == "plan.toml states a volume too; leave --volume out, or the plan's"


def test_a_claim_that_is_impossible_is_a_no(capsys: pytest.CaptureFixture[str]) -> None:
    claim = "Llama 3.3 70B q4_k_m on {}x RTX 4090: {} tok/s"
    assert main(["project", "--claim", claim.format(1, 60)]) == 1
    assert capsys.readouterr().out.startswith("Impossible: ")
    assert main(["project", "--json", "--claim", claim.format(2, 19)]) == 0
    assert json.loads(capsys.readouterr().out)["credibility"] == "plausible"


def test_a_backtest_tells_its_cover_for_the_own_history_and_made_up_ones(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["project", "--backtest", "--json", "--ledger", str(ledger)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {(row["history_days"], row["ahead_days"]) for row in told["own"]} >= {(14, 28), (60, 182)}
    together = {row["history_days"]: row for row in told["families"] if row["family"] is None}
    assert set(together) == {14, 28, 60}


def test_where_nobody_names_workloads_all_calls_are_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = [entry_at(f"2026-10-{day:02}T12:00:00") for day in range(1, 31)]
    ledger = keep(tmp_path / "payback.db", *calls)
    days = ["--from", "2026-10-01", "--to", "2026-10-31"]
    (found,) = asked(capsys, "--ledger", str(ledger), *days, status=1)["projections"]
    assert (found["workload"], found["today"]["calls"]) == (None, 30)


def test_a_workload_under_one_percent_is_a_line_and_no_projection(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """200 calls of the one, one of the other: half a percent."""
    day_us = now_us() // US_PER_DAY * US_PER_DAY - 20 * US_PER_DAY
    day = datetime.fromtimestamp(day_us / 1e6, tz=utc_now().tzinfo).strftime("%Y-%m-%dT12:00:00")
    calls = [entry_at(day, n, who=Attribution(workload="large")) for n in range(200)]
    small = entry_at(day, 999, who=Attribution(workload="small"))
    ledger = keep(tmp_path / "payback.db", *calls, small)
    assert main(["project", "--plan", "plan.toml", "--ledger", str(ledger)]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "1 smaller workload (small), 0.00 USD together; --workload projects one."
