import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from ledger.call import Attribution, Call, Entry, Outcome, State, UsageBasis
from ledger.exports.columns import NAMES
from ledger.exports.csv_file import csv_lines, harmless
from ledger.exports.jsonl_file import jsonl_lines
from ledger.exports.manifest import Digest, Manifest
from ledger.ids import call_id_at
from ledger.judgement import judged
from ledger.meter import Meter
from ledger.money import NanoUsd
from ledger.needs import Needs
from ledger.period import Period, us_at
from ledger.price import Rate
from ledger.pricebook import Override, PriceBook
from ledger.tally import Tally
from ledger.timings import Timings
from ledger.units import Units
from ledger.usage import TokenUsage

NOON_US = us_at(datetime(2026, 10, 5, 12, tzinfo=UTC))
ID = call_id_at(NOON_US, bytes(8))
RATES = {Meter.INPUT: Decimal(3), Meter.CACHE_READ: Decimal("0.30"), Meter.OUTPUT: Decimal(15)}
AUDIO = Rate(Meter.AUDIO, Decimal(0), 3_600_000)
BOOK = PriceBook(
    [Override(provider="acme", model="m", since=date(2026, 1, 1), usd_per_mtok=RATES, unit_rates=(AUDIO,))]
)
FULL = Call(
    call_id=ID,
    logical_call_id=ID,
    retry_number=2,
    started_us=NOON_US,
    first_byte_us=NOON_US + 500_001,
    ended_us=NOON_US + 1_999_999,
    upstream="lab",
    provider="acme",
    operation="chat",
    request_model="m",
    response_model="m-2026",
    service_tier="default",
    stream=True,
    needs=Needs.TOOLS | Needs.IMAGES,
    http_status=200,
    outcome=Outcome.OK,
    usage=TokenUsage(
        input_tokens=2459, cache_read_tokens=2455, output_tokens=23, reasoning_tokens=0, inferred_tokens=3
    ),
    usage_basis=UsageBasis.REPORTED,
    tokenizer="o200k_base",
    units=Units(audio_ms=61_007, web_searches=0),
    reported_usage='{"input_tokens":4,"cache_read_input_tokens":2455}',
    upstream_cost=NanoUsd(1_100_000),
    timings=Timings(prefill_us=250, decode_us=1_999_000),
    upstream_request_id="req-1",
    who=Attribution(
        workload="w", project="p", user="u", key="key-0", client="curl", session="s", tags="a=1,b=2"
    ),
)
BARE = Call(
    call_id=ID,
    logical_call_id=ID,
    started_us=NOON_US,
    upstream="lab",
    operation="other",
    http_request="GET /v1/models",
)


def entry(call: Call) -> Entry:
    return judged(call, State.ENDED, BOOK)


def as_json(one: Entry) -> dict[str, object]:
    (line,) = jsonl_lines([one])
    found: dict[str, object] = json.loads(line)
    return found


def as_csv(one: Entry) -> dict[str, str]:
    text = b"".join(csv_lines([one])).decode()
    (found,) = csv.DictReader(io.StringIO(text, newline=""))
    return found


def named(**names: str) -> Entry:
    """An open call with these names."""
    return Entry(
        call=Call(
            call_id=ID,
            logical_call_id=ID,
            started_us=NOON_US,
            upstream="lab",
            operation="chat",
            who=Attribution(**names),
        ),
        state=State.OPEN,
    )


def test_a_row_of_json_has_every_column_with_its_type() -> None:
    assert as_json(entry(FULL)) == {
        "call_id": "01a10bef-6200-7000-8000-000000000000",
        "logical_call_id": "01a10bef-6200-7000-8000-000000000000",
        "retry_number": 2,
        "started_at": "2026-10-05T12:00:00.000000Z",
        "first_byte_at": "2026-10-05T12:00:00.500001Z",
        "ended_at": "2026-10-05T12:00:01.999999Z",
        "duration_ms": 1999,
        "upstream": "lab",
        "provider": "acme",
        "operation": "chat",
        "http_request": None,
        "request_model": "m",
        "response_model": "m-2026",
        "service_tier": "default",
        "stream": True,
        "http_status": 200,
        "outcome": "ok",
        "input_tokens": 2459,
        "cache_read_tokens": 2455,
        "cache_write_tokens": None,
        "cache_write_1h_tokens": None,
        "input_audio_tokens": None,
        "output_tokens": 23,
        "reasoning_tokens": 0,
        "output_audio_tokens": None,
        "usage_basis": "reported",
        "pricing": "priced",
        "list_cost_usd": "0.0010935",
        "unpriced_reason": None,
        "price_source": "configuration",
        "price_provider": "acme",
        "price_model": "m",
        "price_service_tier": "standard",
        "price_since": "2026-01-01",
        "workload": "w",
        "project": "p",
        "user": "u",
        "key": "key-0",
        "client": "curl",
        "session": "s",
        "tags": "a=1,b=2",
        "upstream_request_id": "req-1",
        "problem": None,
        "input_image_tokens": None,
        "output_image_tokens": None,
        "cache_read_audio_tokens": None,
        "cache_read_image_tokens": None,
        "rejected_prediction_tokens": None,
        "inferred_tokens": 3,
        "audio_seconds": "61.007",
        "images": None,
        "characters": None,
        "web_searches": 0,
        "file_searches": None,
        "search_units": None,
        "pages": None,
        "upstream_cost_usd": "0.0011",
        "tokenizer": "o200k_base",
        "load_ms": None,
        "prefill_ms": "0.250",
        "decode_ms": "1999.000",
        "reported_usage": '{"input_tokens":4,"cache_read_input_tokens":2455}',
        "needs": "tools+images",
    }


