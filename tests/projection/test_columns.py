import numpy as np
import pytest

from ledger.call import Call, Entry, Outcome, Pricing, State, UsageBasis
from ledger.ids import call_id_at
from ledger.usage import TokenUsage
from projection.columns import UNKNOWN, Column, columns_of, columns_of_entries


def entry_at(
    started_us: int,
    *,
    usage: TokenUsage | None = None,
    outcome: Outcome = Outcome.OK,
    retry_number: int = 0,
    pricing: Pricing = Pricing.UNPRICED,
    state: State = State.ENDED,
) -> Entry:
    call_id = call_id_at(started_us, bytes(8))
    call = Call(
        call_id=call_id,
        logical_call_id=call_id,
        started_us=started_us,
        ended_us=started_us + 5,
        upstream="lab",
        operation="chat",
        outcome=outcome if state is State.ENDED else None,
        usage=usage,
        usage_basis=UsageBasis.REPORTED if usage else UsageBasis.NONE,
        retry_number=retry_number,
    )
    reason = "no price" if pricing is Pricing.UNPRICED else None
    return Entry(call=call, state=state, pricing=pricing, unpriced_reason=reason)


def test_the_ledgers_entries_become_columns() -> None:
    calls = columns_of_entries(
        [
            entry_at(20, usage=TokenUsage(input_tokens=7, output_tokens=2, cache_read_tokens=3)),
            entry_at(10, outcome=Outcome.TIMEOUT, retry_number=1),
            entry_at(30, usage=TokenUsage(input_tokens=4)),
        ]
    )
    assert calls.started_us.tolist() == [10, 20, 30]
    assert calls.ended_us.tolist() == [15, 25, 35]
    assert calls.input_tokens.tolist() == [UNKNOWN, 7, 4]
    assert calls.output_tokens.tolist() == [UNKNOWN, 2, 0]
    assert calls.cache_read_tokens.tolist() == [UNKNOWN, 3, UNKNOWN]
    assert (calls.failed.tolist(), calls.retry_number.tolist()) == ([1, 0, 0], [1, 0, 0])


@pytest.mark.parametrize(
    ("outcome", "failed"),
    [
        (Outcome.UPSTREAM_BROKE, 1),
        (Outcome.UPSTREAM_ERROR, 1),
        (Outcome.CLIENT_LEFT, 0),
        (Outcome.INTERRUPTED, 0),
    ],
)
def test_a_client_that_leaves_is_no_failure_of_upstream(outcome: Outcome, failed: int) -> None:
    assert columns_of_entries([entry_at(10, outcome=outcome)]).failed.tolist() == [failed]


def test_reads_and_calls_under_way_are_no_demand() -> None:
    reads = entry_at(10, pricing=Pricing.NOT_BILLED)
    under_way = entry_at(20, usage=TokenUsage(input_tokens=4), state=State.METERED)
    assert len(columns_of_entries([reads, under_way])) == 0


def test_sequences_and_arrays_say_the_same() -> None:
    plain = columns_of(started_us=[2, 1], input_tokens=[None, 5], output_tokens=[None, 6])
    arrays = columns_of(
        started_us=np.array([2, 1], dtype=np.uint32),
        input_tokens=np.array([-1, 5]),
        output_tokens=np.array([-1, 6]),
        failed=np.array([False, False]),
    )
    for calls in (plain, arrays):
        assert (calls.started_us.tolist(), calls.input_tokens.tolist()) == ([1, 2], [5, -1])
        assert (calls.ended_us.tolist(), calls.failed.tolist()) == ([-1, -1], [0, 0])


@pytest.mark.parametrize(
    ("started", "inputs", "outputs", "cached", "words"),
    [
        ([1, 2], [1], [1, 1], [0, 0], "of one length"),
        ([1], [1], [None], [0], "both known or both unknown"),
        ([None], [1], [1], [0], "without a start"),
        ([1], [1], [1], [2], "exceed input_tokens"),
        ([1], [-2], [1], [0], "input_tokens has a number below 0"),
        ([1, 2], [2**61, 2**61], [0, 0], [0, 0], "more than 2.62"),
        ([1], np.array([1.5]), [1], [0], "not one row of whole numbers"),
        ([1], np.array([[1]]), [1], [0], "not one row of whole numbers"),
    ],
)
def test_columns_that_contradict_are_refused(
    started: Column, inputs: Column, outputs: Column, cached: Column, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        columns_of(started_us=started, input_tokens=inputs, output_tokens=outputs, cache_read_tokens=cached)
