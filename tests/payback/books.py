"""Small ledgers to ask, with prices that are easy to multiply."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO

from ledger.call import Call, Entry, Outcome, State, UsageBasis
from ledger.ids import call_id_at
from ledger.imports.keep import keep_all
from ledger.judgement import judged
from ledger.meter import Meter
from ledger.period import us_at
from ledger.pricebook import Override, PriceBook
from ledger.usage import TokenUsage

RATES = {Meter.INPUT: Decimal(3), Meter.CACHE_READ: Decimal("0.30"), Meter.OUTPUT: Decimal(15)}
"""USD per million tokens of small-model at acme."""
BOOK = PriceBook([Override(provider="acme", model="small-model", since=date(2026, 1, 1), usd_per_mtok=RATES)])
SOME_USAGE = TokenUsage(input_tokens=1000, output_tokens=100)
"""At small-model's rates 0.003 + 0.0015 = 0.0045 USD."""


def at(text: str) -> int:
    """
    >>> at("1970-01-01T00:00:00.000001")
    1
    """
    return us_at(datetime.fromisoformat(text).replace(tzinfo=UTC))


def call_at(text: str, number: int = 0, **facts: object) -> Call:
    """A call at a time of UTC that went well; *number* tells apart those of one microsecond."""
    call_id = call_id_at(at(text), number.to_bytes(8, "big"))
    known = {
        "upstream": "acme",
        "provider": "acme",
        "operation": "chat",
        "request_model": "small-model",
        "http_status": 200,
        "outcome": Outcome.OK,
        "usage": SOME_USAGE,
    }
    known |= facts
    known.setdefault("usage_basis", UsageBasis.REPORTED if known["usage"] else UsageBasis.NONE)
    return Call(call_id=call_id, logical_call_id=call_id, started_us=at(text), **known)  # type: ignore[arg-type]


def entry_at(text: str, number: int = 0, *, self_hosted: bool = False, **facts: object) -> Entry:
    return judged(call_at(text, number, **facts), State.ENDED, BOOK, self_hosted=self_hosted)


def keep(ledger: Path, *entries: Entry) -> Path:
    keep_all(ledger, None, entries)
    return ledger


def payback(
    *argv: str, code: str | None = None, cwd: Path | None = None, stdout: IO[bytes] | int = subprocess.PIPE
) -> "subprocess.Popen[bytes]":
    """The command in a process of its own; *code* runs in place of python -m payback."""
    program = ["-c", code] if code else ["-m", "payback"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(
        [sys.executable, *program, *argv],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env={**environment, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def finished(process: "subprocess.Popen[bytes]") -> tuple[int, str, str]:
    """Status, stdout, stderr; what has not ended after a minute is ended, and fails the test."""
    try:
        out, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    return process.returncode, (out or b"").decode(), err.decode()
