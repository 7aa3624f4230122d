"""What an address asks of the ledger: its parameters -> what a thread may ask a reader. Pure."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from ledger.as_json import Json, report_as_json
from ledger.asking import Unit
from ledger.call import Call
from ledger.period import us_at
from ledger.price import NoPrice, Price
from ledger.pricebook import PriceBook
from ledger.rollup import Dimension
from ledger.store import GroupBy, Reader
from web.api.params import PERIOD, BadParameter, Params, at_most, period_in, whole_in, word_in
from web.api.shapes import health_as_json, months_as_json, prices_as_json, series_as_json
from web.prices.answers import ask
from web.report_settings import ReportSettings

Question = Callable[[Reader], Json]
REPORT = (*PERIOD, "by")
SERIES = (*PERIOD, "by", "unit", "most")
HEALTH = ("hours",)
MOST_DAYS: Mapping[Unit, int] = {Unit.HOUR: 31, Unit.DAY: 366}
"""Of a series: 744 and 366 sums for each line."""
MOST_SUMS = 2500
"""Of a series, the line of the others among them: some 20 ms of work, and 70 KB over the wire."""
MOST_DAYS_BY_HOUR = 31
"""Of a report."""
MOST_LINES = 50
LINES = 8
"""Or as many as there is room for."""
MOST_HOURS = 24 * 31
HOURS = 24


def report_asked(params: Params, today: date) -> Question:
    period, by = period_in(params, today), word_in(params, "by", GroupBy, GroupBy.MODEL)
    if by is GroupBy.HOUR:
        at_most(period, MOST_DAYS_BY_HOUR, "hours")
    return lambda reader: report_as_json(reader.report(period, by))


def series_asked(params: Params, today: date) -> Question:
    by = word_in(params, "by", Dimension, Dimension.TOTAL)
    unit = word_in(params, "unit", Unit, Unit.DAY)
    period = at_most(period_in(params, today), MOST_DAYS[unit], f"{unit}s")
    sums = len(period.days()) * (24 if unit is Unit.HOUR else 1)
    room = max(MOST_SUMS // max(sums, 1) - 1, 1)
    most = whole_in(params, "most", 1, MOST_LINES, min(LINES, room))
    if most > room and by is not Dimension.TOTAL:
        raise BadParameter(
            f"most is {most}, and {sums} {unit}s have room for {room} lines; ask for fewer of one"
        )
    return lambda reader: series_as_json(reader.series(period, by, unit=unit, most=most))


def months_asked() -> Question:
    return lambda reader: months_as_json(reader.months())


def health_asked(params: Params, settings: ReportSettings) -> Question:
    since_us = us_at(settings.now() - timedelta(hours=whole_in(params, "hours", 1, MOST_HOURS, HOURS)))

    def asked(reader: Reader) -> Json:
        writing = settings.writing() if settings.writing else None
        facts, upstreams = reader.ledger_facts(), reader.health(since_us)
        budgets, notices = settings.budgets(), settings.notices()
        return health_as_json(settings.ledger_name, facts, upstreams, writing, budgets, notices)

    return asked


def prices_asked(book: PriceBook, now: datetime) -> Question:
    """What the models of the last days would cost now; the question is that of the page."""

    def asked(reader: Reader) -> Json:
        return prices_as_json(ask(reader, now.date()), lambda call: _price_of(call, book, now))

    return asked


def _price_of(call: Call, book: PriceBook, now: datetime) -> Price | NoPrice:
    return book.price_at(call.provider, [call.response_model, call.request_model], call.service_tier, now)
