"""What is bought, and when: at first, as the traffic grows, and again at the end of each one's life.

Months are counted from 0; what is bought in one is bought at its beginning, at its price. A machine is sold
by its own age and by what it cost, not by the age of the first."""

from dataclasses import dataclass

import numpy as np

from projection.owning import SECOND_HAND_SHARE, SELLERS_SHARE
from projection.period import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stock:
    """What is there at first, and what is needed in each month (paths x months), never less than before."""

    first_units: int
    units: Floats
    first_hosts: int
    hosts: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tags:
    """Prices today, one for each path, and what becomes of them."""

    unit_usd: Floats
    spares_share: Floats
    """Of the units' price, bought with them and never sold."""
    host_usd: Floats
    """Of one; never sold."""
    drift: Floats
    """paths x months: of both prices."""
    decay_per_year: Floats
    life_months: int
    """After so many months a unit is sold and bought anew, and so is what is around it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Purchases:
    """But for what is bought at first."""

    later_usd: Floats
    """paths x months: less what is brought by those that are replaced."""
    resale_usd: Floats
    """paths x months + 1: what a sale of all units would bring after so many months."""


def purchases_of(stock: Stock, tags: Tags) -> Purchases:
    units = _bought(stock.first_units, stock.units, tags.life_months)
    hosts = _bought(stock.first_hosts, stock.hosts, tags.life_months)
    first_usd = stock.first_units * tags.unit_usd
    units_usd = units * tags.unit_usd[:, None] * tags.drift
    hosts_usd = hosts * tags.host_usd[:, None] * tags.drift
    later = units_usd * (1 + tags.spares_share[:, None]) + hosts_usd
    paid = units_usd.copy()
    paid[:, 0] += first_usd
    sold = _sold(paid, tags)
    return Purchases(later_usd=later - sold, resale_usd=_resale(first_usd, paid, sold, tags))


def _bought(first: int, needed: Floats, life_months: int) -> Floats:
    """In each month, without the first ones, but with those that take their place."""
    bought: Floats = np.diff(needed, axis=1, prepend=float(first))
    bought[:, 0] += first
    for month in range(life_months, bought.shape[1]):
        bought[:, month] += bought[:, month - life_months]
    bought[:, 0] -= first
    return bought


def _sold(paid: Floats, tags: Tags) -> Floats:
    """What those bring that are replaced in each month."""
    sold, life = np.zeros_like(paid), tags.life_months
    if life < paid.shape[1]:
        kept = (1 - tags.decay_per_year) ** (life / 12) * SECOND_HAND_SHARE * SELLERS_SHARE
        sold[:, life:] = paid[:, :-life] * kept[:, None]
    return sold


def _resale(first_usd: Floats, paid: Floats, sold: Floats, tags: Tags) -> Floats:
    """Each month all lose the same share, whatever their age, so that one sum is carried on."""
    share, months = SECOND_HAND_SHARE * SELLERS_SHARE, paid.shape[1]
    kept = (1 - tags.decay_per_year) ** (1 / 12)
    worth = np.empty((len(paid), months + 1), order="F")
    worth[:, 0] = first_usd * share
    held = np.zeros(len(paid))
    for month in range(months):
        held = (held + paid[:, month] * share - sold[:, month]) * kept
        worth[:, month + 1] = held
    return worth
