"""Forecasts put to the test on a ledger's own days."""

from datetime import date
from pathlib import Path

import numpy as np

from ledger.call import Attribution
from ledger.period import US_PER_DAY, Period, us_of
from ledger.sqlite.reader import open_sqlite_reader
from payback.backtesting import daily_tokens, made_up_scores, own_scores, whole_history
from projection.backtest import HISTORY_DAYS, METHODS, Score, TooFewDays
from projection.columns import UNKNOWN, columns_of
from projection.families import FAMILIES
from projection.traffic import Billed, Traffic
from tests.payback.books import entry_at, keep

START_US = us_of(date(2026, 1, 1))


def traffic_of(started_us: list[int], tokens: list[int | None], days: float) -> Traffic:
    unknown = np.full(len(started_us), UNKNOWN)
    return Traffic(
        workload=None,
        from_us=START_US,
        to_us=START_US + int(days * US_PER_DAY),
        calls=columns_of(started_us=started_us, input_tokens=tokens, output_tokens=tokens),
        cache_write_tokens=unknown, cache_write_1h_tokens=unknown, reasoning_tokens=unknown,
        list_cost_nusd=unknown, billed=np.zeros_like(unknown), billings=(_NOBODY,), needs=unknown,
    )  # fmt: skip


_NOBODY = Billed(provider=None, models=())


def test_days_are_whole_begin_with_the_first_call_and_have_no_gap() -> None:
    """Input and output of 10 each on day 1, of 5 each on day 3, nothing known on day 2; day 4 is not over."""
    at = [START_US + day * US_PER_DAY for day in (1, 2, 3, 4)]
    assert daily_tokens(traffic_of(at, [10, None, 5, 99], 4.5)).tolist() == [20, 0, 10]


def test_no_call_is_no_day() -> None:
    assert daily_tokens(traffic_of([], [], 3)).tolist() == []


def test_the_history_is_from_the_first_call_to_yesterday(tmp_path: Path) -> None:
    ledger = keep(
        tmp_path / "payback.db",
        entry_at("2026-10-05T12:00:00", who=Attribution(workload="a")),
        entry_at("2026-11-05T12:00:00"),
    )
    reader = open_sqlite_reader(ledger)
    assert whole_history(reader, date(2026, 11, 22)) == Period(date(2026, 10, 5), date(2026, 11, 22))
    assert whole_history(reader, date(2026, 10, 5)) is None
    reader.close()


def test_a_history_is_scored_where_it_is_long_enough_and_says_so_where_not() -> None:
    """70 days: of 42 and more that 14 + 28 need, there are 5 weeks to begin in; 60 + 28 are too many."""
    at = [START_US + day * US_PER_DAY for day in range(70)]
    found = own_scores(traffic_of(at, [50] * 70, 70), 1)
    scores = {(history, ahead): score for history, ahead, score in found}
    score = scores[14, 28]
    assert isinstance(score, Score)
    assert score.cases == 5
    assert isinstance(scores[60, 28], TooFewDays)
    assert isinstance(scores[14, 182], TooFewDays)


def test_made_up_traffic_is_scored_for_every_length_of_history() -> None:
    told: list[tuple[int, int]] = []
    rows = made_up_scores(1, lambda done, whole: told.append((done, whole)), series=2)
    assert len(rows) == len(HISTORY_DAYS) * len(METHODS) * (len(FAMILIES) + 1)
    assert told == [(1, 3), (2, 3), (3, 3)]
