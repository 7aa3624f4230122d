"""A file system of a few MiB, where this user may make one."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path


@cache
def may_mount() -> bool:
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        mounted_one = _mount(Path(folder), 1)
        if mounted_one:
            _unmount(Path(folder))
    return mounted_one


@contextmanager
def mounted(folder: Path, mib: int) -> Iterator[Path]:
    folder.mkdir()
    assert _mount(folder, mib)
    try:
        yield folder
    finally:
        _unmount(folder)


def _mount(folder: Path, mib: int) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "payback-torture", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, timeout=20).returncode == 0
    except FileNotFoundError:
        return False


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", str(folder)], check=True, capture_output=True, timeout=20)
