"""How large calls are, input and output together: a long question with a short answer costs a machine
other than a short one with a long answer, and two separate histograms would not tell them apart."""

from dataclasses import dataclass

import numpy as np

from projection.columns import Calls, Ints

BINS_PER_DOUBLING = 2
"""A bin's upper border is 1.41 times its lower one: within it, a call is at most so far from another."""
_DOUBLINGS = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Calls whose input and output are from the one number of tokens up to, not including, the other.
    The sums are theirs, to the token: the bins blur no total."""

    input_from_tokens: int
    input_to_tokens: int
    output_from_tokens: int
    output_to_tokens: int
    calls: int
    input_tokens: int
    output_tokens: int

    @property
    def mean_input_tokens(self) -> float:
        return self.input_tokens / self.calls

    @property
    def mean_output_tokens(self) -> float:
        return self.output_tokens / self.calls


@dataclass(frozen=True, slots=True)
class Contexts:
    """How many calls needed a context of how many tokens: input and output of one call, exactly."""

    tokens: Ints
    """Each need that occurs, once, rising."""
    calls_up_to: Ints
    """Calls that need so much or less."""

    def calls_beyond(self, context_tokens: int) -> int:
        """Calls that do not fit into a context of *context_tokens*."""
        fitting = int(np.searchsorted(self.tokens, context_tokens, side="right"))
        if fitting == len(self.tokens):
            return 0
        return int(self.calls_up_to[-1]) - (int(self.calls_up_to[fitting - 1]) if fitting else 0)

    def share_beyond(self, context_tokens: int) -> float | None:
        """Share of the calls whose tokens are known. None: of no call they are."""
        if len(self.tokens) == 0:
            return None
        return self.calls_beyond(context_tokens) / int(self.calls_up_to[-1])

    @property
    def longest_tokens(self) -> int | None:
        return int(self.tokens[-1]) if len(self.tokens) else None


def contexts_of(calls: Calls) -> Contexts:
    known = calls.input_tokens >= 0
    tokens, counts = np.unique((calls.input_tokens + calls.output_tokens)[known], return_counts=True)
    return Contexts(tokens, np.cumsum(counts, dtype=np.int64))


def sizes_of(calls: Calls) -> tuple[Cell, ...]:
    """The cells that calls are in, small inputs first; calls without known usage are in none."""
    known = calls.input_tokens >= 0
    inputs, outputs = calls.input_tokens[known], calls.output_tokens[known]
    place = _bins_of(inputs) * len(BORDERS) + _bins_of(outputs)
    sums = np.zeros((3, len(BORDERS) ** 2), dtype=np.int64)
    sums[0] = np.bincount(place, minlength=sums.shape[1])
    np.add.at(sums[1], place, inputs)
    np.add.at(sums[2], place, outputs)
    return tuple(_cell(int(cell), *map(int, sums[:, cell])) for cell in np.flatnonzero(sums[0]))


def _borders() -> Ints:
    """0, 1, 2, 3, 4, 6, 8, 12, 16, 23 and on: whole numbers at equal ratios, and 0 by itself."""
    exponents = np.arange(_DOUBLINGS * BINS_PER_DOUBLING + 1) / BINS_PER_DOUBLING
    return np.unique(np.concatenate([[0], np.ceil(2.0**exponents)])).astype(np.int64)


BORDERS = _borders()


def _bins_of(tokens: Ints) -> Ints:
    return np.searchsorted(BORDERS, tokens, side="right").astype(np.int64) - 1


def _cell(place: int, calls: int, input_tokens: int, output_tokens: int) -> Cell:
    row, column = divmod(place, len(BORDERS))
    return Cell(
        input_from_tokens=int(BORDERS[row]),
        input_to_tokens=int(BORDERS[row + 1]),
        output_from_tokens=int(BORDERS[column]),
        output_to_tokens=int(BORDERS[column + 1]),
        calls=calls,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
    )
