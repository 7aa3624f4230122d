"""The ledger: is it whole, are its sums right, who writes it, what waits for it."""

from datetime import datetime
from pathlib import Path

from ledger.aside import aside_of
from ledger.errors import LedgerError
from ledger.journal import has_records, journal_path
from ledger.lock import is_held, lock_path
from ledger.period import US_PER_HOUR, time_of
from ledger.spool import Spool
from ledger.sqlite.health import SQLITE_VERSION, faults_of, schema_of_whole_file
from ledger.store import Disagreement, Reader
from payback.checks.finding import Finding, fail, ok, warn
from payback.terminal import clean, counted


def ledger_is_whole(ledger: Path) -> Finding:
    try:
        schema = schema_of_whole_file(ledger)
    except LedgerError as error:
        return fail("ledger", str(error))
    return ok("ledger", f"{ledger} has schema {schema}, and SQLite finds it whole")


def sums_are_right(reader: Reader) -> Finding:
    """Reports are read from sums that were kept beside the calls; here they are counted again."""
    try:
        wrong = reader.disagreements()
    except LedgerError as error:
        return fail("sums", str(error))
    if not wrong:
        return ok("sums", "the sums of the report are those of the calls")
    return fail(
        "sums",
        f"{counted(len(wrong), 'sum')} of the report differ from their calls, such as {_told(wrong[0])};"
        " report this fault of payback, and use payback export meanwhile, which reads the calls",
    )


def _told(wrong: Disagreement) -> str:
    whose = f"{wrong.dimension} {clean(wrong.value)}".strip()
    hour = time_of(wrong.hour * US_PER_HOUR).strftime("%Y-%m-%dT%H:%MZ")
    when = f"at {hour}" if wrong.unit == "hour" else f"in the {wrong.unit} from {hour}"
    return f"{wrong.measure} of {whose} {when}: {wrong.in_rollup} instead of {wrong.in_calls}"


def newest_call(reader: Reader) -> datetime | None:
    """When it began; None: there is none."""
    found = reader.last_calls(1)
    return time_of(found[0].call.started_us) if found else None


def who_writes(ledger: Path) -> Finding:
    if not is_held(ledger):
        return ok("writer", "no payback process writes this ledger now")
    holder = lock_path(ledger).read_text("ascii", "replace").strip()
    return ok("writer", f"a payback process writes this ledger (pid {clean(holder) or 'unknown'})")


def spool_is_empty(spool: Path, ledger: Path) -> Finding:
    try:
        waiting = Spool(spool).waiting
    except LedgerError as error:
        return fail("spool", str(error))
    folder = spool.absolute().parent
    if folder != ledger.absolute().parent and not folder.is_dir():
        return fail("spool", f"the folder of the spool {spool} is not there; make it, or set another path")
    aside = spool.with_name(f"{spool.name}.unreadable")
    if waiting:
        remedy = (
            "the running payback takes them over" if is_held(ledger) else "start payback serve, which does"
        )
        what = f"{counted(waiting, 'record')} in {spool} wait for the ledger to take them over"
        return warn("spool", f"{what}; {remedy} once the ledger can be written")
    if aside.exists():
        return warn("spool", f"{aside} holds lines that could not be read; look at them, then take it away")
    return ok("spool", "nothing waits for the ledger to be written")


def nothing_was_left(ledger: Path) -> Finding:
    """By a payback that was killed; one that runs has the journal for itself."""
    journal = journal_path(ledger)
    if has_records(journal) and not is_held(ledger):
        return warn(
            "journal",
            f"a payback that was killed has left calls in {journal}, which count in no report yet;"
            " payback serve and payback report take them over",
        )
    if (aside := aside_of(journal)).exists():
        return warn(
            "journal", f"{aside} holds records that could not be taken over; report this fault of payback"
        )
    return ok("journal", "nothing was left by a payback that was killed")


def sqlite_is_safe(version: tuple[int, ...] = SQLITE_VERSION) -> Finding:
    name = f"SQLite {'.'.join(map(str, version))}"
    faults = faults_of(version)
    if not faults:
        return ok("sqlite", f"{name} has none of the faults that are known of its write-ahead log")
    told = "; also, it ".join(f"{fault.what}: {fault.but} ({fault.source})" for fault in faults)
    return warn("sqlite", f"{name} {told}")
