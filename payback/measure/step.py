"""What the calls of one concurrency come to. Pure statistics."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from payback.measure.answer import Answered, Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Percentiles are values that were measured, never one between two; of few calls P99 is the slowest."""

    concurrent: int
    calls: int
    window_s: float
    """While all were under way; only what came within it counts as throughput."""
    output_tokens_per_s: float
    is_reported: bool
    """Output is counted by the server's own usage; False: by events, as some answer had no usage."""
    input_tokens: float | None
    """Mean of the answers that report it."""
    output_tokens: float | None
    """Mean of the answers; None: there was none. So for the four below."""
    first_token_p50_s: float | None
    first_token_p99_s: float | None
    per_token_p50_s: float | None
    """Mean of one answer, after its first token."""
    per_token_p99_s: float | None
    failures: Mapping[str, int]
    """How many calls, by reason."""

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def failed_share(self) -> float:
        return self.failed / self.calls if self.calls else 0.0


def step_of(concurrent: int, ended: Sequence[Answered | Failed], from_s: float, to_s: float) -> Step:
    """*ended* are all calls; between *from_s* and *to_s* none of the places was empty."""
    answers = [each for each in ended if isinstance(each, Answered)]
    firsts_s = [answer.first_token_s for answer in answers]
    steps_s = [answer.per_token_s for answer in answers if answer.per_token_s is not None]
    inputs = [answer.input_tokens for answer in answers if answer.input_tokens is not None]
    return Step(
        concurrent=concurrent,
        calls=len(ended),
        window_s=to_s - from_s,
        output_tokens_per_s=tokens_within(answers, to_s) / (to_s - from_s) if to_s > from_s else 0.0,
        is_reported=all(answer.output_tokens is not None for answer in answers),
        input_tokens=mean(inputs) if inputs else None,
        output_tokens=mean(answer.tokens for answer in answers) if answers else None,
        first_token_p50_s=percentile(firsts_s, 0.5),
        first_token_p99_s=percentile(firsts_s, 0.99),
        per_token_p50_s=percentile(steps_s, 0.5),
        per_token_p99_s=percentile(steps_s, 0.99),
        failures=Counter(each.reason for each in ended if isinstance(each, Failed)),
    )


def tokens_within(answers: Sequence[Answered], to_s: float) -> float:
    """Output that came by then. An event may hold several tokens: all of an answer hold equally many."""
    return sum(
        answer.tokens * sum(at_s <= to_s for at_s in answer.pieces_s) / len(answer.pieces_s)
        for answer in answers
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least *share* of them do not exceed (nearest rank); None: there is none."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else None
