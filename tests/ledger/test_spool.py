"""The spool: what append returned for is there again after any end of the process, and nothing else is."""

import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path

import pytest
from msgspec.structs import replace

from ledger.call import Attribution, Entry, State, bare, without_names
from ledger.errors import LedgerError
from ledger.needs import Needs
from ledger.spool import Spool
from ledger.timings import Timings
from ledger.units import Units
from ledger.usage import TokenUsage
from tests.ledger.made_up import SONNET, TEN_AND_TWO, metered, opened, whole_call


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "payback.db.spool"


@contextmanager
def no_file_larger_than(size_bytes: int) -> Iterator[None]:
    """A disk that is full, as far as this process can tell."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_was_appended_is_there_in_order_and_after_a_restart(path: Path) -> None:
    spool = Spool(path)
    spool.append([opened(1), opened(2)])
    spool.append([whole_call(1)])
    for again in (spool, Spool(path)):
        assert list(again.entries()) == [opened(1), opened(2), whole_call(1)]
        assert again.waiting == 3


def test_an_entry_is_on_the_disk_when_it_was_appended_and_so_is_the_name_of_its_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is new with the first entry only."""
    synced: list[str] = []
    monkeypatch.setattr("os.fsync", lambda file: synced.append(str(Path(f"/proc/self/fd/{file}").readlink())))
    spool = Spool(path)
    for wanted in ([str(path), str(path.parent)], [str(path)]):
        spool.append([opened(1)])
        assert synced == wanted
        synced.clear()


def test_others_cannot_look_into_it(path: Path) -> None:
    Spool(path).append([opened()])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_cleared_spool_is_empty_and_takes_more(path: Path) -> None:
    spool = Spool(path)
    spool.append([opened(1)])
    spool.clear()
    assert (list(spool.entries()), spool.waiting, Spool(path).waiting) == ([], 0, 0)
    spool.append([opened(2)])
    assert list(Spool(path).entries()) == [opened(2)]


def test_a_spool_that_was_never_needed_makes_no_file(path: Path) -> None:
    assert list(Spool(path).entries()) == []
    assert not path.exists()


@pytest.mark.parametrize("kept", [1, 60, -1])
def test_a_line_that_a_crash_cut_is_nobodys_and_does_not_spoil_the_next(path: Path, kept: int) -> None:
    """The next entry was once glued to the torn line, and lost with it."""
    Spool(path).append([opened(1), opened(2)])
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:kept])
    spool = Spool(path)
    assert (list(spool.entries()), spool.waiting) == ([opened(1)], 1)
    spool.append([opened(3)])
    assert list(Spool(path).entries()) == [opened(1), opened(3)]


def test_a_long_torn_line_leaves_nothing_behind_the_entry_that_takes_its_place(path: Path) -> None:
    Spool(path).append([opened(1)])
    whole = path.read_bytes()
    path.write_bytes(whole + b"x" * 9_000)
    spool = Spool(path)
    spool.append([opened(1)])
    assert path.read_bytes() == whole + whole


def test_entries_that_the_disk_has_no_room_for_do_not_count_and_later_ones_do(path: Path) -> None:
    spool = Spool(path)
    spool.append([opened(1)])
    with no_file_larger_than(path.stat().st_size + 100), pytest.raises(OSError, match="File too large"):
        spool.append([opened(2), opened(3)])
    assert spool.waiting == 1
    spool.append([opened(4)])
    assert list(Spool(path).entries()) == [opened(1), opened(4)]


def test_a_spool_that_somebody_deletes_goes_on_with_what_comes(path: Path) -> None:
    """Written behind a hole of zeros, the next entry would be no line."""
    spool = Spool(path)
    spool.append([opened(1), opened(2)])
    path.unlink()
    spool.append([opened(3)])
    assert list(spool.entries()) == [opened(3)]


def test_a_name_that_is_no_unicode_costs_its_call_the_names_and_others_nothing(path: Path) -> None:
    odd = metered(opened(1, who=Attribution(user="\ud800", key="k_1")))
    spool = Spool(path)
    spool.append([odd, whole_call(2)])
    entries = list(Spool(path).entries())
    assert entries == [without_names(odd), whole_call(2)]
    assert entries[0].call.usage == TEN_AND_TWO


def test_an_entry_that_is_odd_in_every_part_is_spooled_bare(path: Path) -> None:
    odd = metered(opened(1, problem="\ud800"), price=replace(SONNET, model="\ud800"))
    Spool(path).append([odd])
    assert list(Spool(path).entries()) == [bare(odd)]


@pytest.mark.parametrize(
    "line",
    [
        b"garbage\n",
        b"\x00" * 80 + b"\n",
        b'{"call": {}, "state": 0}\n',
        b"\xff\xfe\n",
        b'{"call":{"odd":' + b"[" * 100_000 + b"\n",
    ],
)
def test_a_line_that_is_no_entry_does_not_block_the_others_and_is_not_thrown_away(
    path: Path, line: bytes
) -> None:
    spool = Spool(path)
    spool.append([opened(1)])
    with path.open("ab") as file:
        file.write(line)
    spool = Spool(path)
    spool.append([opened(2)])
    for _ in range(2):  # a replay that failed half way is begun again
        assert list(spool.entries()) == [opened(1), opened(2)]
    spool.clear()
    assert path.with_name("payback.db.spool.unreadable").read_bytes() == line


def test_an_entry_that_contradicts_itself_does_not_block_the_others(path: Path) -> None:
    Spool(path).append([whole_call(1), opened(2)])
    path.write_bytes(path.read_bytes().replace(b'"pricing":"priced"', b'"pricing":"unpriced"'))
    assert list(Spool(path).entries()) == [opened(2)]


