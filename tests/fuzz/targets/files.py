"""What is read from disks: spool, journal, parcels, days, traces, the configuration, plans."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

from ledger.errors import BadImport, LedgerError
from ledger.imports.azure_trace import HEADER, entries_of, read_trace
from ledger.journal import Journal
from ledger.parcels import Packer, ParcelReader, Reply, Unpacker, message_of
from ledger.pricebook import PriceBook
from ledger.spool import Spool
from payback import day_file
from payback.day_file import DayFolder
from payback.errors import SettingsError
from payback.projecting import read_plan
from payback.settings import Settings, load_settings
from projection.plan import Plan
from tests.architecture.house import ROOT
from tests.fuzz.cutting import cut, no_complaints
from tests.fuzz.target import Check, Fed, Open, Seed, Target, opening
from tests.ledger.made_up import metered, opened, whole_call
from tests.payback.test_day_file import STAMP, day_of
from tests.test_docs import PLANS, blocks

ENTRIES = [
    opened(1),
    metered(opened(2)),
    whole_call(3, request_model="\u05e9\u05dc\u05d5\u05dd", http_status=429),
]
LEDGER = "one"
_TOLD_ASIDE = ("is not an entry", "is not understood", "bytes of records are kept in")


def in_file(name: str, check: Callable[[Path, Fed], None]) -> Open:
    """The input is in a file of that name, new for each."""

    @contextmanager
    def open_(folder: Path) -> Iterator[Check]:
        def feed(fed: Fed) -> None:
            path = folder / name
            path.write_bytes(fed.data)
            with no_complaints() as complaints:
                check(path, fed)
                complaints[:] = [told for told in complaints if not any(map(told.__contains__, _TOLD_ASIDE))]

        yield feed

    return open_


def is_a_sentence(error: Exception) -> None:
    """For people. It may quote what they wrote; the command line prints it on one line, not too long."""
    assert str(error).strip(), "it says nothing"


def spool(path: Path, _: Fed) -> None:
    """What can be read is replayed; what cannot is kept aside; what comes next is kept."""
    try:
        spool = Spool(path, LEDGER)
    except LedgerError as error:
        is_a_sentence(error)
        return
    before = list(spool.entries())
    assert len(before) <= spool.waiting
    spool.append(ENTRIES)
    again = Spool(path, LEDGER)
    assert list(again.entries()) == [*before, *ENTRIES]
    again.clear()
    assert list(Spool(path, LEDGER).entries()) == []


@cache
def spools() -> Sequence[Seed]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "spool"
        Spool(path, LEDGER).append(ENTRIES * 3)
        whole = path.read_bytes()
    return [Seed("spool", whole), Seed("headless", whole.partition(b"\n")[2])]


def journal(path: Path, fed: Fed) -> None:
    """Records of which a check value is right are read, whatever is in them; what comes next is kept."""
    for content in (fed.data, _with_right_checks(fed.data)):
        path.write_bytes(content)
        try:
            Journal(path, LEDGER).left()
        except LedgerError as error:
            is_a_sentence(error)
    again = Journal(path, LEDGER)
    assert again.append(Packer().parcel_of(ENTRIES))
    assert Journal(path, LEDGER).left() == ENTRIES
    again.remove()


def _with_right_checks(content: bytes) -> bytes:
    """The first record of *content* takes all that follows, as one."""
    head, body = content[:_JOURNAL_HEAD].ljust(_JOURNAL_HEAD, b"\0"), content[_JOURNAL_HEAD + 16 :]
    return head + len(body).to_bytes(4, "big") + crc32(body, 7).to_bytes(4, "big") + bytes(7) + b"\7" + body


_JOURNAL_HEAD = 4096


@cache
def journals() -> Sequence[Seed]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        kept = Journal(path, LEDGER)
        for entries in (ENTRIES, ENTRIES[:1]):
            kept.append(Packer().parcel_of(entries))
        return [Seed("journal", path.read_bytes()[:8192]), Seed("empty", path.read_bytes()[:4096])]


def parcel(fed: Fed) -> None:
    """From our own process over our own socket: what is damaged is refused as that, and nothing hangs."""
    whole = _unpacked([fed.data])
    assert _unpacked(cut(fed.data, fed.chance)) == whole
    _refused_or_read(lambda: Unpacker(Reply).feed(fed.data))


def _unpacked(pieces: Sequence[bytes]) -> list[object]:
    reader, found = ParcelReader(), list[object]()
    for piece in pieces:
        if not _refused_or_read(lambda piece=piece: found.extend(reader.feed(piece))):  # type: ignore[misc]
            return []
    return found


def _refused_or_read(read: Callable[[], object]) -> bool:
    try:
        read()
    except (ValueError, AssertionError):
        return False
    return True


def parcels() -> Sequence[Seed]:
    reply = Reply(
        parcels=3, failure="no", problem=None, spool_problem="full", spooled=7, said=((40, "it fails"),)
    )
    told = b"".join(map(Packer().parcel_of, (ENTRIES, [], ENTRIES[:1])))
    return [Seed("parcels", told), Seed("reply", message_of(reply))]


@contextmanager
def _days(folder: Path) -> Iterator[Check]:
    days = DayFolder(folder / "payback.db")
    days.write(STAMP, day_of())
    (file,) = days.path.iterdir()
    good = {seed.data for seed in days_written()}

    def check(fed: Fed) -> None:
        """Only what was written is read; nothing raises, even where the checksum was made to fit."""
        file.write_bytes(fed.data)
        found = days.read(STAMP)
        assert (found is not None) == (fed.data in good)
        start = len(day_file.FORMAT) + day_file._CHECKSUM_BYTES
        rest = fed.data[start:]
        file.write_bytes(day_file.FORMAT + day_file._checksum(rest) + rest)
        days.read(STAMP)

    yield check


def days_written() -> Sequence[Seed]:
    return [Seed("day", day_file._written(STAMP, day_of(rows))) for rows in (3, 0)]


def trace(path: Path, _: Fed) -> None:
    try:
        read = read_trace(path)
        entries = list(entries_of(read, BOOK, provider="openai", model="gpt-4o"))
    except BadImport as error:
        is_a_sentence(error)
    else:
        assert len(entries) == read.rows == len({entry.call.call_id for entry in entries})


BOOK = PriceBook([])
_TRACE = (
    f"{HEADER}\n2023-11-16 18:17:03.9799600,4808,10\r\n2024-05-10 00:00:00.009930+00:00,2162,5\n"
    "2023-11-16 18:17:04.0319600,3180,8\n1969-12-31 23:59:59,1,1\n"
)


def traces() -> Sequence[Seed]:
    return [Seed("trace", _TRACE.rsplit("\n", 2)[0].encode() + b"\n"), Seed("too old", _TRACE.encode())]


def configuration(path: Path, _: Fed) -> None:
    try:
        found = load_settings(path)
    except SettingsError as error:
        is_a_sentence(error)
    else:
        assert isinstance(found, Settings)
        assert found.upstreams()


@cache
def configurations() -> Sequence[Seed]:
    """The example, with what it only shows set too."""
    text = (ROOT / "config.example.toml").read_text("utf-8")
    shown = "\n".join(
        line[2:] if line.startswith("# ") and "=" in line else line for line in text.splitlines()
    )
    told = [block for file in ("README.md", "docs/operations.md") for block in blocks(ROOT / file, "toml")]
    return [Seed("configuration", made.encode()) for made in (text, shown, *told)]


def plan(path: Path, _: Fed) -> None:
    try:
        found = read_plan(path)
    except SettingsError as error:
        is_a_sentence(error)
    else:
        assert isinstance(found, Plan)


@cache
def plans() -> Sequence[Seed]:
    shown = [block.encode() for block in blocks(PLANS, "toml")]
    scenarios = [file.read_bytes() for file in (ROOT / "projection" / "scenarios").glob("*.toml")]
    return [Seed("plan", text) for text in (*shown, *scenarios)]


_TOML_WORDS = (
    b"[",
    b"]]",
    b"[[upstream]]\n",
    b" = ",
    b"'",
    b'"""',
    b"2026-01-01",
    b"07:32:00",
    b"inf",
    b"nan",
    b"1_000",
)
_SENTENCE = "a file that is wrong is told in one sentence"
TARGETS = (
    Target(
        name="spool",
        promise="what can be read of a spool is replayed, and what is appended is kept",
        seeds=spools,
        open=in_file("spool", spool),
        small_runs=120,
        words=(b'{"call":', b'{"ledger":"one"}\n', b'{"ledger":"two"}\n'),
    ),
    Target(
        name="journal",
        promise="what can be read of a journal is taken over, and what is appended is kept",
        seeds=journals,
        open=in_file("journal", journal),
        small_runs=120,
    ),
    Target(
        name="parcels",
        promise="what is damaged is refused, and any pieces are the same parcels",
        seeds=parcels,
        open=opening(parcel),
        small_runs=2000,
    ),
    Target(
        name="days",
        promise="a day's file is read as it was written, or not at all",
        seeds=days_written,
        open=_days,
        small_runs=200,
    ),
    Target(name="traces", promise=_SENTENCE, seeds=traces, open=in_file("trace.csv", trace), small_runs=400),
    Target(
        name="configuration",
        promise=_SENTENCE,
        seeds=configurations,
        open=in_file("payback.toml", configuration),
        small_runs=200,
        words=_TOML_WORDS,
    ),
    Target(
        name="plans",
        promise=_SENTENCE,
        seeds=plans,
        open=in_file("plan.toml", plan),
        small_runs=200,
        words=_TOML_WORDS,
    ),
)
