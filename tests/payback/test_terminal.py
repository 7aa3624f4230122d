import pytest

from ledger.money import NanoUsd
from payback.terminal import Column, clean, render_table, usd_column, width_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gpt-4o-mini", "gpt-4o-mini"),
        ("Grüße", "Grüße"),
        ("\x1b[31mred\x1b[0m", "?[31mred?[0m"),
        ("\x9b31mred", "?31mred"),
        ("\x1b]0;title\x07", "?]0;title?"),
        ("two\nlines\rover\ttab\x00nul", "two?lines?over?tab?nul"),
        ("user\u202egnp.exe", "user?gnp.exe"),
        ("\u2066isolate\u2069", "?isolate?"),
        ("line\u2028end", "line?end"),
        ("zero\u200bwidth", "zero?width"),
        ("\ud800", "?"),
    ],
)
def test_nothing_in_a_name_can_steer_a_terminal(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a" * 10, "a" * 10),
        ("a" * 11, "a" * 7 + "..."),
        ("漢" * 5, "漢" * 5),
        ("漢" * 6, "漢" * 3 + "..."),
        ("e" + "\u0301" * 1000, "e" + "\u0301" * 10 + "..."),
    ],
)
def test_a_name_takes_no_more_columns_than_it_is_given(text: str, shown: str) -> None:
    assert clean(text, columns=10) == shown
    assert width_of(shown) <= 10


def test_columns_stay_in_line_beside_wide_and_combining_characters() -> None:
    columns = [Column("name", right=False), Column("calls")]
    table = render_table(columns, [("漢字", "1"), ("e\u0301", "10")], ("total", "11"))
    assert table.splitlines() == [
        "name   calls",
        "漢字       1",
        "e\u0301         10",
        "------------",
        "total     11",
    ]


def test_an_empty_table_is_its_titles() -> None:
    assert render_table([Column("name", right=False), Column("calls")], []) == "name  calls"


def test_amounts_stand_with_their_points_in_line_and_an_unknown_one_is_a_dash() -> None:
    amounts = [NanoUsd(1_234_567_500_000_000), NanoUsd(1), None, NanoUsd(-1_500_000_000), NanoUsd(0)]
    assert usd_column(amounts) == ["1,234,567.500000000", "0.000000001", "-", "-1.500000000", "0.000000000"]