def test_an_entry_set_aside_is_kept_when_the_spool_is_cleared(path: Path) -> None:
    spool = Spool(path)
    spool.append([opened(1)])
    line = path.read_bytes()
    list(spool.entries())
    spool.set_aside(opened(1))
    spool.clear()
    assert path.with_name("payback.db.spool.unreadable").read_bytes() == line


def test_a_spool_that_cannot_be_read_is_named_at_the_start(path: Path) -> None:
    path.mkdir()
    with pytest.raises(LedgerError, match=r"payback\.db\.spool is not a spool; take it away"):
        Spool(path)


def test_all_states_of_a_call_come_back_as_they_went(path: Path) -> None:
    entries: list[Entry] = [opened(1), metered(opened(1)), whole_call(1)]
    Spool(path).append(entries)
    assert list(Spool(path).entries()) == entries
    assert [entry.state for entry in entries] == list(State)


def test_every_fact_of_a_call_comes_back_as_it_went_bytes_too(path: Path) -> None:
    facts = {
        "units": Units(audio_ms=12_340),
        "upstream_cost": 5,
        "tokenizer": "o200k_base",
        "reported_usage": '{"eval_count":4}',
        "needs": Needs.TOOLS | Needs.AUDIO,
        "timings": Timings(decode_us=7),
        "usage": TokenUsage(input_tokens=1, output_tokens=4, inferred_tokens=3),
    }
    entry = whole_call(1)
    entry = replace(entry, call=replace(entry.call, **facts), item_key=bytes(range(224, 256)))
    Spool(path).append([entry])
    assert list(Spool(path).entries()) == [entry]


def test_a_spool_that_an_older_version_left_is_read(path: Path) -> None:
    """It says nothing of what that version did not know, and null of what was not known of the call."""
    Spool(path).append([whole_call(1)])
    line = path.read_bytes()
    for later in (b"item_key", b"units", b"upstream_cost", b"reported_usage", b"needs", b"inferred_tokens"):
        assert later not in line
    assert b',"at_least":0' in line
    line = line.replace(b',"at_least":0', b"")
    path.write_bytes(line.replace(b'"call":{', b'"call":{"first_byte_us":null,"problem":null,'))
    assert list(Spool(path).entries()) == [whole_call(1)]


@pytest.mark.parametrize(
    "content", [b"notes of somebody\n", b"SQLite format 3\0", b"\0\0\0\x18ftypmp42\0", b"4711\n"]
)
def test_a_file_that_is_no_spool_is_refused_and_left_as_it_was(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="is not a spool; take it away"):
        Spool(path)
    assert path.read_bytes() == content


def test_a_spool_that_is_no_regular_file_is_refused_and_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(LedgerError, match="is not a spool"):
        Spool(path)


def test_records_that_wait_for_one_ledger_are_not_taken_over_by_another(path: Path) -> None:
    """serve --ledger OTHER with a configured spool would put one customer's calls into another's books."""
    Spool(path, "ours").append([whole_call(1)])
    with pytest.raises(
        LedgerError, match=r"the records in the spool .* are another ledger's; start payback with"
    ):
        Spool(path, "theirs")
    ours = Spool(path, "ours")
    assert (ours.waiting, list(ours.entries())) == (1, [whole_call(1)])
    assert Spool(path).waiting == 1


def test_a_spool_that_was_emptied_may_serve_another_ledger(path: Path) -> None:
    spool = Spool(path, "ours")
    spool.append([whole_call(1)])
    spool.clear()
    Spool(path, "theirs").append([whole_call(2)])
    assert list(Spool(path, "theirs").entries()) == [whole_call(2)]


def test_the_line_that_names_the_ledger_is_written_once_and_is_no_record(path: Path) -> None:
    spool = Spool(path, "ours")
    spool.append([opened(1)])
    spool.append([opened(2)])
    assert path.read_bytes().count(b'{"ledger":"ours"}\n') == 1
    assert (Spool(path, "ours").waiting, list(spool.entries())) == (2, [opened(1), opened(2)])


def test_a_spool_that_was_cut_behind_its_first_line_is_empty(path: Path) -> None:
    path.write_bytes(b'{"ledger":"theirs"}\n{"call"')
    spool = Spool(path, "ours")
    spool.append([whole_call(1)])
    assert path.read_bytes().startswith(b'{"ledger":"ours"}\n')
    assert list(Spool(path, "ours").entries()) == [whole_call(1)]


SECTOR = 512
SECTORS = 6
WRITTEN_FIRST = [opened(1), whole_call(2), opened(3), metered(opened(4)), whole_call(5)]


@pytest.mark.parametrize(
    "lost",
    [each for count in range(SECTORS + 1) for each in combinations(range(SECTORS), count)],
    ids=str,
)
def test_a_spool_whose_first_write_the_power_cut_in_pieces_keeps_no_payback_from_starting(
    path: Path, lost: tuple[int, ...]
) -> None:
    """Nothing of it had been synced, so a disk may have any sectors of it and not the others."""
    Spool(path, "ours").append(WRITTEN_FIRST)
    data = bytearray(path.read_bytes())
    assert len(data) > (SECTORS - 1) * SECTOR
    for sector in lost:
        part = data[sector * SECTOR : (sector + 1) * SECTOR]
        data[sector * SECTOR : (sector + 1) * SECTOR] = bytes(len(part))
    path.write_bytes(data)
    spool = Spool(path, "ours")
    assert {*spool.entries()} <= {*WRITTEN_FIRST}
    spool.append([whole_call(6)])
    assert [*Spool(path, "ours").entries()][-1] == whole_call(6)
