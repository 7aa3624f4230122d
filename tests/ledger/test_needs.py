"""What a call needs, as flags and in words; the ledger refuses any other number."""

import pytest

from ledger.needs import Needs, render_needs


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        (Needs.NOTHING, "nothing"),
        (Needs.TOOLS, "tools"),
        (Needs.IMAGES, "images"),
        (Needs.AUDIO | Needs.TOOLS, "tools+audio"),
        (Needs(7), "tools+images+audio"),
    ],
)
def test_needs_are_told_by_name_the_same_way_round_each_time(needs: Needs, words: str) -> None:
    assert render_needs(needs) == words


def test_flags_are_the_numbers_that_rows_have() -> None:
    """Another number for one of them would change what is written already."""
    assert {need.name: int(need) for need in Needs} == {"TOOLS": 1, "IMAGES": 2, "AUDIO": 4}
