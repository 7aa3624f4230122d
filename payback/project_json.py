"""A projection for programs. Names are never changed, only added.

Money is USD, rounded to cents: sums over months to come, which nobody bills exactly. A month that never
comes is null, and never_share says in how many of the paths it does not."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from payback.project_demand import demand_as_json
from projection.assumptions import Assumption
from projection.backtest import Row, Score, TooFewDays
from projection.finance import Spread
from projection.fleet import Fleet
from projection.forecast import Outlook, TooShort
from projection.outcome import Comparison, Course, Projection, Refused, Rung, Today
from projection.period import Floats
from projection.quantiles import quantiles_of

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
_MONEY, _SHARE = 2, 4
Told = dict[str, Any]


def projection_as_json(found: Projection) -> Told:
    return {
        "workload": found.workload,
        "sentence": found.sentence,
        "pays_off": found.pays_off,
        "binding": None if found.binding is None else found.binding.value,
        "horizon_months": found.horizon_months,
        "paths": found.paths,
        "seed": found.seed,
        "today": _today(found.today),
        "demand": demand_as_json(found.demand),
        "forecast": None if found.forecast is None else _forecast(found.forecast),
        "courses": [_course(course) for course in found.courses],
        "against_stay": [_comparison(each) for each in found.against_stay],
        "against_hosted": [_comparison(each) for each in found.against_hosted],
        "refused": [_refused(each) for each in found.refused],
        "ladder": [_rung(rung) for rung in found.ladder],
        "stays": [
            {"reason": each.reason, "calls": each.calls, "usd_per_month": _usd(each.usd_per_month)}
            for each in found.stays
        ],
        "tornado": [
            {
                **_assumption(swing.assumption),
                "npv_at_low_usd": _usd(swing.npv_at_low_usd),
                "npv_at_high_usd": _usd(swing.npv_at_high_usd),
            }
            for swing in found.tornado
        ],
        "must_be_true": [
            {**_assumption(each.assumption), "needed": _number(each.needed)} for each in found.must_be_true
        ],
        "assumptions": [_assumption(each) for each in found.assumptions],
        "notes": list(found.notes),
    }


def _today(today: Today) -> Told:
    return {
        "calls": today.calls,
        "days": round(today.days, _SHARE),
        "calls_per_month": _number(today.calls_per_month, 1),
        "input_tokens_per_month": _number(today.input_tokens_per_month, 0),
        "output_tokens_per_month": _number(today.output_tokens_per_month, 0),
        "usd_per_month": _usd(today.usd_per_month),
        "unpriced_calls": today.unpriced_calls,
        "calls_without_usage": today.calls_without_usage,
        "estimated_calls": today.estimated_calls,
        "cached_share": _number(today.cached_share),
        "failed_share": _number(today.failed_share),
        "retried_share": _number(today.retried_share),
        "peak_factor": _number(today.peak_factor),
        "most_concurrent": today.most_concurrent,
        "models": list(today.models),
    }


def _forecast(found: Outlook | TooShort) -> Told:
    """Tokens a month, input and output together."""
    told = {"history_days": found.days, "today_per_month": _number(found.today_per_month, 0)}
    if isinstance(found, TooShort):
        return told | {"growth_per_month": None, "monthly": None}
    monthly = _quantiles(found.monthly, places=0)
    return told | {"growth_per_month": _number(found.growth_per_month), "monthly": monthly}


def _course(course: Course) -> Told:
    return {
        "code": course.kind.code,
        "kind": course.kind.value,
        "name": course.name,
        "model": course.model,
        "gap": course.substitute and course.substitute.gap,
        "fleet": None if course.fleet is None else _fleet(course.fleet),
        "offer": course.offer
        and {
            "provider": course.offer.provider,
            "model": course.offer.model,
            "input_usd_per_mtok": _number(course.offer.input_usd_per_mtok),
            "output_usd_per_mtok": _number(course.offer.output_usd_per_mtok),
            "source": course.offer.source,
        },
        "moved_calls_share": _number(course.moved_calls_share),
        "upfront_usd": _quantiles(course.upfront_usd),
        "monthly_usd": _quantiles(course.monthly_usd),
        "parts_usd": {name: _usd(usd) for name, usd in course.parts_usd.items()},
        "usd_per_mtok_observed": _number(course.usd_per_mtok_observed),
        "usd_per_mtok_full": _number(course.usd_per_mtok_full),
    }


def _fleet(fleet: Fleet) -> Told:
    rig = fleet.rig
    return {
        "hardware": rig.hardware.name,
        "units": fleet.units,
        "copies": fleet.copies,
        "model": rig.model.name,
        "quantisation": rig.quantisation.name,
        "engine": rig.engine.name,
        "share_within": _number(fleet.share_within),
        "longest_queue": fleet.longest_queue,
        "overflow_share": _number(fleet.overflow_share),
        "bears_factor": _number(fleet.bears_factor),
        "full_tokens_per_s": _number(fleet.full_tokens_per_s, 1),
        "observed_tokens_per_s": _number(fleet.observed_tokens_per_s, 1),
        "nearly_full_share": _number(fleet.nearly_full_share),
        "load_by_hour": [_number(load) for load in fleet.load_by_hour.tolist()],
    }


def _comparison(found: Comparison) -> Told:
    return {
        "code": found.course.kind.code,
        "kind": found.course.kind.value,
        "name": found.course.name,
        "against": found.against.value,
        "payback_months": _spread(found.payback),
        "payback_months_with_resale": _spread(found.payback_with_resale),
        "paid_back_within": {f"{months:g}": _number(share) for months, share in found.within.items()},
        "paid_back_in_month": _in_month(found.payback_months, found.cash_usd.shape[1] - 1),
        "npv_usd": dict(zip(QUANTILES, map(_usd, found.npv_usd), strict=True)),
        "irr_per_year": dict(zip(QUANTILES, map(_number, found.irr_per_year), strict=True)),
        "saved_usd_per_month": _usd(found.saved_usd_per_month),
        "cash_usd": {
            name: [_usd(usd) for usd in row]
            for name, row in zip(QUANTILES, found.cash_usd.tolist(), strict=True)
        },
    }


def _in_month(payback_months: Floats, horizon: int) -> list[float | None]:
    """Share of the paths that pay back in each month, the first first; with never_share they add up to 1."""
    ends = np.maximum(np.ceil(payback_months[np.isfinite(payback_months)]), 1).astype(np.int64)
    counts = np.bincount(ends, minlength=horizon + 1)[1 : horizon + 1]
    return [_number(share) for share in (counts / len(payback_months)).tolist()]


def _spread(months: Spread) -> Told:
    told = {name: _number(getattr(months, name)) for name in QUANTILES}
    return told | {"never_share": _number(months.never_share)}


def _refused(refused: Refused) -> Told:
    kind = None if refused.kind is None else refused.kind.value
    return {
        "name": refused.name, "kind": kind, "binding": refused.binding.value, "reason": refused.reason
    }  # fmt: skip


def _rung(rung: Rung) -> Told:
    return {
        "name": rung.name,
        "saved_usd_per_month": _usd(rung.saved_usd_per_month),
        "saved_share": _number(rung.saved_share),
        "words": rung.words,
    }


def _assumption(assumption: Assumption) -> Told:
    return {
        "name": assumption.name,
        "value": assumption.value,
        "low": assumption.low,
        "high": assumption.high,
        "unit": assumption.unit,
        "basis": assumption.basis.value,
        "source": assumption.source,
        "is_drawn": assumption.is_drawn,
    }


def backtest_as_json(own: Sequence[tuple[int, int, Score | TooFewDays]], families: Sequence[Row]) -> Told:
    """*own*: days of history, days ahead, and what came of it."""
    return {
        "own": [
            {"history_days": history, "ahead_days": ahead, **_score(score)} for history, ahead, score in own
        ],
        "families": [
            {
                "method": row.method,
                "history_days": row.history_days,
                "family": row.family,
                **_score(row.score),
            }
            for row in families
        ],
    }


def _score(score: Score | TooFewDays) -> Told:
    if isinstance(score, TooFewDays):
        return {"cases": 0, "cover": None, "median_error": None, "needed_days": score.needed_days}
    return {
        "cases": score.cases,
        "cover": _number(score.cover),
        "median_error": _number(score.median_error),
    }


def _quantiles(paths: Floats, places: int = _MONEY) -> Told:
    """Over the paths, which lie along the first axis: numbers, or one for each month."""
    found = quantiles_of(paths, list(QUANTILES.values()))
    return {name: _rounded(row, places) for name, row in zip(QUANTILES, found, strict=True)}


def _rounded(row: npt.NDArray[np.float64], places: int) -> Any:
    values = row.tolist()
    if isinstance(values, list):
        return [_number(value, places) for value in values]
    return _number(values, places)


def _usd(usd: float | None) -> float | None:
    return _number(usd, _MONEY)


def _number(value: float | None, places: int = _SHARE) -> float | None:
    """JSON has neither infinity nor NaN."""
    return None if value is None or not math.isfinite(value) else round(value, places)
