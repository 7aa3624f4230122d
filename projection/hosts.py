"""The machine around the cards: what it costs and draws. A card computes nothing by itself.

Watts: an RTX 4090 box takes 464-509 W at the wall for a card of 450 W, and 50-90 W idle
(https://github.com/geerlingguy/ai-benchmarks, read 2026-11-22). Prices are assumptions, to be overridden by a
plan's host_usd."""

from dataclasses import dataclass, replace

import numpy as np

from projection.period import Floats
from projection.specs import Hardware, Link, Maker


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    most_units: int
    usd: float
    idle_w: float
    busy_w: float


NO_HOST = Host(most_units=1, usd=0.0, idle_w=0.0, busy_w=0.0)
"""A Mac is bought whole, and its watts are those at the wall."""
# Of NVLink's machine each unit is one's share: they are sold eight at a time, and rented one by one.
_HOSTS = {
    Link.CONSUMER_PCIE: Host(most_units=2, usd=1500.0, idle_w=40.0, busy_w=50.0),
    Link.SERVER_PCIE: Host(most_units=4, usd=8000.0, idle_w=150.0, busy_w=250.0),
    Link.SERVER_PCIE_5: Host(most_units=4, usd=8000.0, idle_w=150.0, busy_w=250.0),
    Link.NVLINK: Host(most_units=1, usd=5000.0, idle_w=75.0, busy_w=125.0),
}


def host_of(hardware: Hardware) -> Host:
    if hardware.maker is Maker.APPLE:
        return NO_HOST
    host = _HOSTS[hardware.link or Link.CONSUMER_PCIE]
    return host if hardware.units_per_host is None else replace(host, most_units=hardware.units_per_host)


def hosts_for(hardware: Hardware, units: int) -> int:
    """How many it takes for so many units."""
    return -(-units // host_of(hardware).most_units)


def hosts_in_all(hardware: Hardware, units: Floats) -> Floats:
    """The same of many numbers: cards that are added fill the free slots first."""
    hosts: Floats = np.ceil(units / host_of(hardware).most_units)
    return hosts
