"""How upstreams have been doing, by their latest calls."""

from msgspec.structs import replace

from ledger.asking import Quantiles
from ledger.call import Entry, Outcome
from tests.ledger.kept import Ledger
from tests.ledger.made_up import START_US, called_at, ended, opened, whole_call


def streamed(number: int, *, first_us: int, ended_us: int, **facts: object) -> Entry:
    """Two tokens out."""
    started_us = START_US + number
    times = {"first_byte_us": started_us + first_us, "ended_us": started_us + ended_us}
    entry = whole_call(number, stream=True, **facts)
    return replace(entry, call=replace(entry.call, **times))


def test_health_tells_times_and_speeds_of_the_calls_that_ended_well(ledger: Ledger) -> None:
    """Ten streams that take 1 to 10 s, half a second of it before the first byte; the eleventh fails."""
    good = [streamed(n, first_us=500_000, ended_us=n * 1_000_000) for n in range(1, 11)]
    bad = ended(opened(11), Outcome.UPSTREAM_ERROR)
    ledger.store.write([*good, bad, opened(12), called_at(-2), called_at(1, upstream="lab")])
    anthropic, lab = ledger.reader.health(START_US + 1)
    assert (anthropic.upstream, anthropic.sums.calls, anthropic.sums.failed_calls) == ("anthropic", 11, 1)
    assert (anthropic.looked_at, anthropic.outcomes) == (11, {Outcome.OK: 10, Outcome.UPSTREAM_ERROR: 1})
    assert anthropic.latency_us == Quantiles(p50=5_000_000, p90=9_000_000, p99=10_000_000)
    assert anthropic.first_byte_us == Quantiles(p50=500_000, p90=500_000, p99=500_000)
    assert anthropic.output_tokens_per_s.p99 == 2 / 0.5
    assert (lab.upstream, lab.looked_at, lab.first_byte_us) == ("lab", 1, Quantiles())
