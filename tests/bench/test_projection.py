"""The made-up workload and its projection, with few calls."""

from contextlib import closing
from pathlib import Path

from bench.ledger import DAYS, FROM
from bench.projected import PLANS, measured
from bench.projection import FAILED_EVERY, made_up, write_all
from ledger.period import US_PER_DAY, us_of
from ledger.sqlite.store import open_store


def test_calls_come_in_order_and_none_outside_the_days() -> None:
    started_us, input_tokens, output_tokens = made_up(5000)
    assert (started_us[1:] >= started_us[:-1]).all()
    assert us_of(FROM) <= started_us[0]
    assert started_us[-1] < us_of(FROM) + DAYS * US_PER_DAY
    assert min(input_tokens.min(), output_tokens.min()) >= 1


def test_the_second_load_is_from_files_and_of_the_same_calls(tmp_path: Path) -> None:
    ledger = tmp_path / "bench.db"
    with closing(open_store(ledger)) as store:
        write_all(store, 3000)
    first = measured(ledger, PLANS["twelve"])
    assert len(list((tmp_path / "bench.db.columns").iterdir())) == DAYS
    again = measured(ledger, PLANS["open"])
    assert again["calls"] == first["calls"] == 3000 - 3000 // FAILED_EVERY
    assert 4 < first["courses"] <= 12  # of so few calls, not all stand open
    assert min(first[name] for name in ("load_s", "project_s", "peak_mb")) > 0
