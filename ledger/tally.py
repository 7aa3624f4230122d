"""A tally: the sums of entries on their way from one place to another, as a report would give them."""

from collections.abc import Iterable, Iterator

from ledger.call import Entry
from ledger.money import NanoUsd, render_usd
from ledger.rollup import COST_MEASURES, MEASURES, Rollup, amounts_of, sum_of, sums_of

MEASURE_NAMES = {name: f"{name}_usd" if name in COST_MEASURES else name for name in MEASURES}
"""As other programs read them."""


class Tally:
    def __init__(self) -> None:
        self.rows = 0
        """Entries that passed, open ones too; sums.calls counts those that a report counts."""
        self._sums = [0] * len(MEASURES)

    @property
    def sums(self) -> Rollup:
        return sum_of([tuple(self._sums)])

    def of(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The same entries, counted as they pass."""
        for entry in entries:
            self.rows += 1
            for position, amount in enumerate(sums_of(entry)):
                self._sums[position] += amount
            yield entry


def known_cost(sums: Rollup) -> NanoUsd | None:
    """None where calls have no cost and none has one: no sum of costs is a cost of zero."""
    outside = sums.unpriced_calls + sums.self_hosted_calls + sums.not_billed_calls
    return None if outside and outside == sums.calls else sums.list_cost


def measures_of(sums: Rollup) -> dict[str, int | str]:
    """*sums* as other programs read them: costs are decimal strings of USD, all others are whole numbers."""
    told: dict[str, int | str] = dict(zip(MEASURE_NAMES.values(), amounts_of(sums), strict=True))
    for name in COST_MEASURES:
        told[MEASURE_NAMES[name]] = render_usd(getattr(sums, name))
    return told
