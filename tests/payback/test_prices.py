import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from payback.cli import main
from payback.clock import utc_now
from tests.payback.books import entry_at, keep

CONFIGURATION = """
[[price]]
provider = "acme"
model = "small-model"
from = 2026-01-01
input_usd_per_mtok = "3"
cache_read_usd_per_mtok = "0.3"
output_usd_per_mtok = "15.00"

[[price]]
provider = "anthropic"
model = "claude-sonnet-4-5"
input_usd_per_mtok = "1"
output_usd_per_mtok = "2"
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("payback.toml").write_text(CONFIGURATION)


def now() -> datetime:
    return utc_now().replace(tzinfo=None)


def asked(capsys: pytest.CaptureFixture[str], *argv: str, status: int = 0) -> Any:
    assert main(["prices", "--json", *argv]) == status
    return json.loads(capsys.readouterr().out)


def test_a_price_is_shown_per_million_tokens_with_who_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "small-model"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("small-model: USD per million tokens on 20")
    assert lines[2].split() == ["provider", "model", "input", "cache", "read", "output", "source"]
    assert lines[3].split() == [
        "acme", "small-model", "3.00", "0.30", "15.00", "configuration,", "since", "2026-01-01"
    ]  # fmt: skip


def test_the_configurations_price_comes_before_the_catalogues(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = asked(capsys, "claude-sonnet-4-5")
    first, *others = found["prices"]
    assert (first["provider"], first["source"]) == ("anthropic", "configuration")
    assert first["rates"] == [
        {"meter": "input", "usd_per_mtok": "1.00", "tiers": []},
        {"meter": "output", "usd_per_mtok": "2.00", "tiers": []},
    ]
    assert others
    assert all(price["source"].startswith("genai-prices ") for price in others)
    assert "anthropic" not in {price["provider"] for price in others}


def test_a_price_that_rises_with_the_input_shows_from_where(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = asked(capsys, "gemini-2.5-pro")
    (google,) = [price for price in found["prices"] if price["provider"] == "google"]
    assert google["rates"][0] == {
        "meter": "input",
        "usd_per_mtok": "1.25",
        "tiers": [{"above_input_tokens": 200_000, "usd_per_mtok": "2.50"}],
    }
    assert main(["prices", "gemini-2.5-pro"]) == 0
    assert "above 200,000 input tokens" in capsys.readouterr().out


def test_what_is_not_charged_in_tokens_is_shown_per_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    (whisper,) = [price for price in asked(capsys, "whisper-1")[0]["prices"] if price["provider"] == "openai"]
    assert whisper["rates"] == [{"meter": "audio", "usd_per_audio_hour": "0.36", "tiers": []}]
    (sonnet,) = [
        price for price in asked(capsys, "claude-opus-4-6")[0]["prices"] if price["provider"] == "anthropic"
    ]
    assert sonnet["rates"][-1] == {"meter": "web_search", "usd_per_1k_web_searches": "10.00", "tiers": []}
    assert main(["prices", "whisper-1"]) == 0
    assert "  per hour of audio" in capsys.readouterr().out


def test_an_unknown_model_is_a_no_with_names_that_may_be_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "small-modle", "small-model"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("No price is known for small-modle; did you mean small-model")
    assert "15.00" in told
    (found,) = asked(capsys, "small-modle", status=1)
    assert found["prices"] == []
    assert found["nearest"][0] == "small-model"


def test_a_name_that_could_steer_the_terminal_is_shown_without_its_power(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["prices", "\x1b[2Jx"]) == 1
    assert capsys.readouterr().out.startswith("No price is known for ?[2Jx")


def test_without_a_name_the_models_that_were_called_are_priced(capsys: pytest.CaptureFixture[str]) -> None:
    time = now().isoformat()
    keep(
        Path("l.db"),
        entry_at(time, 1),
        entry_at(time, 2, response_model="small-model"),
        entry_at(time, 3, request_model="other-model"),
        entry_at(time, 4, request_model="home-model", self_hosted=True),
        entry_at("2026-01-05T00:00:00", 5, request_model="long-ago"),
    )
    assert main(["prices", "--ledger", "l.db"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "4 calls in the last 31 days"
    assert lines[3:] == [
        "small-model acme 2 input 3.00, cache read 0.30, output 15.00 (configuration, since 2026-01-01)",
        "home-model acme 1 self-hosted, not billed per token",
        "other-model acme 1 none: no price list for provider acme",
    ]
    seen = {found["request_model"]: found for found in asked(capsys, "--ledger", "l.db")}
    assert seen["small-model"]["price"]["rates"][0]["usd_per_mtok"] == "3.00"
    assert seen["other-model"]["no_price_reason"] == "no price list for provider acme"
    assert (seen["home-model"]["self_hosted"], seen["home-model"]["price"]) == (True, None)


def test_without_a_name_and_without_calls_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    keep(Path("l.db"))
    assert main(["prices", "--ledger", "l.db"]) == 0
    assert capsys.readouterr().out == "No calls to a model in the last 31 days.\n"
