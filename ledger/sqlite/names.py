"""The numbers that rows hold in place of repeated text and prices, looked up when first met."""

import sqlite3
from collections.abc import Iterable
from datetime import date
from typing import Any

from msgspec import json

from ledger.price import Price, Rate

_TEXTS = "SELECT label_id, text FROM json_each(?) JOIN label ON label_id = value"


class Names:
    """Labels and prices as mappings from number; what is known is never asked again."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.labels = Labels(connection)
        self.prices: dict[int, Price] = _Prices(connection)


class Labels(dict[int, str]):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def learn(self, numbers: Iterable[int]) -> None:
        """Look them up together: one after the other, 200 take 2 ms."""
        unknown = json.encode([number for number in set(numbers) if number not in self]).decode()
        self.update(self._connection.execute(_TEXTS, (unknown,)))

    def __missing__(self, number: int) -> str:
        (text,) = self._connection.execute("SELECT text FROM label WHERE label_id = ?", (number,)).fetchone()
        self[number] = text
        return str(text)


class _Prices(dict[int, Price]):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __missing__(self, number: int) -> Price:
        row = self._connection.execute(
            "SELECT provider, model, service_tier, rates, source, source_url, since"
            " FROM price WHERE price_id = ?",
            (number,),
        ).fetchone()
        price = self[number] = _price_of(row)
        return price


def _price_of(row: tuple[Any, ...]) -> Price:
    provider, model, service_tier, rates, source, source_url, since = row
    return Price(
        provider=provider,
        model=model,
        service_tier=service_tier,
        rates=json.decode(rates, type=tuple[Rate, ...]),
        source=source,
        source_url=source_url,
        since=date.fromisoformat(since) if since else None,
    )
