"""Answers as JSON: shapes that other people's programs read. Names are never changed, only added.

The commands and the API give the same objects. Costs are decimal strings of USD, exact; times are RFC 3339,
UTC."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from ledger.call import Entry
from ledger.exports.columns import NAMES, Value, row_of
from ledger.meter import Meter
from ledger.price import Price, Rate
from ledger.store import Report
from ledger.tally import measures_of

Json = Mapping[str, object]
PER_MTOK = "usd_per_mtok"
RATE_KEYS: Mapping[Meter, str] = {
    Meter.REQUEST: "usd_per_kcalls",
    Meter.IMAGES: "usd_per_image",
    Meter.AUDIO: "usd_per_audio_hour",
    Meter.CHARACTERS: "usd_per_mchar",
    Meter.WEB_SEARCH: "usd_per_1k_web_searches",
    Meter.FILE_SEARCH: "usd_per_1k_file_searches",
    Meter.SEARCH_UNIT: "usd_per_1k_search_units",
    Meter.PAGE: "usd_per_1k_pages",
}
"""What a rate is called whose meter does not count tokens; as the configuration calls it."""


def report_as_json(report: Report) -> Json:
    return {
        "from": report.period.start.isoformat(),
        "to": (report.period.end - timedelta(days=1)).isoformat(),
        "total": measures_of(report.total),
        "groups": [{report.by.value: group.value, **measures_of(group.sums)} for group in report.groups],
    }


def row_as_json(entry: Entry) -> dict[str, Value]:
    """As an exported row."""
    return dict(zip(NAMES, row_of(entry), strict=True))


def price_as_json(price: Price) -> Json:
    return {
        "provider": price.provider,
        "model": price.model,
        "service_tier": price.service_tier,
        "rates": [_rate_as_json(rate) for rate in price.rates],
        "source": price.source,
        "source_url": price.source_url,
        "since": price.since.isoformat() if price.since else None,
    }


def _rate_as_json(rate: Rate) -> Json:
    unit = RATE_KEYS.get(rate.meter, PER_MTOK)
    tiers = [
        {"above_input_tokens": tier.above_input_tokens, unit: render_rate(rate, tier.usd)}
        for tier in rate.tiers
    ]
    return {"meter": rate.meter.value, unit: render_rate(rate, rate.usd), "tiers": tiers}


def render_rate(rate: Rate, usd: Decimal) -> str:
    """*usd* of *rate*, as people quote it: per million tokens, or per hour of audio. Two places at least.

    >>> render_rate(Rate(Meter.INPUT, Decimal("3"), 1_000_000), Decimal("3"))
    '3.00'
    """
    quoted = usd * rate.meter.per / rate.per
    whole, _, places = f"{quoted.normalize():f}".partition(".")
    return f"{whole}.{places.ljust(2, '0')}"
