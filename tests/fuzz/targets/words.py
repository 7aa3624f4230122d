"""What people type: claims, volumes, amounts, months."""

from collections.abc import Callable
from functools import cache
from math import isnan

from ledger.errors import BadPeriod
from ledger.period import read_days, read_month
from payback.claim_text import claim_as_json, render_claim
from payback.errors import SettingsError
from payback.projecting import stated_volume
from projection.catalogue import Catalogue, catalogue
from projection.claim import check_claim
from projection.claim_text import EXAMPLE
from tests.fuzz.target import Fed, Seed, Target, opening
from tests.fuzz.targets.files import is_a_sentence


@cache
def known() -> Catalogue:
    return catalogue({})


def claim(fed: Fed) -> None:
    """It is judged, for people and for programs, or it cannot be read."""
    try:
        found = check_claim(fed.text, known())
    except ValueError as error:
        is_a_sentence(error)
        return
    assert render_claim(found).isprintable() or "\n" in render_claim(found)
    told = claim_as_json(found)
    assert not any(isinstance(value, float) and isnan(value) for value in told.values())


def volume(fed: Fed) -> None:
    try:
        found = stated_volume(fed.text, "gpt-4o")
    except SettingsError as error:
        is_a_sentence(error)
    else:
        assert 0 <= found.input_tokens_per_month <= 1e15
        assert found.input_tokens_per_month + found.output_tokens_per_month > 0


def period(fed: Fed) -> None:
    first, _, last = fed.text.partition("..")
    for read in (lambda: read_month(fed.text), lambda: read_days(first, last)):
        _read_or_refused(read)


def _read_or_refused(read: Callable[[], object]) -> None:
    try:
        read()
    except BadPeriod as error:
        is_a_sentence(error)


_CLAIMS = (
    EXAMPLE,
    "13B fp16 on 1x RTX 3060 12GB: 60 tok/s",
    "gpt-oss-120b on a Mac Studio M3 Ultra: 70 tokens per second",
    "70B int4 on dual 4090 with vLLM, N=32: 1,200 t/s",
    "8x22B on 8x H100 SXM 80GB: 3000 tps, 64 concurrent",
)
TARGETS = (
    Target(
        name="claims",
        promise="a claim is judged, or told in one sentence to be unreadable",
        seeds=lambda: [Seed("claim", text.encode()) for text in _CLAIMS],
        open=opening(claim),
        small_runs=120,
        words=(
            b" on ",
            b"2x ",
            b"RTX 4090",
            b"70B",
            b"0B",
            b"q4",
            b" 1 tok/s",
            b"N=0",
            b"\xc3\x97",
            b"\xd9\xa3",
        ),
    ),
    Target(
        name="volumes",
        promise="a volume is two amounts, or told in one sentence to be none",
        seeds=lambda: [Seed("volume", text) for text in (b"100M/50M", b"1.5B/200k", b"0/1_366 tokens")],
        open=opening(volume),
        small_runs=1500,
        words=(b"/", b"k", b"M", b"T tok", b".", b"_", b"e9", b"\xd9\xa3"),
    ),
    Target(
        name="periods",
        promise="days are days, or told in one sentence to be none",
        seeds=lambda: [
            Seed("days", text) for text in (b"2026-11", b"2026-10-01..2026-11-01", b"2024-02-29..2024-03-01")
        ],
        open=opening(period),
        small_runs=1500,
        words=(b"-", b"0000", b"9999-12-31", b"T00:00", b"W01"),
    ),
)
