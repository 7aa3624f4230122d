import contextlib
import os
import signal
import stat
import subprocess
import time
import tomllib
from pathlib import Path

import pytest

from payback import places, settings, wiring
from payback.cli import COMMANDS, main
from payback.version import VERSION
from tests.payback.books import entry_at, finished, keep, payback

SEE_HELP = "see payback --help"
ROOT = Path(__file__).parents[2]
SLOW = ("aiohttp", "pydantic", "genai_prices")
PRINT_SLOW = f"print([name for name in {SLOW!r} if name in sys.modules], file=sys.stderr)"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return keep(tmp_path / "payback.db", entry_at("2026-10-05T12:00:00"))


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(f"    {name} " in told for name in COMMANDS)


@pytest.mark.parametrize("odd", ["100M\n/a", "\x1b[31m1/a", "1" * 100_000])
def test_an_error_is_one_line_that_steers_no_terminal_whatever_it_quotes(
    odd: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["project", "--volume", odd, "--model", "gpt-4o"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("payback: ")
    assert told.removesuffix("\n").isprintable()
    assert len(told) < 3000


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_a_ledger_and_a_configuration(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    told = capsys.readouterr().out
    assert "--ledger" in told
    assert "--config" in told


def test_no_command_at_all_is_answered_with_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: payback" in capsys.readouterr().err


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"payback {VERSION}\n"
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["reprot"], "there is no command 'reprot', perhaps report; see payback --help"),
        (["xyzzy"], "there is no command 'xyzzy'; see payback --help"),
        (
            ["--ledger", "f"],
            "the command comes first and its options after it, as in payback report --ledger; " + SEE_HELP,
        ),
        (["report", "--lodger", "f"], "unrecognized arguments: --lodger f; see payback report --help"),
        (["report", "--led", "f"], "unrecognized arguments: --led f; see payback report --help"),
        (["report", "--month", "October"], "'October' is not a month; write it as 2026-10"),
        (
            ["report", "--from", "2026-10-05", "--to", "2026-10-04"],
            "the period ends on 2026-10-04, before it starts on 2026-10-05; swap the two",
        ),
        (
            ["report", "--month", "2026-10", "--from", "2026-10-05"],
            "--month and --from, --to exclude each other; give either the month or the days",
        ),
        (["report", "--month", ""], "'' is not a month; write it as 2026-10"),
        (["report", "--ledger", ""], "argument --ledger: the path is empty; see payback report --help"),
        (["report", "--to", "2026-10-05"], "--to needs --from, the first day"),
        (["report", "--from", "1969-12-31"], "'1969-12-31' is not a day; write it as 2026-10-05"),
        (["report", "--from", "9999-12-31"], "'9999-12-31' is not a day; write it as 2026-10-05"),
        (["report", "--month", "1969-12"], "'1969-12' is not a month; write it as 2026-10"),
        (
            ["report", "--ledger", "postgresql://h/d"],
            "the ledger postgresql:// is not known to this version; give a path",
        ),
        (
            ["report", "--ledger", "none.db"],
            "there is no ledger at none.db; start payback serve first, or give --ledger its path",
        ),
        (
            ["report", "--config", "none.toml"],
            "cannot read the configuration none.toml: No such file or directory; give --config another path",
        ),
        (["import", "none.csv", "--format", "azure-trace"], "none.csv: No such file or directory"),
    ],
)  # fmt: skip
def test_what_the_user_got_wrong_is_one_sentence_and_status_2(
    argv: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    assert capsys.readouterr().err == f"payback: {sentence}\n"


@pytest.mark.parametrize("content", [b"", b"this is text, not a database" * 100])
def test_a_file_that_is_no_ledger_is_named_and_left_alone(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    assert main(["report", "--ledger", str(file)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"payback: {file} is ")
    assert told.count("\n") == 1
    assert file.read_bytes() == content


def test_a_damaged_ledger_is_a_sentence_and_no_traceback(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ledger.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (ledger.stat().st_size - 4096))
    assert main(["report", "--month", "2026-10", "--ledger", str(ledger)]) == 2
    assert capsys.readouterr().err.startswith("payback: the ledger ")


def test_neither_the_help_nor_a_report_waits_for_slow_imports(ledger: Path) -> None:
    run = f"import sys; from payback.cli import main; main(sys.argv[1:]); {PRINT_SLOW}"
    for argv in (["--help"], ["report", "--month", "2026-10", "--ledger", str(ledger)]):
        status, _, err = finished(payback(*argv, code=run, cwd=ledger.parent))
        assert (status, err) == (0, "[]\n"), argv


def test_without_any_option_the_ledger_is_where_the_server_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert wiring.ledger_path(settings.Settings(), None) == places.ledger_at(None)
    assert wiring.ledger_path(settings.Settings(), "~/l.db") == places.ledger_at("~/l.db")
    assert settings.PLACE == places.CONFIGURATION


def test_the_ledger_of_the_configuration_here_is_the_one_that_is_asked(
    ledger: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ledger.parent)
    Path("payback.toml").write_text(f'[ledger]\nurl = "{ledger}"\n')
    assert main(["report", "--month", "2026-10"]) == 0
    assert "0.0045" in capsys.readouterr().out


def test_a_reader_that_stops_early_is_told_of_and_no_traceback(ledger: Path) -> None:
    process = payback("report", "--month", "2026-10", "--by", "hour", "--ledger", str(ledger))
    assert process.stdout is not None
    process.stdout.close()  # before the command writes: it starts slower than this
    process.stdout = None
    status, _, err = finished(process)
    assert (status, err) == (2, "payback: whoever read the output has stopped before its end\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_output_to_a_full_disk_is_a_sentence_and_status_2(ledger: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        process = payback("report", "--month", "2026-10", "--ledger", str(ledger), stdout=full)
        status, _, err = finished(process)
    assert (status, err) == (2, "payback: No space left on device\n")


def interrupted(process: "subprocess.Popen[bytes]") -> tuple[int, str, str]:
    """Press Ctrl-C until it ends: the first may fall between the last look for signals and the sleep."""
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=3)
    return finished(process)


def test_an_interrupt_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    pipe = tmp_path / "trace"
    os.mkfifo(pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    process = payback("import", str(pipe), "--format", "azure-trace", "--ledger", str(tmp_path / "l.db"))
    with pipe.open("wb"):  # opens when the command opens the other end, and then waits for what never comes
        status, out, err = interrupted(process)
    assert (status, out, err) == (130, "", "payback: interrupted\n")
