"""What a machine costs: bought, it is paid once, then electricity and somebody's hours; rented, by the hour.

What it is bought for is recovered from the savings, so no month has a share of it as well. Every amount may
be an array over paths."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from projection.period import HOURS_PER_MONTH, Floats

Amount = float | Floats
"""One number, or one for each path."""

PUE_OFFICE, PUE_SERVER_ROOM = 1.0, 1.4
"""Power at the meter over power at the machine; colocation has 1.3 to 1.5."""
LOADED_IDLE_W = 50.0
"""More than bare idle for each GPU that keeps a model loaded: 26 to 66 (arXiv 2605.23918)."""
SECOND_HAND_SHARE = 0.72
SELLERS_SHARE = 0.85
"""What a sale brings, on top of the years' decay; both are assumptions of the method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Electricity:
    """The price is an assumption; articles use 0.12 and 0.15, contracts 0.10 to 0.35."""

    usd_per_kwh: Amount = 0.17
    pue: Amount = PUE_OFFICE

    def __post_init__(self) -> None:
        _refuse_negative(self)
        if np.any(np.asarray(self.pue) < 1):
            raise ValueError(f"pue is {self.pue}; the meter shows no less than the machine takes")

    def usd(self, *, idle_w: Amount, busy_w: Amount, idle_h: Amount, busy_h: Amount) -> Amount:
        """Watts of all units together; hours of a month, or of any time."""
        watt_hours = idle_w * idle_h + busy_w * busy_h
        return self.pue * self.usd_per_kwh * watt_hours / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Labour:
    """Setting up takes 20 hours at $100 (an article's example); the hours after that are an assumption."""

    setup_h: Amount = 20.0
    ops_h_per_month: Amount = 4.0
    usd_per_h: Amount = 100.0

    def __post_init__(self) -> None:
        _refuse_negative(self)

    @property
    def setup_usd(self) -> Amount:
        return self.setup_h * self.usd_per_h

    @property
    def ops_usd_per_month(self) -> Amount:
        return self.ops_h_per_month * self.usd_per_h


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """Units that were bought, all of them together."""

    hardware_usd: Amount
    """What can be sold again: the units themselves."""
    host_usd: Amount = 0.0
    spares_usd: Amount = 0.0
    idle_w: Amount
    """With the model loaded."""
    busy_w: Amount
    decay_per_year: Amount = 0.25
    """Of the price; 0 to 0.50 (SpotWire)."""
    electricity: Electricity
    labour: Labour

    def __post_init__(self) -> None:
        _refuse_negative(self, but=("electricity", "labour"))
        if np.any(np.asarray(self.decay_per_year) > 1):
            raise ValueError(f"decay_per_year is {self.decay_per_year}, and cannot exceed 1")

    @property
    def upfront_usd(self) -> Amount:
        return self.hardware_usd + self.host_usd + self.spares_usd + self.labour.setup_usd

    def month_usd(self, busy_h: Amount) -> Amount:
        """*busy_h*: hours of the month in which it computes; the rest it waits."""
        idle_h = _idle_h(busy_h)
        energy_usd = self.electricity.usd(
            idle_w=self.idle_w, busy_w=self.busy_w, idle_h=idle_h, busy_h=busy_h
        )
        return energy_usd + self.labour.ops_usd_per_month

    def resale_usd(self, month: ArrayLike) -> Floats:
        """What a sale would bring after so many months: of an array of paths, a column for each month."""
        years = np.asarray(month, dtype=float) / 12
        price, decay = (
            np.asarray(amount, dtype=float) for amount in (self.hardware_usd, self.decay_per_year)
        )
        if years.ndim:
            price, decay = price[..., None], decay[..., None]
        value: Floats = price * (1 - decay) ** years * SECOND_HAND_SHARE * SELLERS_SHARE
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Rented:
    """Units of a cloud, paid for by the hour, busy or not."""

    units: int = 1
    usd_per_h: Amount
    """Of one unit."""
    labour: Labour

    def __post_init__(self) -> None:
        _refuse_negative(self, but=("labour",))

    @property
    def upfront_usd(self) -> Amount:
        return self.labour.setup_usd

    def month_usd(self, hours: Amount = HOURS_PER_MONTH) -> Amount:
        """*hours* for which it is rented: all of the month's, or those of the working day."""
        _idle_h(hours)
        return self.units * self.usd_per_h * hours + self.labour.ops_usd_per_month


def usd_per_mtok(usd_per_h: Amount, tokens_per_s: Amount) -> Amount:
    """What a million tokens cost at that load; infinity where there is none, because it is paid for idle."""
    rate = np.asarray(tokens_per_s, dtype=float)
    if np.any(rate < 0):
        raise ValueError("tokens_per_s has to be 0 or more")
    mtok_per_h = rate * 3600 / 1e6
    shape = np.broadcast_shapes(np.shape(usd_per_h), rate.shape)
    cost = np.divide(usd_per_h, mtok_per_h, out=np.full(shape, np.inf), where=mtok_per_h > 0)
    return cost if cost.ndim else float(cost)


def _idle_h(busy_h: Amount) -> Amount:
    hours = np.asarray(busy_h)
    if np.any(hours < 0) or np.any(hours > HOURS_PER_MONTH):
        raise ValueError(f"{busy_h} hours; a month has 0 to {HOURS_PER_MONTH}")
    return HOURS_PER_MONTH - busy_h


def _refuse_negative(cost: Electricity | Labour | Owned | Rented, but: tuple[str, ...] = ()) -> None:
    for name in (field.name for field in fields(cost)):
        if name not in but:
            amount = np.asarray(getattr(cost, name), dtype=float)
            if not np.all((amount >= 0) & (amount < np.inf)):
                raise ValueError(f"{name} is {getattr(cost, name)}, and has to be 0 or more")
