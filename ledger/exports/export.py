"""An export: every call of a period as one stream of bytes, and what its manifest says. The command and the
report's downloads are both this."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from ledger.call import Entry
from ledger.exports.csv_file import csv_lines
from ledger.exports.jsonl_file import jsonl_lines
from ledger.exports.manifest import Digest, Manifest
from ledger.period import Period, month_of
from ledger.store import Reader
from ledger.tally import Tally

FORMATS: dict[str, Callable[[Iterable[Entry]], Iterator[bytes]]] = {"csv": csv_lines, "jsonl": jsonl_lines}
MANIFEST_ENDING = ".manifest.json"


class Export:
    """One pass over the period's calls: counted, rendered and hashed as they come."""

    def __init__(self, reader: Reader, format_name: str, period: Period) -> None:
        self._format, self._period = format_name, period
        self._digest = Digest()
        self.tally = Tally()
        """Whole once the last of *chunks* was taken; so is the manifest."""
        self.chunks = self._digest.of(FORMATS[format_name](self.tally.of(reader.calls(period))))
        """The file, a row at a time."""

    def manifest(
        self, file: str | None, *, payback_version: str, ledger_schema: int, created_at: datetime
    ) -> Manifest:
        return Manifest(
            file=file,
            format=self._format,
            period=self._period,
            tally=self.tally,
            digest=self._digest,
            payback_version=payback_version,
            ledger_schema=ledger_schema,
            created_at=created_at,
        )


def file_name(period: Period, format_name: str) -> str:
    """
    >>> from datetime import date
    >>> file_name(month_of(date(2026, 10, 1)), "csv")
    'payback-2026-10.csv'
    >>> file_name(Period(date(2026, 10, 1), date(2026, 10, 8)), "jsonl")
    'payback-2026-10-01_2026-10-07.jsonl'
    """
    if period == month_of(period.start):
        return f"payback-{period.start:%Y-%m}.{format_name}"
    return f"payback-{period.start}_{period.end - timedelta(days=1)}.{format_name}"
