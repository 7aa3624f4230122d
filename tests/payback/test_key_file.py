"""The file of the keys: written whole, read back the same, and refused where it is anything else."""

import os
import stat
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payback.errors import SettingsError
from payback.key_file import LARGEST_BYTES, key_file, keys_in, only_writer, read_keys, write_keys
from payback.settings import Settings, read_settings
from tests.proxy.issued import LONG_AGO, MADE, issued, token_of

NAMES = st.text(min_size=1, max_size=200).filter(lambda text: text.isprintable() and text.strip() == text)
WHOLE = issued(
    "ci", upstream="lab", project="p", workload="w", models=("a*", "b"), expires=LONG_AGO, revoked=LONG_AGO
)


def test_it_stands_beside_the_ledger_unless_the_configuration_says_otherwise() -> None:
    assert key_file(Settings(), Path("a/b.db")) == Path("a/b.db.keys")
    settings = read_settings({"proxy": {"keys": "~/keys"}}, "test")
    assert key_file(settings, Path("a/b.db")) == Path("~/keys").expanduser()


@given(st.lists(NAMES, max_size=3, unique=True))
def test_what_was_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    file = tmp_path_factory.mktemp("keys") / "keys"
    keys = tuple(
        WHOLE.model_copy(update={"name": name, "project": name, "hash": issued(str(number)).hash})
        for number, name in enumerate(names)
    )
    write_keys(file, keys)
    assert read_keys(file) == keys


def test_only_its_owner_may_read_it_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("of before")
    file.chmod(0o644)
    before = os.umask(0)
    try:
        write_keys(file, [WHOLE])
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_writes_belongs_to_whom_the_folder_belongs(tmp_path: Path) -> None:
    """Else the service, which has a user of its own, could not read it, and would let nobody in."""
    os.chown(tmp_path, 10001, 10002)
    write_keys(tmp_path / "keys", [WHOLE])
    owner = (tmp_path / "keys").stat()
    assert (owner.st_uid, owner.st_gid) == (10001, 10002)


def content(**changes: str) -> bytes:
    """A file with one key; each of *changes* as TOML, empty to leave it out."""
    lines = {
        "name": '"ci"',
        "prefix": '"pb-ci"',
        "hash": f'"{issued("ci").hash}"',
        "made": "2026-11-22T12:00:00Z",
    }
    told = {**lines, **changes}
    return "\n".join(["[[key]]", *(f"{name} = {value}" for name, value in told.items() if value)]).encode()


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff", "is not text in UTF-8"),
        (b"[[key]", "is not TOML"),
        (b"a = " + b"[" * 100_000, "is not TOML"),
        (b"a = " + b"9" * 5000, "is not TOML"),
        (b"key = 7", "key is 7"),
        (b"keys = []", "keys is no known key"),
        (b"x" * (LARGEST_BYTES + 1), "has more than 4 MiB"),
        (content(name=""), "[[key]] 1 name is missing"),
        (content(hash=""), "[[key]] 1 hash is missing"),
        (content(made=""), "[[key]] 1 made is missing"),
        (content(name="7"), "[[key]] 1 name is 7; write text in quotes"),
        (content(hash=f'"{token_of("ci")}"'), "hash: write sha256: and 64 hexadecimal digits"),
        (content(hash='"sha256:ABC"'), "hash: write sha256: and 64 hexadecimal digits"),
        (content(token=f'"{token_of("ci")}"'), "[[key]] 1 token is no known key"),
        (content(revoked="true"), "[[key]] 1 revoked"),
        (content(expires="2026-11-22T12:00:00"), "expires: write the time zone too"),
        (content(expires="9999-12-31"), "expires: write a day before 9999-12-31"),
        (content(models='"gpt"'), "[[key]] 1 models"),
        (content() + b"\n" + content(hash=f'"{issued("b").hash}"'), "two [[key]] have the same name"),
        (content() + b"\n" + content(name='"b"'), "two [[key]] have the same hash"),
    ],
)
def test_anything_else_is_a_sentence_that_quotes_no_key(damaged: bytes, why: str) -> None:
    with pytest.raises(SettingsError) as raised:
        keys_in(damaged, Path("of-ours.keys"))
    told = str(raised.value)
    assert told.startswith("of-ours.keys")
    assert why in told
    assert token_of("ci") not in told


def test_a_day_counts_to_its_end_and_every_time_zone_is_understood() -> None:
    (key,) = keys_in(content(expires="2027-01-31", made="2026-11-22T13:00:00+01:00"), Path("k"))
    assert key.expires == datetime(2027, 2, 1, tzinfo=UTC)
    assert key.made == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert key.as_client_key().expires_us == 1_801_440_000_000_000


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Is a directory; it must belong to the user that runs payback"):
        read_keys(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_keys(tmp_path / "none")


def test_two_who_add_a_key_at_once_both_have_theirs_in_the_end(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "keys"

    def add(name: str) -> None:
        with only_writer(file):
            known = read_keys(file) if file.exists() else ()
            time.sleep(0.002)
            write_keys(file, [*known, issued(name)])

    adding = [threading.Thread(target=add, args=(f"k{number}",)) for number in range(8)]
    for thread in adding:
        thread.start()
    for thread in adding:
        thread.join(10)
    assert {key.name for key in read_keys(file)} == {f"k{number}" for number in range(8)}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_key_that_was_revoked_once_stays_revoked_from_then_on() -> None:
    key = issued("ci")
    revoked = key.revoked_at(MADE)
    assert revoked.revoked_at(MADE + timedelta(days=1)) == revoked
    assert not revoked.holds_at(MADE - timedelta(days=1))
