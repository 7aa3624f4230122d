"""Names of time zones. Days, hours and months of the ledger stay UTC whatever the zone: its sums are of UTC
hours, and not every zone begins its hours with one of them."""

from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

UTC_NAME = "UTC"
_LONGEST_NAME = 64


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
