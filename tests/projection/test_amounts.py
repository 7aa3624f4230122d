"""Amounts as people write them, on the command line and in plans."""

from time import process_time

import pytest

from projection.amounts import Unreadable, read_tokens, read_volume


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("100M", 100e6),
        ("1.5b", 1.5e9),
        (" 200k ", 200e3),
        ("1200000", 1.2e6),
        ("1_366", 1366),
        ("2T", 2e12),
        ("50M tokens", 50e6),
        ("0", 0),
        ("1.1M", 1_100_000),
    ],
)
def test_an_amount_is_read(text: str, tokens: float) -> None:
    assert read_tokens(text) == tokens


@pytest.mark.parametrize(
    "text", ["", "M", "1.2.3", "-5M", "1e6", "nan", "inf", "100 000", "9999T", "five", "1,5M"]
)
def test_what_is_no_amount_is_told_with_examples(text: str) -> None:
    with pytest.raises(
        Unreadable, match=r"is no amount of tokens; write it as 1200000, 200k, 100M or 1\.5B$"
    ):
        read_tokens(text)


def test_a_volume_is_two_amounts() -> None:
    assert read_volume("100M/50M") == (100e6, 50e6)
    assert read_volume("1B / 200M") == (1e9, 200e6)
    assert read_volume("10M/0") == (10e6, 0)


@pytest.mark.parametrize("text", ["100M", "100M/", "1M/2M/3M", "x/y", ""])
def test_what_is_no_volume_is_told_with_an_example(text: str) -> None:
    with pytest.raises(Unreadable, match=r"is no volume; write input/output tokens a month, as 100M/50M$"):
        read_volume(text)


def test_a_volume_of_nothing_is_refused() -> None:
    with pytest.raises(Unreadable, match="nothing comes in and nothing goes out"):
        read_volume("0/0")


def test_a_long_text_that_is_no_amount_is_told_at_once() -> None:
    started_s = process_time()
    with pytest.raises(Unreadable):
        read_tokens("1" + " " * 100_000 + "x")
    assert process_time() - started_s < 1
