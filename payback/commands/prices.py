"""payback prices: what models cost today, and who says so."""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from ledger.as_json import price_as_json, render_rate
from ledger.meter import Meter
from ledger.period import Period
from ledger.price import NoPrice, Price
from ledger.pricebook import PriceBook
from ledger.pricelist import nearest_models, prices_of
from ledger.store import ModelSeen
from payback.clock import utc_now
from payback.commands.asking import config_of, open_reader
from payback.settings import load_settings
from payback.terminal import SENTENCE_COLUMNS, Column, clean, counted, render_table
from payback.wiring import price_book

SEEN_DAYS = 31
"""Without names, the models that were called in these last days are priced."""
_TITLES = {
    Meter.REQUEST: "per 1,000 calls",
    Meter.IMAGES: "per image",
    Meter.AUDIO: "per hour of audio",
    Meter.CHARACTERS: "per million characters",
    Meter.WEB_SEARCH: "per 1,000 web searches",
    Meter.FILE_SEARCH: "per 1,000 file searches",
    Meter.SEARCH_UNIT: "per 1,000 search units",
    Meter.PAGE: "per 1,000 pages",
}
"""Of the meters that do not count tokens."""


Seen = tuple[ModelSeen, Price | NoPrice | None]
"""A model that was called, and what it costs today; None: it is not billed per token."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A model that was asked for. Without prices, *nearest* has names that were perhaps meant."""

    model: str
    prices: Sequence[Price]
    nearest: Sequence[str] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        f"Without a MODEL: the models that were called in the last {SEEN_DAYS} days, with what a call would"
        " cost today. Prices that the configuration states come before the catalogue's."
    )
    parser.add_argument("models", metavar="MODEL", nargs="*", help="a model's name as requests give it")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    book, now = price_book(load_settings(config_of(args))), utc_now()
    if not args.models:
        return _show_seen(args, book, now)
    listed = [_look_up(book, model, now) for model in args.models]
    if args.json:
        print(json.dumps([_listed_as_json(found) for found in listed], indent=2))
    else:
        print("\n\n".join(_render_listed(found, now.date()) for found in listed))
    return 0 if all(found.prices for found in listed) else 1


def _look_up(book: PriceBook, model: str, now: datetime) -> Listed:
    prices = prices_of(book, model, now)
    return Listed(model, prices, () if prices else nearest_models(book, model))


def _show_seen(args: argparse.Namespace, book: PriceBook, now: datetime) -> int:
    today = now.date()
    with open_reader(args) as reader:
        seen = reader.models_seen(Period(today - timedelta(days=SEEN_DAYS - 1), today + timedelta(days=1)))
    found = _merged(
        (model, None if model.self_hosted else _price_of_seen(book, model, now)) for model in seen
    )
    if args.json:
        print(json.dumps([_seen_as_json(model, price) for model, price in found], indent=2))
    elif found:
        print(_render_seen(found))
    else:
        print(f"No calls to a model in the last {SEEN_DAYS} days.")
    return 0


def _price_of_seen(book: PriceBook, seen: ModelSeen, now: datetime) -> Price | NoPrice:
    return book.price_at(seen.provider, [seen.response_model, seen.request_model], seen.service_tier, now)


def _merged(found: Iterable[Seen]) -> list[Seen]:
    """One for each name and price: an answer that broke off names no model, and is the same model."""
    merged: dict[Any, Seen] = {}
    for seen, price in found:
        name = seen.request_model or seen.response_model
        key = (name, seen.provider, seen.service_tier, seen.self_hosted, _short(price))
        first, _ = merged.get(key, (replace(seen, calls=0), None))
        merged[key] = replace(first, calls=first.calls + seen.calls), price
    return sorted(merged.values(), key=lambda item: -item[0].calls)


def _render_listed(found: Listed, today: date) -> str:
    name = clean(found.model)
    if not found.prices:
        near = f"; did you mean {', '.join(found.nearest)}?" if found.nearest else ""
        return f"No price is known for {name}{near}"
    lines = [line for price in found.prices for line in _lines_of(price, found.prices)]
    titles = [_title_of(meter) for meter in _meters_of(found.prices)]
    left, right = (
        [Column("provider", right=False), Column("model", right=False)],
        [Column("source", right=False)],
    )
    return f"{name}: USD per million tokens on {today}\n\n" + render_table(
        [*left, *map(Column, titles), *right], lines
    )


def _lines_of(price: Price, beside: Sequence[Price]) -> list[list[str]]:
    """The price, and below it what it becomes for larger inputs."""
    meters = _meters_of(beside)
    starts = sorted({tier.above_input_tokens for rate in price.rates for tier in rate.tiers})
    name = clean(price.model) + (
        "" if price.service_tier == "standard" else f" ({clean(price.service_tier)})"
    )
    lines = [
        [clean(price.provider), name, *(_usd_of(price, meter, 0) for meter in meters), _source_of(price)]
    ]
    for start in starts:
        cells = [_usd_of(price, meter, start + 1) for meter in meters]
        lines.append(["", f"above {start:,} input tokens", *cells, ""])
    return lines


def _meters_of(prices: Sequence[Price]) -> list[Meter]:
    return [meter for meter in Meter if any(price.rate_of(meter) for price in prices)]


def _title_of(meter: Meter) -> str:
    return _TITLES.get(meter) or meter.value.replace("_", " ")


def _usd_of(price: Price, meter: Meter, input_tokens: int) -> str:
    rate = price.rate_of(meter)
    return "" if rate is None else render_rate(rate, rate.usd_at(input_tokens))


def _source_of(price: Price) -> str:
    return price.source + (f", since {price.since}" if price.since else "")


def _render_seen(found: Sequence[Seen]) -> str:
    lines = [
        (
            clean(seen.request_model or seen.response_model or "(no model)"),
            clean(seen.provider or ""),
            f"{seen.calls:,}",
            _short(price),
        )
        for seen, price in found
    ]
    titles = [Column("model", right=False), Column("provider", right=False), Column("calls")]
    table = render_table([*titles, Column("USD per million tokens today", right=False)], lines)
    return f"{counted(sum(seen.calls for seen, _ in found))} in the last {SEEN_DAYS} days\n\n{table}"


def _short(price: Price | NoPrice | None) -> str:
    if price is None:
        return "self-hosted, not billed per token"
    if isinstance(price, NoPrice):
        return clean(f"none: {price.reason}", SENTENCE_COLUMNS)
    rates = [f"{_title_of(rate.meter)} {render_rate(rate, rate.usd)}" for rate in price.rates]
    return f"{', '.join(rates)} ({_source_of(price)})"


def _listed_as_json(found: Listed) -> dict[str, Any]:
    return {
        "model": found.model,
        "prices": [price_as_json(price) for price in found.prices],
        "nearest": list(found.nearest),
    }


def _seen_as_json(seen: ModelSeen, price: Price | NoPrice | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "request_model": seen.request_model,
        "response_model": seen.response_model,
        "provider": seen.provider,
        "service_tier": seen.service_tier,
        "self_hosted": seen.self_hosted,
        "calls": seen.calls,
        "price": price_as_json(price) if isinstance(price, Price) else None,
        "no_price_reason": price.reason if isinstance(price, NoPrice) else None,
    }
    return told
