"""Where a sum is money and where it is a dash; and what stands beside every sum, lest something hide."""

from dataclasses import dataclass

from ledger.call import Entry, Pricing
from ledger.money import NOTHING, NanoUsd
from ledger.rollup import Rollup
from web.filters import DASH, counted, places_for, tokens, usd, usd_exact


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount, or why there is none. An unknown cost is never an amount of zero."""

    amount: NanoUsd | None
    word: str = DASH
    """Printed in place of an amount."""
    reason: str = ""
    """Why there is no amount, or what the amount rests on."""

    @property
    def is_unknown(self) -> bool:
        return self.amount is None and self.word == DASH


@dataclass(frozen=True, slots=True)
class Mark:
    """Calls that a reader of the sum must know of."""

    count: int
    word: str
    meaning: str
    is_warning: bool = False
    """The sum is less than what the month cost."""
    part: NanoUsd = NOTHING
    """What of the sum these calls come to, where that is for them alone to say."""
    query: str = ""
    """Of the list of calls: what leaves these calls only."""

    @property
    def text(self) -> str:
        """
        >>> Mark(2, "unpriced", "").text
        '2 unpriced'
        >>> Mark(2, "estimated", "", part=NanoUsd(1_204_999_999)).text
        '2 estimated ($1.2050)'
        """
        told = f"{tokens(self.count)} {self.word}"
        return f"{told} ({usd(self.part, places_for(self.part))})" if self.part else told


def cost_of_sums(sums: Rollup) -> Cost:
    """The sum of the priced calls, where there is one at all."""
    outside = sums.unpriced_calls + sums.self_hosted_calls + sums.not_billed_calls
    if sums.calls > outside:
        return Cost(sums.list_cost)
    if sums.unpriced_calls:
        return Cost(None, reason=f"{counted(sums.unpriced_calls, 'call')} of unknown cost")
    if sums.self_hosted_calls:
        return Cost(None, "self-hosted", "not billed per token")
    if sums.not_billed_calls:
        return Cost(None, "not billed", "nothing to bill")
    return Cost(None, reason="no calls")


def cost_of_entry(entry: Entry) -> Cost:
    if entry.list_cost is not None and entry.price is not None:
        price = entry.price
        since = f", since {price.since.isoformat()}" if price.since else ""
        return Cost(entry.list_cost, reason=f"{price.provider} {price.model}, {price.source}{since}")
    if entry.pricing is Pricing.SELF_HOSTED:
        return Cost(None, "self-hosted", "not billed per token")
    if entry.pricing is Pricing.NOT_BILLED:
        return Cost(None, "not billed", "nothing to bill")
    return Cost(None, reason=entry.unpriced_reason or "not finished")


def _estimated(sums: Rollup) -> str:
    part = f"; {usd_exact(sums.estimated_list_cost)} of the sum" if sums.estimated_list_cost else ""
    return f"their tokens were counted here, as upstream did not say{part}"


_MARKS = {
    "interrupted_calls": ("interrupted", "payback ended before the answer did", "outcome=interrupted"),
    "self_hosted_calls": ("self-hosted", "on your own hardware, not billed per token", "pricing=self_hosted"),
    "not_billed_calls": ("not billed", "nothing to bill, such as a list of models", "pricing=not_billed"),
    "failed_calls": ("failed", "upstream refused, broke off or took too long", "outcome=failed"),
}
"""By measure: word, meaning, query."""


def marks_of(sums: Rollup) -> tuple[Mark, ...]:
    """All of them, zeros too: that none is unpriced is worth knowing."""
    unpriced, estimated = sums.unpriced_calls, sums.estimated_calls
    unknown = "their cost is not known and not in the sum"
    part = sums.estimated_list_cost
    return (
        Mark(unpriced, "unpriced", unknown, is_warning=unpriced > 0, query="pricing=unpriced"),
        Mark(estimated, "estimated", _estimated(sums), part=part, query="basis=estimated"),
        *(
            Mark(getattr(sums, measure), word, meaning, query=query)
            for measure, (word, meaning, query) in _MARKS.items()
        ),
    )
