"""What the page of prices says: models as they were called, and the price book. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from ledger.call import Call, Entry, Pricing
from ledger.meter import Meter
from ledger.period import Period
from ledger.price import STANDARD, NoPrice, Price
from ledger.pricebook import CONFIGURATION, LONGEST_NAME, PriceBook, is_standard
from ledger.rollup import Rollup
from web.links import calls_link, is_linkable
from web.override_toml import meters_to_price, override_toml
from web.prices.answers import Answers, Seen
from web.prices.rates import Rates, rates_of

_USUAL_METERS = (Meter.INPUT, Meter.OUTPUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way in which a model is called."""

    name: str | None
    href: str
    """To its calls; empty: there is no one address for them."""
    provider: str | None
    service_tier: str | None
    """None: the one that list prices are for."""
    sums: Rollup
    """Of the model, in whatever way it is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    way: Way
    rates: Rates
    priced_as: str
    """The name in the price list where it is another one; else empty."""
    price: Price
    source_url: str
    """Empty where the source has no address that a browser may be led to."""

    @property
    def is_own(self) -> bool:
        """The configuration states it."""
        return self.price.source == CONFIGURATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    way: Way
    reason: str
    toml: str
    """To paste into the configuration; empty where that does not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfHosted:
    way: Way


Row = Priced | Unpriced | SelfHosted


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesPage:
    period: Period
    unpriced: tuple[Unpriced, ...]
    priced: tuple[Priced, ...]
    """The most expensive first."""
    self_hosted: tuple[SelfHosted, ...]
    others: int
    """Models that are not on the page."""
    read_at: datetime


def prices_page(answers: Answers, book: PriceBook, now: datetime) -> PricesPage:
    rows = [row for seen in answers.seen for row in _rows(seen, answers.period, book, now)]
    rows.sort(key=attrgetter("way.sums.list_cost"), reverse=True)
    return PricesPage(
        period=answers.period,
        unpriced=tuple(row for row in rows if isinstance(row, Unpriced)),
        priced=tuple(row for row in rows if isinstance(row, Priced)),
        self_hosted=tuple(row for row in rows if isinstance(row, SelfHosted)),
        others=answers.others,
        read_at=now,
    )


def _rows(seen: Seen, period: Period, book: PriceBook, now: datetime) -> Iterator[Row]:
    """One for each price: an answer that broke off names no model, and is the same model."""
    told = set()
    for entry in seen.latest:
        row = _row(seen, entry, period, book, now)
        mark = (row.way.provider, row.way.service_tier, row.price if isinstance(row, Priced) else type(row))
        if mark not in told:
            told.add(mark)
            yield row


def _row(seen: Seen, entry: Entry, period: Period, book: PriceBook, now: datetime) -> Row:
    call, way = entry.call, _way(seen, entry.call, period)
    if entry.pricing is Pricing.SELF_HOSTED:
        return SelfHosted(way=way)
    price = book.price_at(call.provider, [call.response_model, call.request_model], call.service_tier, now)
    if isinstance(price, NoPrice):
        return Unpriced(way=way, reason=price.reason, toml=_toml(seen.latest, call, period))
    return Priced(
        way=way,
        rates=rates_of(price),
        priced_as="" if price.model == seen.name else price.model,
        price=price,
        source_url=_address(price),
    )


def _way(seen: Seen, call: Call, period: Period) -> Way:
    return Way(
        name=seen.name,
        href=calls_link(period, model=seen.name) if is_linkable(seen.name) else "",
        provider=call.provider,
        service_tier=None if is_standard(call.service_tier) else call.service_tier,
        sums=seen.sums,
    )


def _address(price: Price) -> str:
    url = price.source_url or ""
    return url if url.startswith(("https://", "http://")) else ""


def _toml(latest: Sequence[Entry], call: Call, period: Period) -> str:
    """With a line for each meter that the model's latest calls would be charged by."""
    if not call.provider or not call.model or len(call.provider) > LONGEST_NAME:
        return ""
    known = [entry.call for entry in latest if entry.call.usage is not None]
    meters = {meter for one in known if one.usage for meter in meters_to_price(one.usage, one.units)}
    asked = [meter for meter in Meter if meter in (meters or _USUAL_METERS)]
    tier = STANDARD if is_standard(call.service_tier) else str(call.service_tier)
    return override_toml(call.provider, call.model[:LONGEST_NAME], period.start, asked, tier)
