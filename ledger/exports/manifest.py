"""The manifest: what stands beside an exported file, so that whoever gets both can check one by the other."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.exports.columns import NAMES
from ledger.period import Period
from ledger.tally import Tally, measures_of


class Digest:
    """The sha256 and the length of bytes that pass."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self.length_bytes = 0

    def of(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._sha256.update(chunk)
            self.length_bytes += len(chunk)
            yield chunk

    def hex(self) -> str:
        return self._sha256.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Its sums are those of payback report over the same days, while no call of them is still running."""

    file: str | None
    """The name of the file that it describes; None: it went to standard output."""
    format: str
    period: Period
    tally: Tally
    digest: Digest
    payback_version: str
    ledger_schema: int
    created_at: datetime

    def as_json(self, indent: int | None = None) -> str:
        return json.dumps(
            {
                "file": self.file,
                "format": self.format,
                "from": self.period.start.isoformat(),
                "to": (self.period.end - timedelta(days=1)).isoformat(),
                "rows": self.tally.rows,
                "sums": measures_of(self.tally.sums),
                "sha256": self.digest.hex(),
                "bytes": self.digest.length_bytes,
                "columns": NAMES,
                "payback_version": self.payback_version,
                "ledger_schema": self.ledger_schema,
                "created_at": self.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            indent=indent,
        )
