"""In CI a test that is skipped for want of a browser or a package is a test that fails."""

import os
import subprocess
import sys
from pathlib import Path

from tests.architecture.house import ROOT

SKIPS = """\
import pytest

def test_wants_a_browser():
    pytest.skip("chromium is not installed")

def test_wants_a_trace():
    pytest.skip("PAYBACK_AZURE_TRACE names no file")

@pytest.mark.xfail(reason="a known fault")
def test_fails_as_expected():
    assert False
"""
WHOLE_FILE = 'import pytest\npytest.importorskip("no_such_package_anywhere")\n'


def outcome_of(tmp_path: Path, ci: str) -> tuple[int, str]:
    (tmp_path / "test_skips.py").write_text(SKIPS)
    (tmp_path / "test_whole_file.py").write_text(WHOLE_FILE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.skips",
        "-p",
        "no:cacheprovider",
        "--rootdir=.",
    ]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [*command, "-c", os.devnull, "--continue-on-collection-errors", "."],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return ran.returncode, ran.stdout


def test_elsewhere_a_skipped_test_is_a_skipped_test(tmp_path: Path) -> None:
    status, said = outcome_of(tmp_path, ci="")
    assert status == 0, said
    assert "3 skipped, 1 xfailed" in said


def test_in_ci_a_skipped_test_and_a_skipped_file_fail_with_their_reasons(tmp_path: Path) -> None:
    status, said = outcome_of(tmp_path, ci="true")
    assert status == 1
    assert "1 failed, 1 skipped, 1 xfailed, 1 error" in said
    assert "skipped, which in CI is a failure: chromium is not installed" in said
    assert "skipped, which in CI is a failure: could not import 'no_such_package_anywhere'" in said
