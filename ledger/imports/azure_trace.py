"""Azure's published LLM traces: a CSV of arrival time, context tokens, generated tokens.

Source: https://github.com/Azure/AzurePublicDataset, AzureLLMInferenceTrace_conv.csv, read 2026-11-22.
Times are UTC to 100 ns, of which whole microseconds are kept."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ledger.call import Call, Entry, Outcome, State, UsageBasis
from ledger.errors import BadImport
from ledger.ids import RANDOM_BYTES, CallId, call_id_at
from ledger.judgement import judged
from ledger.period import us_of
from ledger.pricebook import PriceBook
from ledger.usage import TokenUsage

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens"
LONGEST_LINE_BYTES = 200
UPSTREAM = "import"

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)?,(\d{1,16}),(\d{1,16})", re.ASCII
)
_US_PER_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    line_number: int
    arrived_us: int
    usage: TokenUsage


@dataclass(frozen=True, slots=True)
class Trace:
    """A file that was read through once and holds nothing but requests."""

    path: Path
    digest: bytes
    first_us: int
    last_us: int
    rows: int


def read_trace(path: Path) -> Trace:
    """Check every line of *path*. Raises BadImport with the number of the first that is no request."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    first_us, last_us, rows = us_of(date.max), 0, 0
    for request in _requests(path):
        first_us, last_us = min(first_us, request.arrived_us), max(last_us, request.arrived_us)
        rows += 1
    if not rows:
        raise BadImport(f"{path} holds no requests")
    return Trace(path, digest, first_us, last_us, rows)


def entries_of(
    trace: Trace, book: PriceBook, *, provider: str | None, model: str | None, start_us: int | None = None
) -> Iterator[Entry]:
    """The trace's requests as calls to *model*, the earliest of them at *start_us*; None: at its own time."""
    shift_us = 0 if start_us is None else start_us - trace.first_us
    if trace.first_us + shift_us < 0 or trace.last_us + shift_us >= us_of(date.max):
        raise BadImport("its calls would lie before 1970 or after 9999; start it at another time")
    for request in _requests(trace.path):
        started_us = request.arrived_us + shift_us
        call_id = _call_id_of(trace, request, started_us)
        call = Call(
            call_id=call_id,
            logical_call_id=call_id,
            started_us=started_us,
            upstream=UPSTREAM,
            provider=provider,
            operation="chat",
            request_model=model,
            outcome=Outcome.OK,
            usage=request.usage,
            usage_basis=UsageBasis.REPORTED,
        )
        yield judged(call, State.ENDED, book)


def _call_id_of(trace: Trace, request: Request, started_us: int) -> CallId:
    """The same for the same line of the same file at the same time: importing it again adds nothing."""
    source = trace.digest + str(request.line_number).encode("ascii")
    return call_id_at(started_us, hashlib.sha256(source).digest()[:RANDOM_BYTES])


def _requests(path: Path) -> Iterator[Request]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE_BYTES):
            number += 1
            text = line.decode("utf-8-sig" if number == 1 else "utf-8", "replace").rstrip("\r\n")
            if number > 1:
                yield _read_request(path, number, text)
            elif text != HEADER:
                raise BadImport(f"{path} line 1 is not the header of an Azure trace, {HEADER}")


def _read_request(path: Path, number: int, text: str) -> Request:
    found = _LINE.fullmatch(text)
    try:
        if found is None:
            raise ValueError("it is not a time and two counts of tokens")
        day, hours, minutes, seconds, fraction, context, generated = found.groups()
        arrived_us = _us_of_time(day, int(hours), int(minutes), int(seconds), fraction or "")
        if arrived_us < 0:
            raise ValueError("the time is before 1970")
        return Request(
            number, arrived_us, TokenUsage(input_tokens=int(context), output_tokens=int(generated))
        )
    except ValueError as error:
        raise BadImport(f"{path} line {number} cannot be read: {error}; nothing was imported") from None


def _us_of_time(day: str, hours: int, minutes: int, seconds: int, fraction: str) -> int:
    """Microseconds since the epoch, whatever is smaller cut off."""
    if not (hours < 24 and minutes < 60 and seconds < 60):
        raise ValueError("there is no such time of day")
    in_day = ((hours * 60 + minutes) * 60 + seconds) * _US_PER_SECOND + int(fraction[:6].ljust(6, "0"))
    return us_of(date.fromisoformat(day)) + in_day
