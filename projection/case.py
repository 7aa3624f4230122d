"""What all steps of one projection share: the priced calls, their demand, and the volumes to come."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from ledger.period import US_PER_DAY
from projection.assumptions import Assumptions
from projection.catalogue import Catalogue
from projection.columns import UNKNOWN
from projection.demand import Demand, demand_of
from projection.draws import drawn
from projection.forecast import Outlook, TooShort, forecast_months
from projection.hosted import PricedOffer
from projection.moves import Base, Move
from projection.moving import Moved
from projection.outcome import Today
from projection.period import DAYS_PER_MONTH, Floats, months_in
from projection.plan import Plan
from projection.price_columns import Prices
from projection.traffic import Traffic


class NothingToProject(ValueError):
    """The traffic holds nothing that a projection could rest on; the text says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    plan: Plan
    catalogue: Catalogue
    prices: Prices
    today: date | None
    """How old the prices of machines are; None: not asked."""
    traffic: Traffic
    """Priced calls, from the day of the first one."""
    demand: Demand
    months: float
    usd_per_month: float
    """As measured; kept, because hundreds of bases ask for it."""
    models: tuple[str, ...]
    """As people know them, the dearest first; kept as well."""
    failed_share: float | None
    """Of all calls, those too that have no price because they failed. None: the volume is stated."""
    retried_share: float | None
    """Of the same, attempts at calls that had been tried before."""
    forecast: Outlook | TooShort | None
    """None: the volume is stated."""
    volume: Floats
    """paths x months: of the measured month."""

    @property
    def is_early(self) -> bool:
        return isinstance(self.forecast, TooShort)

    def base(self, assumptions: Assumptions | None = None, paths: int | None = None) -> Base:
        """On the plan's assumptions and all paths, unless others are asked for."""
        chosen = self.plan.assumptions if assumptions is None else assumptions
        return Base(
            usd_per_month=self.usd_per_month,
            draws=drawn(chosen, self.volume, self.plan.api_prices, self.plan.seed, paths),
            in_house=self.plan.constraints.must_stay_in_house,
        )

    def move_of(self, model: str, moved: Moved, offer: PricedOffer | None = None) -> Move:
        """*offer*: of the same calls, by somebody else's API of *model*."""
        calls = moved.traffic.calls
        tokens = int((calls.input_tokens + calls.output_tokens).sum())
        return Move(
            model=model,
            usd_per_month=moved.traffic.list_cost_usd / self.months,
            calls_share=len(calls) / len(self.traffic),
            tokens_per_month=tokens / self.months,
            tokens_by_hour=_by_hour(self.demand),
            hosted_usd_per_month=None if offer is None else float(offer.usd.sum()) / self.months,
        )


def case_of(
    traffic: Traffic, plan: Plan, catalogue: Catalogue, prices: Prices, today: date | None = None
) -> Case:
    """Raises NothingToProject where there is no call, or none with a known price, or no token."""
    priced = traffic.picked(traffic.list_cost_nusd != UNKNOWN)
    if plan.volume is None:  # what is stated holds for the whole time that was made up
        priced = _begun(priced)
    if len(priced) == 0:
        raise NothingToProject(_nothing(traffic))
    demand = demand_of(priced.calls, from_us=priced.from_us, to_us=priced.to_us)
    if demand.input_tokens + demand.output_tokens == 0:
        raise NothingToProject(f"the {len(priced)} calls with a known price have no tokens: nothing can move")
    forecast = None if plan.volume else _forecast(demand, plan)
    months = months_in(demand.days)
    return Case(
        plan=plan,
        catalogue=catalogue,
        prices=prices,
        today=today,
        traffic=priced,
        demand=demand,
        months=months,
        usd_per_month=priced.list_cost_usd / months,
        models=models_of(priced),
        failed_share=None if plan.volume else float(np.mean(traffic.calls.failed != 0)),
        retried_share=None if plan.volume else float(np.mean(traffic.calls.retry_number > 0)),
        forecast=forecast,
        volume=_volume(demand, forecast, plan),
    )


