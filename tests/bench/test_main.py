"""The command line, without a load being run."""

import json
from pathlib import Path

import pytest

from bench.__main__ import main, parser, write_json
from bench.table import Result, at_most


def test_all_and_each_load_can_be_asked_for() -> None:
    for load in ("all", "proxy", "latency", "streams", "metering", "projection", "pages", "memory"):
        assert parser().parse_args([load]).load == load


def test_a_run_that_cannot_start_says_why_and_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["latency", "--targets", "apache"]) == 2
    assert "no such target: apache" in capsys.readouterr().err


def test_json_holds_rows_and_verdicts(tmp_path: Path) -> None:
    result = Result(
        load="memory",
        title="",
        rows=[{"target": "payback", "idle": 40.5}],
        verdicts=[at_most("idle", 40.5, 80)],
    )
    write_json(tmp_path / "found.json", {"cores": 2}, [result])
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["results"][0]["rows"] == [{"target": "payback", "idle": 40.5}]
    assert found["results"][0]["verdicts"] == [{"requirement": "idle", "measured": 40.5, "met": True}]
    assert found["results"][0]["met"]
