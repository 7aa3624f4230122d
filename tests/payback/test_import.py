import json
import os
from pathlib import Path

import pytest

from ledger.lock import LedgerLock
from payback.cli import main
from tests.payback.books import entry_at, keep

AZURE = Path(os.environ.get("PAYBACK_AZURE_TRACE", "not given"))
"""AzureLLMInferenceTrace_conv.csv of https://github.com/Azure/AzurePublicDataset (CC BY 4.0)."""
CONFIGURATION = """
[[price]]
provider = "lab"
model = "small-model"
input_usd_per_mtok = "3.00"
output_usd_per_mtok = "15.00"
"""
TRACE = """TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.6805900,1000,100
2023-11-16 18:15:50.9951690,2000,0
2023-11-17 18:15:46.6805900,0,10
"""
"""At 3.00 and 15.00 USD per million: 0.0045 + 0.006 + 0.00015 = 0.01065 USD."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("payback.toml").write_text(CONFIGURATION)
    Path("trace.csv").write_text(TRACE)


def import_trace(*argv: str, file: str = "trace.csv") -> int:
    return main(["import", file, "--format", "azure-trace", "--ledger", "l.db", *argv])


def total_of(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, object]:
    capsys.readouterr()
    assert main(["report", "--ledger", "l.db", "--json", *argv]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)["total"]
    return found


def test_a_trace_is_imported_with_its_tokens_and_cost(capsys: pytest.CaptureFixture[str]) -> None:
    assert import_trace("--model", "small-model", "--start", "2026-10-31T00:00:00Z") == 0
    assert capsys.readouterr().out == (
        "trace.csv: 3 rows, 3,000 input tokens, 110 output tokens, list cost 0.01065 USD\n"
        "3 new calls, 0 in the ledger already\n"
    )
    october, november = (total_of(capsys, "--month", month) for month in ("2026-10", "2026-11"))
    assert (october["calls"], october["list_cost_usd"]) == (2, "0.0105")
    assert (november["calls"], november["list_cost_usd"]) == (1, "0.00015")


def test_importing_the_same_file_again_adds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for new in (3, 0):
        assert import_trace("--model", "small-model", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["rows"], told["new_calls"], told["sums"]["list_cost_usd"]) == (3, new, "0.01065")
    assert total_of(capsys, "--month", "2023-11")["calls"] == 3


def test_a_start_in_another_zone_is_the_same_instant(capsys: pytest.CaptureFixture[str]) -> None:
    assert import_trace("--start", "2026-10-05T00:00:00Z") == 0
    assert import_trace("--start", "2026-10-05T02:00:00+02:00") == 0
    assert total_of(capsys, "--month", "2026-10")["calls"] == 3


@pytest.mark.parametrize("start", ["2026-10-05", "2026-10-05T00:00:00", "yesterday", ""])
def test_a_start_without_its_zone_is_refused(start: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert import_trace("--start", start) == 2
    assert "is not a time with its zone; write it as" in capsys.readouterr().err
    assert not Path("l.db").exists()


def test_a_bad_line_at_the_end_keeps_all_the_others_out(capsys: pytest.CaptureFixture[str]) -> None:
    keep(Path("l.db"), entry_at("2026-10-05T00:00:00"))
    Path("trace.csv").write_text(f"{TRACE}2023-11-18 00:00:00,1\n")
    assert import_trace("--model", "small-model", "--start", "2026-10-05T00:00:00Z") == 2
    assert capsys.readouterr().err == (
        "payback: trace.csv line 5 cannot be read: it is not a time and two counts of tokens;"
        " nothing was imported\n"
    )
    assert total_of(capsys, "--month", "2026-10")["calls"] == 1


def test_a_model_without_a_price_is_imported_unpriced_and_said_to_be(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert import_trace("--model", "no-such-model", "--provider", "lab") == 0
    told = capsys.readouterr().out
    assert "list cost not known" in told
    assert "3 calls without a known price" in told
    total = total_of(capsys, "--month", "2023-11")
    assert (total["unpriced_calls"], total["list_cost_usd"], total["input_tokens"]) == (3, "0.00", 3000)


def test_a_provider_that_is_given_goes_before_the_models_maker(capsys: pytest.CaptureFixture[str]) -> None:
    assert import_trace("--model", "gpt-4o-mini", "--provider", "lab", "--json") == 0
    assert json.loads(capsys.readouterr().out)["sums"]["unpriced_calls"] == 3


def test_nothing_is_imported_while_a_server_writes_the_ledger(capsys: pytest.CaptureFixture[str]) -> None:
    keep(Path("l.db"), entry_at("2026-10-05T00:00:00"))
    lock = LedgerLock(Path("l.db"))
    assert import_trace() == 2
    lock.release()
    told = capsys.readouterr().err
    assert told.startswith("payback: the ledger l.db is written by another payback process")
    assert told.count("\n") == 1


def test_only_formats_that_can_be_read_are_offered(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "trace.csv", "--format", "litellm"]) == 2
    assert "azure-trace" in capsys.readouterr().err


@pytest.mark.skipif(not AZURE.exists(), reason="no Azure trace; PAYBACK_AZURE_TRACE names one")
def test_an_hour_of_real_traffic_costs_what_its_sums_say(capsys: pytest.CaptureFixture[str]) -> None:
    """22,361,870 x 3.00 + 4,088,665 x 15.00 = 128.415585 million: no call is rounded."""
    argv = ("--model", "claude-sonnet-4-5", "--start", "2026-10-05T00:00:00Z")
    for _ in range(2):
        assert import_trace(*argv, file=str(AZURE)) == 0
    total = total_of(capsys, "--month", "2026-10")
    assert (total["calls"], total["list_cost_usd"]) == (19_366, "128.415585")
    assert (total["input_tokens"], total["output_tokens"]) == (22_361_870, 4_088_665)