def today_of(case: Case, traffic: Traffic) -> Today:
    """The measured month, not the forecast's. *traffic*: the unpriced calls too."""
    demand, months = case.demand, case.months
    return Today(
        calls=demand.calls,
        days=demand.days,
        calls_per_month=demand.calls / months,
        input_tokens_per_month=demand.input_tokens / months,
        output_tokens_per_month=demand.output_tokens / months,
        usd_per_month=case.usd_per_month,
        unpriced_calls=traffic.unpriced_calls,
        calls_without_usage=traffic.calls_without_usage,
        estimated_calls=int(np.count_nonzero(case.traffic.calls.estimated)),
        cached_share=demand.cached_share,
        failed_share=case.failed_share,
        retried_share=case.retried_share,
        peak_factor=demand.minutes.peak_factor,
        most_concurrent=demand.concurrency.most,
        models=case.models,
    )


def models_of(traffic: Traffic) -> tuple[str, ...]:
    """As people know them, the dearest first."""
    usd: dict[str, float] = {}
    sums = np.bincount(traffic.billed, traffic.list_cost_nusd, minlength=len(traffic.billings))
    counts = np.bincount(traffic.billed, minlength=len(traffic.billings))
    for billed, nusd, count in zip(traffic.billings, sums.tolist(), counts.tolist(), strict=True):
        if count:
            usd[billed.name] = usd.get(billed.name, 0.0) + nusd
    return tuple(sorted(usd, key=lambda name: (-usd[name], name)))


def _begun(traffic: Traffic) -> Traffic:
    """From the day of the first call: what was before is no quiet time of this workload."""
    if len(traffic) == 0:
        return traffic
    first = int(traffic.calls.started_us[0]) // US_PER_DAY * US_PER_DAY
    return replace(traffic, from_us=max(traffic.from_us, first))


def _nothing(traffic: Traffic) -> str:
    if len(traffic) and traffic.calls_without_usage == len(traffic):
        failed = int(np.count_nonzero(traffic.calls.failed))
        return f"the tokens of all {len(traffic)} calls are unknown; {failed} of them failed"
    if len(traffic):
        return f"none of the {len(traffic)} calls has a known price; add [[price]] entries for their models"
    if traffic.self_hosted_calls:
        return f"all {traffic.self_hosted_calls} calls are self-hosted already"
    if traffic.other_calls:
        return f"none of the {traffic.other_calls} calls is one that a language model answers"
    return "there are no calls"


def _forecast(demand: Demand, plan: Plan) -> Outlook | TooShort:
    tokens = (demand.daily.input_tokens + demand.daily.output_tokens).astype(np.float64)
    rng = np.random.default_rng([plan.seed, *b"volume"])
    return forecast_months(tokens, months=plan.horizon_months, rng=rng, paths=plan.paths)


def _volume(demand: Demand, forecast: Outlook | TooShort | None, plan: Plan) -> Floats:
    shape = (plan.paths, plan.horizon_months)
    measured = (demand.input_tokens + demand.output_tokens) / demand.days * DAYS_PER_MONTH
    if forecast is None or measured == 0:
        return np.ones(shape, order="F")
    if isinstance(forecast, TooShort):
        return np.full(
            shape, forecast.today_per_month / measured if forecast.today_per_day else 1.0, order="F"
        )
    return forecast.monthly / measured


def _by_hour(demand: Demand) -> Floats:
    """Share of the tokens in each hour of a week that is watched evenly."""
    week = demand.week
    tokens = (week.input_tokens + week.output_tokens).astype(np.float64)
    per_h = np.divide(tokens, week.observed_h, out=np.zeros_like(tokens), where=week.observed_h > 0)
    total = per_h.sum()
    return per_h / total if total else np.full_like(per_h, 1 / len(per_h))
