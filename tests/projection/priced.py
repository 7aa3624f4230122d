"""Traffic and prices for tests, from usages and a price list that fit on a page."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from ledger.meter import Meter
from ledger.price import NoPrice, Price, Rate, Tier
from ledger.usage import TokenUsage
from projection.columns import UNKNOWN, columns_of
from projection.price_columns import Prices
from projection.traffic import Billed, Traffic

MTOK = 1_000_000
MINUTE_US = 60 * 1_000_000
MONTH_US = int(30.4375 * 24 * 60) * MINUTE_US


def price(model: str, *, provider: str = "cloud", tier: str = "standard", **usd: str) -> Price:
    """*usd*: by meter, per million tokens (requests: per thousand). "3/200000/6" is 3, and 6 for calls with
    more than 200,000 tokens of input."""
    rates = tuple(_rate(Meter(name), *text.split("/")) for name, text in usd.items())
    return Price(provider=provider, model=model, service_tier=tier, rates=rates, source="a test's list")


def _rate(meter: Meter, usd: str, above: str = "", dearer: str = "") -> Rate:
    tiers = (Tier(int(above), Decimal(dearer)),) if above else ()
    return Rate(meter, Decimal(usd), meter.per, tiers)


def price_list(*known: Price) -> Prices:
    """Tiers by their names; None is the standard one."""
    named: Mapping[tuple[str, str, str], Price] = {
        (each.provider, each.model, each.service_tier): each for each in known
    }

    def prices(provider: str | None, models: Sequence[str | None], tier: str | None) -> Price | NoPrice:
        found = [named.get((provider or "", model or "", tier or "standard")) for model in models]
        return next((each for each in found if each is not None), NoPrice(f"no price for {models}"))

    return prices


def traffic(
    usages: Sequence[TokenUsage | None],
    *,
    billed: Sequence[int] | None = None,
    billings: Sequence[Billed] = (Billed(provider="cloud", models=("large",)),),
    minutes: Sequence[float] | None = None,
    needs: Sequence[int] | None = None,
    list_cost_nusd: Sequence[int] | None = None,
) -> Traffic:
    """Over one month; a call a minute unless *minutes* says when. None: a call without usage."""
    count = len(usages)
    starts = [int(each * MINUTE_US) for each in (minutes or range(count))]
    return Traffic(
        workload="test",
        from_us=0,
        to_us=MONTH_US,
        calls=columns_of(
            started_us=starts,
            ended_us=[start + 1 for start in starts],
            input_tokens=[each.input_tokens if each else None for each in usages],
            output_tokens=[each.output_tokens if each else None for each in usages],
            cache_read_tokens=[each.cache_read_tokens if each else None for each in usages],
        ),
        cache_write_tokens=_column([each.cache_write_tokens if each else None for each in usages]),
        cache_write_1h_tokens=_column([each.cache_write_1h_tokens if each else None for each in usages]),
        reasoning_tokens=_column([each.reasoning_tokens if each else None for each in usages]),
        list_cost_nusd=_column(list_cost_nusd or [None] * count),
        billed=_column(billed or [0] * count),
        billings=tuple(billings),
        needs=_column(needs or [0] * count),
    )


def _column(values: Sequence[int | None]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([UNKNOWN if value is None else value for value in values], dtype=np.int64)


def tokens(read: int, written: int = 0, *, cached: int | None = None) -> TokenUsage:
    return TokenUsage(input_tokens=read, output_tokens=written, cache_read_tokens=cached)
