"""A projection to check by hand: two paths of three months, of which one pays back and one never does."""

import math

import numpy as np

from projection.assumptions import DEFAULTS
from projection.columns import columns_of
from projection.demand import demand_of
from projection.finance import Spread
from projection.forecast import TooShort
from projection.outcome import (
    Binding,
    Comparison,
    Course,
    MustBeTrue,
    Offer,
    Projection,
    Refused,
    Rung,
    Stays,
    Swing,
    Today,
)
from projection.plan import Kind

ELECTRICITY = DEFAULTS[0]
TODAY = Today(
    calls=900, days=30.4375, calls_per_month=900, input_tokens_per_month=2.5e6, output_tokens_per_month=1e6,
    usd_per_month=120.0, unpriced_calls=3, calls_without_usage=1, estimated_calls=2,
    cached_share=0.25, failed_share=0.01, retried_share=0.02, peak_factor=6.5,
    most_concurrent=4, models=("gpt-4o", "gpt-4o-mini"),
)  # fmt: skip

HOUR_US = 3_600_000_000
MONDAY_US = 4 * 24 * HOUR_US
"""1970-01-05"""
DEMAND = demand_of(
    columns_of(
        started_us=[MONDAY_US, MONDAY_US, MONDAY_US + HOUR_US],
        ended_us=[MONDAY_US + HOUR_US // 2, MONDAY_US + HOUR_US // 4, None],
        input_tokens=[1000, 1020, 40_000],
        output_tokens=[100, 110, 300],
    ),
    from_us=MONDAY_US,
    to_us=MONDAY_US + 2 * HOUR_US,
)
"""Two at once for a quarter of an hour, one for another, nothing known for an hour and a half."""


def course(kind: Kind, name: str, upfront: float, monthly: float) -> Course:
    return Course(
        kind=kind,
        name=name,
        model=None if kind is Kind.STAY else "Llama 3.3 70B",
        offer=Offer(
            provider="novita", model="llama", input_usd_per_mtok=0.1, output_usd_per_mtok=0.4, source="list"
        )
        if kind is Kind.HOSTED
        else None,
        upfront_usd=np.full(2, upfront),
        monthly_usd=np.full((2, 3), monthly),
        resale_usd=np.zeros((2, 4)),
        parts_usd={"api": monthly},
        usd_per_mtok_observed=7.36 if kind is Kind.BUY else None,
        usd_per_mtok_full=0.0921 if kind is Kind.BUY else None,
    )


def comparison(of: Course, against: Kind = Kind.STAY) -> Comparison:
    return Comparison(
        course=of,
        against=against,
        payback=Spread(7.25, math.inf, math.inf, 0.5),
        payback_with_resale=Spread(5.0, 9.0, math.inf, 0.25),
        payback_months=np.array([7.25, math.inf]),
        within={12: 0.5, 24: 0.5, 36: 0.5},
        npv_usd=(-100.004, 12.346, 2500.0),
        irr_per_year=(None, 0.25, 40.0),
        cash_usd=np.array([[-900.0] * 4, [-900.0, -600.0, -300.0, 0.0], [100.0] * 4]),
        saved_usd_per_month=90.0,
    )


def made_up_projection(*, pays_off: bool | None = False) -> Projection:
    stay = course(Kind.STAY, "stay on gpt-4o", 0, 120)
    hosted = course(Kind.HOSTED, "Llama 3.3 70B by novita", 0, 20)
    buy = course(Kind.BUY, "buy: 1 x RTX 4090, Llama", 900, 30)
    return Projection(
        workload="support",
        sentence="support: self-hosting does not pay off within 3 months: saving too small for the capital.",
        pays_off=pays_off,
        binding=Binding.CAPITAL,
        today=TODAY,
        demand=DEMAND,
        forecast=TooShort(days=5, today_per_day=2.0),
        courses=(stay, hosted, buy),
        against_stay=(comparison(hosted), comparison(buy)),
        against_hosted=(comparison(buy, Kind.HOSTED),),
        refused=(Refused(name="1 x GTX", kind=Kind.BUY, binding=Binding.DOES_NOT_FIT, reason="too small"),),
        ladder=(
            Rung(name="Batch price", saved_usd_per_month=60.0, saved_share=0.5, words="half of it can wait"),
            Rung(name="Prompt caching", saved_usd_per_month=None, saved_share=None, words="not known"),
        ),
        stays=(Stays(reason="needs images", calls=12, usd_per_month=3.5),),
        tornado=(Swing(assumption=ELECTRICITY, npv_at_low_usd=200.0, npv_at_high_usd=-200.0),),
        must_be_true=(
            MustBeTrue(assumption=ELECTRICITY, needed=0.05),
            MustBeTrue(assumption=DEFAULTS[1], needed=None),
        ),
        assumptions=DEFAULTS[:2],
        notes=("3 of 900 calls have no known price and are in no sum.",),
        horizon_months=3,
        paths=2,
        seed=1,
    )
