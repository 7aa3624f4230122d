import numpy as np
import pytest

from projection.columns import Column, columns_of


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
