import pytest
from hypothesis import given
from hypothesis import strategies as st

from projection.columns import Calls, columns_of
from projection.sizes import BORDERS, contexts_of, sizes_of

PAIRS = st.lists(st.tuples(st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1)), max_size=50)


def calls_of(*pairs: tuple[int | None, int | None]) -> Calls:
    return columns_of(
        started_us=list(range(len(pairs))),
        input_tokens=[pair[0] for pair in pairs],
        output_tokens=[pair[1] for pair in pairs],
    )


def test_input_and_output_are_binned_together() -> None:
    """Long questions with short answers, and the other way round: separate histograms would not know."""
    cells = sizes_of(calls_of((1000, 10), (1010, 9), (10, 1000), (0, 0), (None, None)))
    assert [(cell.calls, cell.input_tokens, cell.output_tokens) for cell in cells] == [
        (1, 0, 0),
        (1, 10, 1000),
        (2, 2010, 19),
    ]
    assert (cells[2].mean_input_tokens, cells[2].mean_output_tokens) == (1005.0, 9.5)


def test_bins_widen_by_the_root_of_two_and_zero_is_one_by_itself() -> None:
    assert BORDERS[:10].tolist() == [0, 1, 2, 3, 4, 6, 8, 12, 16, 23]
    cell = sizes_of(calls_of((16, 22)))[0]
    assert (cell.input_from_tokens, cell.input_to_tokens) == (16, 23)
    assert (cell.output_from_tokens, cell.output_to_tokens) == (16, 23)


@given(PAIRS)
def test_bins_blur_no_total_and_hold_what_is_in_them(pairs: list[tuple[int, int]]) -> None:
    cells = sizes_of(calls_of(*pairs))
    assert sum(cell.calls for cell in cells) == len(pairs)
    assert sum(cell.input_tokens for cell in cells) == sum(pair[0] for pair in pairs)
    assert sum(cell.output_tokens for cell in cells) == sum(pair[1] for pair in pairs)
    for cell in cells:
        assert cell.input_from_tokens <= cell.mean_input_tokens <= cell.input_to_tokens
        assert cell.output_from_tokens <= cell.mean_output_tokens <= cell.output_to_tokens


def test_a_context_must_hold_question_and_answer() -> None:
    contexts = contexts_of(calls_of((4000, 96), (4000, 97), (100, 5), (9000, 0), (None, None)))
    assert contexts.longest_tokens == 9000
    assert [contexts.calls_beyond(size) for size in (0, 105, 4096, 9000)] == [4, 3, 2, 0]
    assert contexts.share_beyond(4096) == 0.5


@pytest.mark.parametrize("pairs", [[], [(None, None)]])
def test_of_no_known_call_no_share_is_told(pairs: list[tuple[None, None]]) -> None:
    contexts = contexts_of(calls_of(*pairs))
    assert (contexts.share_beyond(1), contexts.calls_beyond(1), contexts.longest_tokens) == (None, 0, None)
    assert sizes_of(calls_of(*pairs)) == ()
