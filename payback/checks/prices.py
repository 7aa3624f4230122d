"""How old the price list is, and which models that were called have no price in it."""

from datetime import date, datetime, timedelta
from importlib.metadata import version

from ledger.errors import LedgerError
from ledger.period import Period
from ledger.price import NoPrice
from ledger.pricebook import PriceBook
from ledger.pricelist import newest_price_day
from ledger.store import ModelSeen, Reader
from payback.checks.finding import Finding, fail, ok, warn
from payback.terminal import SENTENCE_COLUMNS, clean, counted

SEEN_DAYS = 31
OLD_DAYS = 180
"""Providers change some price every few weeks."""


def catalogue_is_young(today: date) -> Finding:
    """The catalogue carries no date of its own: the newest price that it knows to hold stands for it."""
    name, newest = f"genai-prices {version('genai-prices')}", newest_price_day(today)
    told = f"the newest dated price of {name} began on {newest}"
    if newest is None or (today - newest).days > OLD_DAYS:
        return warn("prices", f"{told}; upgrade payback, or with pip install --upgrade genai-prices")
    return ok("prices", told)


def models_have_prices(reader: Reader, book: PriceBook, now: datetime) -> Finding:
    """Of the models that were called lately, at today's prices."""
    tomorrow = now.date() + timedelta(days=1)
    try:
        seen = reader.models_seen(Period(tomorrow - timedelta(days=SEEN_DAYS), tomorrow))
    except LedgerError as error:
        return fail("models", str(error))
    billed = [model for model in seen if not model.self_hosted]
    unpriced = [
        (model, price.reason) for model in billed if isinstance(price := _price(model, book, now), NoPrice)
    ]
    if not billed:
        return ok("models", f"no call of the last {SEEN_DAYS} days is billed per token")
    if not unpriced:
        return ok(
            "models", f"every model of the last {SEEN_DAYS} days has a price ({len(billed)} were called)"
        )
    calls = counted(sum(model.calls for model, _ in unpriced))
    reason = clean(unpriced[0][1], SENTENCE_COLUMNS)
    return warn(
        "models",
        f"{calls} of the last {SEEN_DAYS} days went to {counted(len(unpriced), 'model')} without a price:"
        f" {reason}; write a [[price]] or an [[alias]] into the configuration",
    )


def _price(seen: ModelSeen, book: PriceBook, now: datetime) -> object:
    return book.price_at(seen.provider, [seen.response_model, seen.request_model], seen.service_tier, now)
