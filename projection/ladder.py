"""The savings ladder: what can be had before any machine, each step alone, at the measured volume.

Both sides of every step are today's price list over the same calls and tokens; calls that it cannot price
are in neither. What a step saves is today's cost less that at other terms, summed call by call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ledger.meter import Meter
from ledger.money import NANO_PER_USD
from ledger.price import Price
from projection.assumptions import Assumptions
from projection.catalogue import Catalogue
from projection.columns import UNKNOWN, Ints
from projection.hosted import best_offer_of
from projection.outcome import Offer, Rung
from projection.price_columns import Prices, as_billed_by, each_nusd, some_of
from projection.specs import Cheaper
from projection.totals import Totals
from projection.traffic import Billed, Flags, Needs, Traffic

LEAST_CACHED_TOKENS = 1024
"""A shorter prefix is not cached: https://developers.openai.com/api/docs/guides/prompt-caching.md (read
2026-11-22). Anthropic's smallest is 512 to 4,096, by model."""
CACHE_LIFETIME_US = 5 * 60 * 1_000_000
"""From its last use: Anthropic's default; OpenAI's page says minutes, too."""
BATCH = "batch"
"""The service tier, as ledger.catalogue has it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Bill:
    """The priced calls of one model, as they are billed today."""

    billed: Billed
    price: Price
    traffic: Traffic
    nusd: Ints
    places: Ints
    """Of those calls in the whole traffic."""

    def saved_usd(self, at: Traffic, price: Price, again: float = 0.0) -> float:
        """By the calls that *price* can price; the share *again* of them is paid for as today, too."""
        costs = each_nusd(at, price)
        moved = costs != UNKNOWN
        return (int(self.nusd[moved].sum()) * (1 - again) - int(costs[moved].sum())) / NANO_PER_USD


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saved:
    """By one bill, in USD over the whole period; None: the step does not exist for it."""

    caching: float | None
    batch: float | None
    cheaper: float | None
    gap: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    model: str
    offer: Offer
    saved_usd: float
    stay: int

    @property
    def words(self) -> str:
        offer = self.offer
        rates = f"${offer.input_usd_per_mtok:g} and ${offer.output_usd_per_mtok:g} per million tokens"
        stay = f" Calls that stay, with images, with sound or too large: {self.stay}." if self.stay else ""
        return f"{self.model} at {offer.provider}, {rates} of input and output.{stay}"


def ladder_of(
    traffic: Traffic,
    prices: Prices,
    assumptions: Assumptions,
    models: Sequence[str],
    months: float,
    catalogue: Catalogue,
) -> tuple[Rung, ...]:
    """Caching, batches, a cheaper model of the same provider, one of the open *models* by API.

    A step that nothing is known of saves None, one that would cost more a number below 0.
    Raises ValueError where *months* are none."""
    if not months > 0:
        raise ValueError(f"months is {months}; a ladder needs a period of some length")
    today = np.full(len(traffic), UNKNOWN, dtype=np.int64)
    saved = []
    for bill in _bills(traffic, prices):
        today[bill.places] = bill.nusd
        saved.append(_saved(bill, prices, assumptions, catalogue))
    rungs = (
        _caching(traffic, saved, assumptions.value_of("cacheable_share"), months),
        _batches(traffic, saved, assumptions.value_of("batchable_share"), months),
        _cheaper_model(traffic, saved, assumptions.value_of("fallback_share"), months),
        _open_model(
            traffic, _moves(traffic, today, prices, assumptions, models, catalogue), assumptions, months
        ),
    )
    left_out = int(np.count_nonzero(today == UNKNOWN))
    return tuple(_with_left_out(rung, left_out, len(traffic)) for rung in rungs)


def _bills(traffic: Traffic, prices: Prices) -> Iterator[_Bill]:
    """One after the other: each holds a copy of its calls."""
    for number, billed in enumerate(traffic.billings):
        which = (traffic.billed == number) & (traffic.list_cost_nusd != UNKNOWN)
        price = prices(billed.provider, billed.models, billed.service_tier) if which.any() else None
        if isinstance(price, Price):
            part = some_of(traffic, which)
            costs = each_nusd(part, price)
            known = costs != UNKNOWN
            yield _Bill(
                billed=billed,
                price=price,
                traffic=some_of(part, known),
                nusd=costs[known],
                places=np.flatnonzero(which)[known],
            )


def _saved(bill: _Bill, prices: Prices, assumptions: Assumptions, catalogue: Catalogue) -> _Saved:
    row = _cheaper_than(bill.billed, catalogue)
    cheaper = prices(row.provider, (row.cheaper_model,), bill.billed.service_tier) if row else None
    again, caching, batch = assumptions.value_of("fallback_share"), None, None
    if bill.price.rate_of(Meter.CACHE_READ) is not None:
        caching = bill.saved_usd(_cached(bill, assumptions.value_of("cacheable_share")), bill.price)
    in_batches = prices(bill.billed.provider, bill.billed.models, BATCH)
    if isinstance(in_batches, Price) and bill.price.service_tier != BATCH:
        batch = bill.saved_usd(as_billed_by(bill.traffic, in_batches), in_batches)
        batch *= assumptions.value_of("batchable_share")
    if row is None or not isinstance(cheaper, Price):
        return _Saved(caching=caching, batch=batch, cheaper=None, gap=None)
    by_cheaper = bill.saved_usd(as_billed_by(bill.traffic, cheaper), cheaper, again)
    gap = f"{bill.billed.name} to {row.cheaper_model}: {row.gap}"
    return _Saved(caching=caching, batch=batch, cheaper=by_cheaper, gap=gap)


def _cheaper_than(billed: Billed, catalogue: Catalogue) -> Cheaper | None:
    """By what was asked for; or else by what answered."""
    rows = (catalogue.cheaper_than(billed.provider, name) for name in reversed(billed.models))
    return next((row for row in rows if row is not None), None)


def _cached(bill: _Bill, share: float) -> Traffic:
    """Of each call's uncached input, *share* is read from the cache, if it makes up a prefix that is long
    enough. A call finds nothing there when none did the same in the CACHE_LIFETIME_US before it: it writes,
    at the price for that, or where there is none pays for plain input. One prefix serves all calls."""
    calls = bill.traffic.calls
    read, written = np.maximum(calls.cache_read_tokens, 0), np.maximum(bill.traffic.cache_write_tokens, 0)
    more = np.floor((calls.input_tokens - read - written) * share).astype(np.int64)
    more[more < LEAST_CACHED_TOKENS] = 0
    using = np.flatnonzero(more)
    cold = np.zeros(len(more), dtype=np.bool_)
    cold[using[:1]] = True
    cold[using[1:]] = np.diff(calls.started_us[using]) > CACHE_LIFETIME_US
    if bill.price.rate_of(Meter.CACHE_WRITE) is not None:
        written = written + np.where(cold, more, 0)
    warmed = replace(calls, cache_read_tokens=read + np.where(cold, 0, more))
    return replace(bill.traffic, calls=warmed, cache_write_tokens=written)


def _moves(
    traffic: Traffic,
    today: Ints,
    prices: Prices,
    assumptions: Assumptions,
    models: Sequence[str],
    catalogue: Catalogue,
) -> Iterator[_Move]:
    """What the best offer of each model would save. Calls with images or sound stay, and those too large."""
    known, of_all = today != UNKNOWN, Totals(traffic)
    for model in models:
        moves = known & _can_move(traffic, catalogue.models[model].context_tokens)
        if moves.any():
            totals = of_all if moves.all() else Totals(_without_others(traffic, moves))
            found = best_offer_of(catalogue.hosted, model, totals, prices)
            if found is not None:
                offer, usd = found
                today_usd = int(today[moves].sum()) / NANO_PER_USD
                saved_usd = today_usd * (1 - assumptions.value_of("fallback_share")) - usd
                stay = int(np.count_nonzero(known & ~moves))
                yield _Move(model=model, offer=offer, saved_usd=saved_usd, stay=stay)


def _without_others(traffic: Traffic, which: Flags) -> Traffic:
    """The other calls cost nothing, as calls without usage do. Where most move, copies of all their columns
    would be larger than three new ones."""
    calls = traffic.calls
    told = {
        name: np.where(which, getattr(calls, name), UNKNOWN)
        for name in ("input_tokens", "output_tokens", "cache_read_tokens")
    }
    return replace(traffic, calls=replace(calls, **told))


def _can_move(traffic: Traffic, context_tokens: int) -> Flags:
    calls, sees_or_hears = traffic.calls, int(Needs.IMAGES | Needs.AUDIO)
    stays = (traffic.needs != UNKNOWN) & (traffic.needs & sees_or_hears != 0)
    fits: Flags = ~stays & (calls.input_tokens + calls.output_tokens <= context_tokens)
    return fits


def _caching(traffic: Traffic, saved: Sequence[_Saved], share: float, months: float) -> Rung:
    found = [each.caching for each in saved if each.caching is not None]
    if not found:
        return _unknown("Prompt caching", "The price list has no price for cached input of these models.")
    others = " Models without such a price stay as they are." if len(found) < len(saved) else ""
    words = (
        f"{_cached_today(traffic)} Assumed: {share:.0%} of the input that is not cached today begins"
        f" alike from call to call, {LEAST_CACHED_TOKENS} tokens or more of it; it is kept for five minutes,"
        f" and the first call after a longer pause writes it again.{others}"
    )
    return _rung("Prompt caching", sum(found), words, traffic, months)


def _cached_today(traffic: Traffic) -> str:
    calls = traffic.calls
    told = (calls.cache_read_tokens != UNKNOWN) & (calls.input_tokens > 0)
    if not told.any():
        return "How much is read from a cache today is not known."
    share = calls.cache_read_tokens[told].sum() / calls.input_tokens[told].sum()
    return f"{share:.0%} of the input is read from a cache today."


def _batches(traffic: Traffic, saved: Sequence[_Saved], share: float, months: float) -> Rung:
    found = [each.batch for each in saved if each.batch is not None]
    if not found:
        return _unknown("Batch price", "The price list has no other price for batches of these models.")
    words = f"Assumed: {share:.0%} of the calls can wait for up to a day."
    return _rung("Batch price", sum(found), words, traffic, months)


def _cheaper_model(traffic: Traffic, saved: Sequence[_Saved], again: float, months: float) -> Rung:
    found = [each.cheaper for each in saved if each.cheaper is not None]
    name = "Cheaper model of the same provider"
    if not found:
        return _unknown(name, "The catalogue names no cheaper model with a known price.")
    gaps = dict.fromkeys(each.gap for each in saved if each.gap is not None)
    return _rung(name, sum(found), f"{' '.join(gaps)} {_asked_again(again)}", traffic, months)


def _open_model(traffic: Traffic, moves: Iterator[_Move], assumptions: Assumptions, months: float) -> Rung:
    best = max(moves, key=lambda move: move.saved_usd, default=None)
    if best is None:
        return _unknown("Open model by API", "No open model with a known price is named for these models.")
    words = f"{best.words} {_asked_again(assumptions.value_of('fallback_share'))}"
    return _rung("Open model by API", best.saved_usd, words, traffic, months)


def _asked_again(share: float) -> str:
    return f"Assumed: {share:.0%} of the calls are asked again of today's model."


def _unknown(name: str, words: str) -> Rung:
    return Rung(name=name, saved_usd_per_month=None, saved_share=None, words=words)


def _rung(name: str, saved_usd: float, words: str, traffic: Traffic, months: float) -> Rung:
    """*saved_usd* in the whole period; below 0 it is said to cost more."""
    today_usd = traffic.list_cost_usd
    return Rung(
        name=name,
        saved_usd_per_month=saved_usd / months,
        saved_share=saved_usd / today_usd if today_usd > 0 else None,
        words=words if saved_usd >= 0 else f"It would cost more, not less. {words}",
    )


def _with_left_out(rung: Rung, left_out: int, calls: int) -> Rung:
    if not left_out or rung.saved_usd_per_month is None:
        return rung
    words = f"{rung.words} Left out: {left_out} of {calls} calls, which have no known price."
    return replace(rung, words=words)
