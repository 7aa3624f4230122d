"""The keys as a running payback knows them: whatever happens to their file, nobody is let in by it."""

import os
import timeit
from pathlib import Path

import pytest

from payback.errors import SettingsError
from payback.key_file import LARGEST_BYTES, write_keys
from payback.key_ring import KeyRing
from proxy.gate import KeysUnreadable
from tests.proxy.issued import LONG_AGO, issue, issued, revoke


@pytest.fixture
def file(tmp_path: Path) -> Path:
    issue(tmp_path, "a")
    return tmp_path / "payback.db.keys"


def names(ring: KeyRing) -> dict[str, bool]:
    """And whether each is revoked."""
    return {key.name: key.is_revoked for key in (ring.keys() or {}).values()}


def test_where_there_never_was_a_file_no_keys_are_asked_for(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "none", look_every_s=0)
    ring.start()
    assert ring.keys() is None
    assert not ring.has_keys


def test_each_change_is_seen_at_the_next_look(file: Path, tmp_path: Path) -> None:
    ring = KeyRing(file, look_every_s=0)
    assert names(ring) == {"a": False}
    for number in range(20):
        issue(tmp_path, f"b{number}")
        assert f"b{number}" in names(ring)
    revoke(tmp_path, "a")
    assert names(ring)["a"]


def test_a_change_that_keeps_size_and_date_is_seen_too(file: Path) -> None:
    """Somebody copies another file over it, and its date with it."""
    ring = KeyRing(file, look_every_s=0)
    before = file.stat()
    assert names(ring) == {"a": False}
    write_keys(file, [issued("b")])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert names(ring) == {"b": False}


@pytest.mark.parametrize("happens", ["damaged", "gone", "a folder", "not ours"])
def test_what_cannot_be_read_any_more_is_an_error_until_it_can_and_is_said_once(
    happens: str, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ring = KeyRing(file, look_every_s=0)
    assert names(ring) == {"a": False}
    whole = file.read_bytes()
    file.unlink()
    if happens == "damaged":
        file.write_bytes(whole[:-20])
    elif happens == "a folder":
        file.mkdir()
    elif happens == "not ours":
        file.symlink_to(file)  # a loop: not even to be looked at
    for _ in range(5):
        with pytest.raises(KeysUnreadable):
            ring.keys()
    assert caplog.text.count("no call is let in") == 1
    assert ring.has_keys
    file.rmdir() if happens == "a folder" else file.unlink(missing_ok=True)
    file.write_bytes(whole)
    assert names(ring) == {"a": False}


def test_a_file_that_goes_twice_is_missed_twice(file: Path) -> None:
    ring = KeyRing(file, look_every_s=0)
    whole = file.read_bytes()
    for _ in range(2):
        assert names(ring) == {"a": False}
        file.unlink()
        with pytest.raises(KeysUnreadable, match="has gone"):
            ring.keys()
        file.write_bytes(whole)


def test_a_start_is_refused_where_the_file_cannot_be_read(file: Path) -> None:
    file.write_text("[[key")
    with pytest.raises(SettingsError, match="is not TOML"):
        KeyRing(file, look_every_s=0).start()


def test_keys_that_are_no_use_any_more_are_still_asked_for(file: Path) -> None:
    write_keys(file, [issued("a", revoked=LONG_AGO)])
    ring = KeyRing(file, look_every_s=0)
    ring.start()
    assert ring.has_keys
    assert names(ring) == {"a": True}
    write_keys(file, [])
    assert ring.keys() == {}


def test_a_look_costs_a_call_next_to_nothing(file: Path) -> None:
    """Some 2 us here; a slow machine has ten times as much."""
    ring = KeyRing(file, look_every_s=0)
    ring.keys()
    assert min(timeit.repeat(ring.keys, number=1000, repeat=5)) / 1000 < 0.00005


def test_ten_thousand_keys_fit(tmp_path: Path) -> None:
    write_keys(tmp_path / "keys", [issued(f"k{number}") for number in range(10_000)])
    assert (tmp_path / "keys").stat().st_size < LARGEST_BYTES
    assert len(KeyRing(tmp_path / "keys", look_every_s=0).keys() or ()) == 10_000
