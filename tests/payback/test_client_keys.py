"""What payback check says of clients' keys."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from payback.checks.client_keys import SOON, keys_are_in_order
from payback.checks.finding import Level
from payback.checks.machine import files_are_private
from payback.settings import Settings, read_settings
from tests.proxy.issued import LONG_AGO, MADE, issue


def settings_with(**tables: Any) -> Settings:
    lab = {"name": "openai", "base_url": "https://api.openai.com/v1", "api_key": {"env": "OPENAI_API_KEY"}}
    return read_settings({"upstream": [lab], **tables}, "test")


def said(folder: Path, **tables: Any) -> tuple[Level, str]:
    found = keys_are_in_order(settings_with(**tables), folder / "payback.db", MADE)
    return found.level, found.sentence


def test_without_keys_it_depends_on_who_can_reach_payback(tmp_path: Path) -> None:
    assert said(tmp_path) == (Level.OK, "calls need no key of payback's: none was made")
    level, sentence = said(tmp_path, server={"host": "192.0.2.1"})
    assert level is Level.WARN
    assert sentence.startswith(
        "whoever reaches 192.0.2.1 may make calls, and spends on the api_key of openai;"
    )
    level, sentence = said(tmp_path, proxy={"require_key": True})
    assert level is Level.WARN
    assert sentence.startswith("no call is let in until payback keys add has made a key")


def test_keys_that_hold_are_counted_and_those_that_end_soon_are_named(tmp_path: Path) -> None:
    issue(tmp_path, "a", "b", expires=MADE + SOON + timedelta(seconds=1))
    issue(tmp_path, "gone", revoked=LONG_AGO)
    assert said(tmp_path) == (Level.OK, "2 keys can make calls, and nobody else can")
    issue(tmp_path, "b", "c", expires=MADE + SOON)
    assert said(tmp_path) == (Level.WARN, "b, c will end within 14 days; give their clients new ones")


def test_keys_of_which_none_holds_are_told(tmp_path: Path) -> None:
    issue(tmp_path, "gone", revoked=LONG_AGO)
    level, sentence = said(tmp_path)
    assert (level, sentence.partition(",")[0]) == (Level.WARN, "no key holds any more")


def test_what_payback_serve_would_not_start_with_fails(tmp_path: Path) -> None:
    issue(tmp_path, "ci", upstream="lost")
    assert said(tmp_path)[0] is Level.FAIL
    (tmp_path / "payback.db.keys").write_text("[[key")
    assert said(tmp_path)[0] is Level.FAIL


def test_a_file_of_keys_that_others_may_read_is_told(tmp_path: Path) -> None:
    issue(tmp_path, "ci")
    file, ledger = tmp_path / "payback.db.keys", tmp_path / "payback.db"
    assert files_are_private(ledger, tmp_path / "spool", [file]).level is Level.OK
    file.chmod(0o644)
    assert f"chmod 600 {file}" in files_are_private(ledger, tmp_path / "spool", [file]).sentence
