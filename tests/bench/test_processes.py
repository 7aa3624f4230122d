"""Children are started, measured and ended by their own handle."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import processes
from bench.errors import BenchError


def test_a_child_ends_with_its_block(tmp_path: Path) -> None:
    with processes.child(
        [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "sleeper.log"
    ) as child:
        assert child.poll() is None
        assert child.pid in processes.family_of(os.getpid())
    assert child.returncode == -15


def test_memory_and_time_of_a_process_are_read_in_their_units(tmp_path: Path) -> None:
    code = "print(sum(range(10**6)), flush=True); import time; time.sleep(60)"
    log = tmp_path / "child.log"
    with processes.child([sys.executable, "-c", code], log) as child:
        while not log.read_text():
            time.sleep(0.01)
        assert 3 < processes.resident_mb(child.pid) < 100
        assert 0 < processes.cpu_s(child.pid) < 60


def test_what_two_processes_have_of_one_file_is_counted_once(tmp_path: Path) -> None:
    alone_mb = processes.resident_mb(os.getpid())
    code = "import time; print('here', flush=True); time.sleep(60)"
    log = tmp_path / "twin.log"
    with processes.child([sys.executable, "-c", code], log) as twin:
        while "here" not in log.read_text():
            time.sleep(0.01)
        twin_mb = processes.resident_mb(twin.pid)
        together_mb = processes.resident_mb(os.getpid())
    assert alone_mb < together_mb < alone_mb + twin_mb - 2


def test_a_process_that_has_gone_counts_nothing() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert processes.family_of(gone.pid) == [gone.pid]
    assert processes.resident_mb(gone.pid) == 0


def test_a_target_that_does_not_start_is_quoted(tmp_path: Path) -> None:
    log = tmp_path / "payback.log"
    with processes.child([sys.executable, "-c", "raise SystemExit('no such upstream')"], log) as child:
        child.wait(10)
        with pytest.raises(
            BenchError, match=r"payback ended with status 1; its last words:\nno such upstream"
        ):
            processes.wait_until_ready(child, processes.free_port(), "/", log)


def test_a_command_that_takes_too_long_is_killed() -> None:
    with pytest.raises(BenchError, match="took more than 0 s"):
        processes.run_for_output([sys.executable, "-c", "import time; time.sleep(60)"], timeout_s=0.2)


def test_a_module_that_fails_is_quoted() -> None:
    with pytest.raises(BenchError, match=r"No module named bench\.nothing"):
        processes.run_module("bench.nothing", timeout_s=30)
