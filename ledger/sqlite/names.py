"""The numbers that rows hold in place of repeated text and prices, looked up when first met."""

import sqlite3
from datetime import date
from typing import Any

import msgspec

from ledger.price import Price, Rate


class Names:
    """Labels and prices as mappings from number; what is known is never asked again."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.labels: dict[int, str] = _Labels(connection)
        self.prices: dict[int, Price] = _Prices(connection)


class _Labels(dict[int, str]):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

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
        rates=msgspec.json.decode(rates, type=tuple[Rate, ...]),
        source=source,
        source_url=source_url,
        since=date.fromisoformat(since) if since else None,
    )
