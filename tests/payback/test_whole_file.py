from pathlib import Path

import pytest

from payback.whole_file import whole_file


def test_a_file_is_in_its_place_once_all_of_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "months.csv"
    with whole_file(path) as file:
        file.write(b"a,b\r\n")
        assert not path.exists()
    assert path.read_bytes() == b"a,b\r\n"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_halfway_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "months.csv"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="no space"):
        _write_half_of(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def _write_half_of(path: Path) -> None:
    with whole_file(path) as file:
        file.write(b"ne")
        raise OSError("no space")
