import argparse
from datetime import date

import pytest

from ledger.errors import BadPeriod
from ledger.period import Period
from payback.commands.asking import add_period_arguments, period_of, this_month

TODAY = date(2026, 10, 5)


def asked(*argv: str) -> Period | None:
    parser = argparse.ArgumentParser()
    add_period_arguments(parser)
    return period_of(parser.parse_args(argv), TODAY)


def test_the_last_day_is_today_where_only_the_first_is_given() -> None:
    assert asked("--from", "2026-10-04") == Period(date(2026, 10, 4), date(2026, 10, 6))
    with pytest.raises(BadPeriod, match="before it starts"):
        asked("--from", "2026-10-06")


def test_no_days_at_all_are_for_the_command_to_decide() -> None:
    assert asked() is None
    assert (
        this_month(TODAY)
        == asked("--month", "2026-10")
        == asked("--from", "2026-10-01", "--to", "2026-10-31")
    )


@pytest.mark.parametrize(
    "argv", [("--month", "2026-10", "--to", "2026-10-05"), ("--month", "", "--from", "")]
)
def test_a_month_and_days_at_once_are_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(BadPeriod, match="exclude each other"):
        asked(*argv)


@pytest.mark.parametrize("argv", [("--month", ""), ("--from", ""), ("--from", "2026-10-05", "--to", "")])
def test_an_empty_word_is_no_day_and_not_a_default(argv: tuple[str, ...]) -> None:
    """A script whose variable is empty must not get another month than it meant."""
    with pytest.raises(BadPeriod, match="is not a"):
        asked(*argv)
