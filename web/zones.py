"""Times in the zone of whoever looks. Days, hours and months of the ledger stay UTC: its sums are of UTC
hours, and not every zone begins its hours with one of them."""

import re
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache, partial
from zoneinfo import ZoneInfo, available_timezones

UTC_NAME = "UTC"
_LONGEST_NAME = 64
_TIME = re.compile(r'(<time\b[^>]*?\bdatetime="([^"]{20,40})"[^>]*>)([^<]{8,40})(</time>)')
_LONG = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?( UTC)?", re.ASCII)
_SHORT = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d\d:\d\d:\d\d", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@cache
def zones() -> frozenset[str]:
    """Names that this machine knows; reads a few hundred files, once."""
    return frozenset(available_timezones()) | {UTC_NAME}


def zone_named(name: str) -> ZoneInfo | None:
    """None: there is no such zone, or it is UTC, in which everything is written anyway."""
    return None if name == UTC_NAME or name not in zones() else ZoneInfo(name)


def nearest_zone(name: str) -> str | None:
    """
    >>> nearest_zone("europe/berlin"), nearest_zone("Berlin")
    ('Europe/Berlin', 'Europe/Berlin')
    """
    wanted = name.strip()[:_LONGEST_NAME].replace(" ", "_").lower()
    by_name = {zone.lower(): zone for zone in sorted(zones())}
    by_city = {zone.lower().rpartition("/")[2]: zone for zone in sorted(zones())}
    near = get_close_matches(wanted, [*by_name, *by_city], n=1)
    return by_name.get(near[0]) or by_city[near[0]] if near else None


def localised(html: str, zone: ZoneInfo) -> str:
    """Every <time> of *html* that says a time of day, in *zone*; the attribute stays UTC.

    >>> localised('<time datetime="2026-07-01T22:30:00Z">1 Jul 22:30:00</time>', ZoneInfo("Europe/Berlin"))
    '<time datetime="2026-07-01T22:30:00Z">2 Jul 00:30:00</time>'
    """
    return _TIME.sub(partial(_moved, zone), html)


def _moved(zone: ZoneInfo, found: re.Match[str]) -> str:
    before, stamp, text, after = found.groups()
    try:
        moment = datetime.fromisoformat(stamp)
        local = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)
    except (ValueError, OverflowError):
        return found[0]
    return f"{before}{_as_written(text, local)}{after}"


def _as_written(text: str, local: datetime) -> str:
    """*local* in the form that *text* has; *text* itself where it is no time of day."""
    if _SHORT.fullmatch(text):
        return f"{local.day} {_MONTHS[local.month - 1]} {local:%H:%M:%S}"
    if found := _LONG.fullmatch(text):
        places = found[1] or ""
        return f"{local:%Y-%m-%d %H:%M:%S}{places}" + (f" {local:%Z}" if found[2] else "")
    return text
