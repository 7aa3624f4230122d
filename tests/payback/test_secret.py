"""Secrets are read from where the configuration says, and show nowhere else."""

from pathlib import Path

import pytest

from payback.errors import SettingsError
from payback.secret import Secret
from payback.sections import Report
from payback.settings import Settings
from payback.upstream_section import UpstreamSettings
from payback.wiring import upstreams


def test_a_secret_comes_from_the_environment_or_a_file_without_blanks_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", " sk-canary ")
    (tmp_path / "key").write_text("sk-canary\n")
    assert Secret(env="LAB_KEY").read("key") == Secret(file=tmp_path / "key").read("key") == "sk-canary"


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_secret_is_never_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LAB_KEY", text)
    (tmp_path / "key").write_text(text)
    for secret in (Secret(env="LAB_KEY"), Secret(file=tmp_path / "key")):
        with pytest.raises(
            SettingsError, match=r"is empty or not there; set it, or take report\.password out"
        ):
            secret.read("report.password")


def test_a_secret_that_is_not_there_is_told_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_KEY", raising=False)
    with pytest.raises(SettingsError, match=r"^k: the environment variable LAB_KEY is empty or not there; "):
        Secret(env="LAB_KEY").read("k")
    with pytest.raises(
        SettingsError, match=rf"^k: cannot read the file {tmp_path}/no: No such file or directory; "
    ):
        Secret(file=tmp_path / "no").read("k")


@pytest.mark.parametrize(
    "content", [b"sk-canary\nsk-other", b"sk-canary\x00", "sk-canary\u2026".encode(), b"\xff"]
)
def test_a_secret_that_no_header_can_carry_is_told_without_repeating_it(
    tmp_path: Path, content: bytes
) -> None:
    """A newline within a header would begin another one."""
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        Secret(file=tmp_path / "key").read("k")
    assert "canary" not in str(raised.value)


def test_neither_settings_nor_upstreams_show_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KEY", "sk-canary")
    secret = Secret(env="LAB_KEY")
    lab = UpstreamSettings(name="lab", base_url="http://127.0.0.1:8000", api_key=secret)
    settings = Settings(upstream=(lab,), report=Report(password=secret))
    shown = repr(settings) + str(settings) + settings.model_dump_json()
    shown += repr(upstreams(settings, "127.0.0.1", 8300))
    assert "canary" not in shown
