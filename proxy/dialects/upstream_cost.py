"""What an answer says that it costs, within its usage object.

Sources, read 2026-11-22:
- OpenRouter, https://openrouter.ai/docs/use-cases/usage-accounting: cost is what the account is charged, in
  credits of 1 USD. For a call with the customer's own key at the provider (is_byok) that is OpenRouter's fee
  alone, and cost_details.upstream_inference_cost is what the provider charges beside it; for any other call
  the latter repeats or is less than cost. The Vercel AI Gateway has cost too.
- Perplexity, https://docs.perplexity.ai/api-reference/sonar-post: cost is an object, total_cost in USD.
- DeepInfra, https://deepinfra.com/docs/openai_api: estimated_cost in USD.
- xAI, https://docs.x.ai/developers/cost-tracking: cost_in_usd_ticks, 10,000,000,000 ticks are one USD."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ledger.money import NanoUsd, claimed_cost
from ledger.usage import MAX_TOKENS

FINEST_EXPONENT = -40
"""Of a number that is read: a nano-USD with 17 digits has -25. A much finer one takes long to divide."""
_NO_NUMBER = Decimal("NaN")
_USD_PER_TICK_EXPONENT = -10
_CLAIMS = frozenset({"cost_in_usd_ticks", "cost", "estimated_cost"})


def exact(text: str) -> Decimal:
    """For msgspec's float_hook: the number that was written, not the nearest binary one. Never raises."""
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of more than 18 digits
        return _NO_NUMBER


def claimed_in(usage: object) -> NanoUsd | None:
    """None where *usage* says nothing of a cost, or nothing that one call can cost.

    *usage* was decoded with float_hook=exact."""
    if not isinstance(usage, dict) or _CLAIMS.isdisjoint(usage):
        return None
    ticks = usage.get("cost_in_usd_ticks")
    if type(ticks) is int and 0 <= ticks <= MAX_TOKENS:
        return claimed_cost(Decimal(ticks).scaleb(_USD_PER_TICK_EXPONENT))
    cost = usage.get("cost")
    if isinstance(cost, Mapping):
        usd = _usd(cost.get("total_cost"))
    else:
        usd = _with_own_key(usage, _usd(usage.get("estimated_cost") if cost is None else cost))
    return None if usd is None else claimed_cost(usd)


def _with_own_key(usage: Mapping[str, Any], cost: Decimal | None) -> Decimal | None:
    """*cost*, and beside it what the provider charges the customer directly."""
    details = usage.get("cost_details")
    direct = _usd(details.get("upstream_inference_cost")) if isinstance(details, Mapping) else None
    if cost is None or direct is None:
        return cost
    is_byok = usage.get("is_byok")
    if is_byok is True or (is_byok is None and direct > cost):  # what older answers do not say
        return cost + direct
    return cost


def _usd(value: object) -> Decimal | None:
    """None for what is no number, or would keep the machine busy."""
    if type(value) is int:
        return Decimal(value) if abs(value) <= MAX_TOKENS else None
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    exponent = value.as_tuple().exponent
    return value if isinstance(exponent, int) and FINEST_EXPONENT <= exponent <= -FINEST_EXPONENT else None
