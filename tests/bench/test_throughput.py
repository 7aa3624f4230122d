"""What is made of wrk's numbers."""

import pytest

from bench.errors import BenchError
from bench.throughput import Round, booked_verdict, read_summary, row_of, share_verdicts
from bench.wire import PROMPT_TOKENS


def round_of(requests: int, *, cpu_s: float = 0.0) -> Round:
    return Round(requests=requests, duration_us=4_000_000, failed=0, p50_us=500, p99_us=2000, cpu_s=cpu_s)


def test_the_summary_is_found_among_what_wrk_prints() -> None:
    output = 'Running 4s test\nRequests/sec: 9.00\nBENCH {"requests": 36, "failed": 0}\n'
    assert read_summary(output) == {"requests": 36, "failed": 0}


def test_a_wrk_that_prints_no_summary_is_an_error() -> None:
    with pytest.raises(BenchError, match="unable to connect"):
        read_summary("unable to connect to 127.0.0.1")


def test_a_share_compares_round_with_round() -> None:
    found = {
        "nginx": [round_of(240_000), round_of(120_000), round_of(240_000)],
        "payback": [round_of(36_000, cpu_s=3.6), round_of(18_000, cpu_s=1.8), round_of(24_000, cpu_s=3.6)],
    }  # 0.15, 0.15 (both slowed down), 0.10
    [verdict] = share_verdicts(found)
    assert (verdict.measured, verdict.met) == (0.15, True)
    row = row_of("payback", found)
    assert (row["calls/s"], row["from-to"], row["CPU us a call"]) == (6000.0, "0.100-0.150", 100.0)


def test_there_is_no_verdict_without_the_yardstick() -> None:
    assert share_verdicts({"payback": [round_of(36_000)]}) == []
    assert row_of("payback", {"payback": [round_of(36_000)]})["x nginx"] is None


@pytest.mark.parametrize(
    ("rows", "input_tokens", "met"),
    [
        (1000, 1000 * PROMPT_TOKENS, True),
        (1032, 1032 * PROMPT_TOKENS, True),  # calls under way when wrk left
        (999, 999 * PROMPT_TOKENS, False),  # a row is missing
        (1000, 999 * PROMPT_TOKENS, False),  # a row has no tokens
    ],
)
def test_a_fast_proxy_that_does_not_book_does_not_pass(rows: int, input_tokens: int, met: bool) -> None:
    assert booked_verdict("payback", 1000, {"calls": rows, "input_tokens": input_tokens}).met is met
