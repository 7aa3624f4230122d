"""What rows hold as numbers is looked up once, and comes back as it went."""

import sqlite3
from datetime import date
from pathlib import Path

from msgspec.structs import replace

from ledger.price import Rate, Tier
from ledger.sqlite.names import Names
from ledger.sqlite.store import open_store
from tests.ledger.made_up import SONNET, ended, metered, opened


def test_a_price_comes_back_with_its_tiers_its_source_and_its_first_day(tmp_path: Path) -> None:
    first = SONNET.rates[0]
    tiered = Rate(first.meter, first.usd, first.per, (Tier(200_000, 2 * first.usd),))
    price = replace(
        SONNET, rates=(tiered, *SONNET.rates[1:]), since=date(2026, 1, 1), source_url="https://x.invalid/"
    )
    store = open_store(tmp_path / "payback.db")
    store.write([ended(metered(opened(), price=price))])
    store.close()
    connection = sqlite3.connect(tmp_path / "payback.db")
    assert Names(connection).prices[1] == price
    connection.close()


def test_a_name_that_is_known_is_not_asked_for_again(tmp_path: Path) -> None:
    open_store(tmp_path / "payback.db").close()
    connection = sqlite3.connect(tmp_path / "payback.db")
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    names = Names(connection)
    assert [names.labels[0], names.labels[0]] == ["", ""]
    assert len(asked) == 1
    connection.close()