def test_csv_says_the_same_as_json_with_empty_cells_for_what_is_not_known() -> None:
    for one in (entry(FULL), Entry(call=BARE, state=State.OPEN)):
        cells = {
            name: "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in as_json(one).items()
        }
        assert as_csv(one) == cells


def test_what_upstream_reported_is_the_same_json_in_every_format() -> None:
    """As text, also within JSON: whoever reads one format can read the other."""
    assert as_csv(entry(FULL))["reported_usage"] == FULL.reported_usage
    assert as_json(entry(FULL))["reported_usage"] == FULL.reported_usage
    assert as_json(named())["reported_usage"] is None


def test_a_call_that_needs_nothing_is_told_from_one_that_nobody_looked_into() -> None:
    text_alone = msgspec.structs.replace(FULL, needs=Needs.NOTHING)
    unread = msgspec.structs.replace(FULL, needs=None)
    assert (as_json(entry(text_alone))["needs"], as_json(entry(unread))["needs"]) == ("nothing", None)
    assert (as_csv(entry(text_alone))["needs"], as_csv(entry(unread))["needs"]) == ("nothing", "")


def test_a_claim_of_nothing_is_a_zero_and_no_claim_is_none() -> None:
    free = msgspec.structs.replace(FULL, upstream_cost=NanoUsd(0))
    assert as_json(entry(free))["upstream_cost_usd"] == "0.00"
    silent = msgspec.structs.replace(FULL, upstream_cost=None)
    assert as_json(entry(silent))["upstream_cost_usd"] is None


def test_an_unknown_cost_is_never_a_zero() -> None:
    unknown = entry(msgspec.structs.replace(FULL, provider=None))
    assert as_json(unknown)["list_cost_usd"] is None
    assert as_csv(unknown)["list_cost_usd"] == ""
    assert as_csv(unknown)["unpriced_reason"] != ""


def test_csv_lines_end_as_rfc_4180_says_and_quotes_are_doubled() -> None:
    header, row = csv_lines([named(workload='say "hi", twice')])
    assert header == ",".join(NAMES).encode() + b"\r\n"
    assert row.endswith(b"\r\n")
    assert b',"say ""hi"", twice",' in row


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_name_is_a_formula_in_a_spreadsheet(name: str) -> None:
    assert as_csv(named(user=name))["user"] == f"'{name}"
    assert as_json(named(user=name))["user"] == name


@pytest.mark.parametrize("name", ["a=b", "gpt-4o", "'quoted", "", "über"])
def test_other_names_stay_as_they_are(name: str) -> None:
    assert harmless(name) == name


def test_a_number_is_never_quoted_into_text() -> None:
    assert as_csv(entry(FULL))["retry_number"] == "2"
    assert "'" not in b"".join(csv_lines([entry(FULL)])).decode()


@pytest.mark.parametrize("name", ["a\x00b", "a\x1bb", "a\x7fb", "a\x85b", "a\u2028b"])
def test_control_characters_reach_no_reader_of_csv(name: str) -> None:
    assert as_csv(named(session=name))["session"] == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("name", ["two\r\nlines", "a\u2028b\u2029c\x85d", "\x00", "\U0001f600 ü"])
def test_one_call_is_one_line_of_jsonl_whatever_its_names(name: str) -> None:
    (line,) = jsonl_lines([named(tags=name)])
    assert len(line.decode().splitlines()) == 1
    assert json.loads(line)["tags"] == name


@pytest.mark.parametrize("lines", [csv_lines, jsonl_lines])
def test_rows_leave_before_the_next_entry_is_asked_for(
    lines: Callable[[Iterable[Entry]], Iterator[bytes]],
) -> None:
    """So memory does not grow with the month."""
    asked = 0

    def endless() -> Iterator[Entry]:
        nonlocal asked
        while True:
            asked += 1
            yield named()

    rows = lines(endless())
    while b"01a10bef" not in next(rows):
        pass
    assert asked == 1


def test_the_manifest_counts_and_hashes_what_went_through() -> None:
    tally, digest = Tally(), Digest()
    for _ in digest.of(jsonl_lines(tally.of([entry(FULL), entry(FULL), named()]))):
        pass
    manifest = Manifest(
        file="f.jsonl",
        format="jsonl",
        period=Period(date(2026, 10, 1), date(2026, 11, 1)),
        tally=tally,
        digest=digest,
        payback_version="0.1.0",
        ledger_schema=1,
        created_at=datetime(2026, 11, 2, 8, 30, tzinfo=UTC),
    )
    told = json.loads(manifest.as_json())
    assert (told["rows"], told["sums"]["calls"]) == (3, 2)  # one call is open, and counts for nothing yet
    assert told["sums"]["list_cost_usd"] == "0.002187"
    assert told["sums"]["upstream_cost_usd"] == "0.0022"
    assert told["sums"]["upstream_cost_list_usd"] == "0.002187"
    assert (told["from"], told["to"]) == ("2026-10-01", "2026-10-31")
    assert told["created_at"] == "2026-11-02T08:30:00Z"
    assert told["columns"] == list(NAMES)
    assert len(told["sha256"]) == 64


@pytest.mark.parametrize(
    "name",
    [
        "call_id", "started_at", "upstream", "operation", "request_model", "response_model", "http_status",
        "outcome", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens",
        "reasoning_tokens", "usage_basis", "list_cost_usd", "unpriced_reason", "workload", "project",
        "user", "key",
    ],
)  # fmt: skip
def test_a_column_that_files_of_others_rely_on_is_never_renamed(name: str) -> None:
    assert name in NAMES
