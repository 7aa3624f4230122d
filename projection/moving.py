"""Which calls could move to an open model, and why the others could not."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

from ledger.period import US_PER_DAY
from projection.asked import Asked, asked_of
from projection.columns import UNKNOWN
from projection.outcome import Stays
from projection.period import months_in
from projection.specs import Model, Substitute
from projection.traffic import Billed, Flags, Needs, Traffic

_RESELLER = re.compile(r"^.*(/|\banthropic\.)")
"""What a gateway or a cloud writes before a model's own name: openai/..., us.anthropic...."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moved:
    traffic: Traffic
    """The moved calls only."""
    which: Flags
    """Of the calls before: those that moved."""
    stays: tuple[Stays, ...]
    """The dearest first; each call has one reason. Their cost is that of the priced ones."""
    of_machines: Asked | None
    """What they ask of one; None: no call moved."""

    @property
    def asked(self) -> Asked:
        if self.of_machines is None:
            raise ValueError("no call moved, so that nothing is asked of a machine")
        return self.of_machines

    @property
    def tool_calls(self) -> int:
        """Moved calls that offer tools: the model has to have been trained to call them, which the
        catalogue does not know."""
        needs = self.traffic.needs
        return int(np.count_nonzero((needs != UNKNOWN) & (needs & int(Needs.TOOLS) != 0)))


def moved_of(
    traffic: Traffic, model: Model, patterns: Sequence[Substitute] | None, others: Iterable[Moved] = ()
) -> Moved:
    """*patterns*: whose cloud models the open one may take the place of; None: of any. *others*: what moved
    of the same traffic to other models; the same calls are kept once.

    Where it is not known whether a call had images or sound, it is taken to have had none."""
    which, stays = np.ones(len(traffic), dtype=np.bool_), []
    for words, holds in _reasons(traffic, model, patterns):
        barred = which & holds
        if barred.any():
            stays.append(_stays(traffic, barred, words))
            which &= ~barred
    dearest_first = tuple(sorted(stays, key=lambda each: (-each.usd_per_month, -each.calls)))
    for other in others:
        if np.array_equal(other.which, which):
            return replace(other, stays=dearest_first)
    moved = traffic if which.all() else traffic.picked(which)
    asked = asked_of(moved) if len(moved) else None
    return Moved(traffic=moved, which=which, stays=dearest_first, of_machines=asked)


def names_of(billed: Billed) -> tuple[str, ...]:
    """In small letters; after each, the same without what a reseller writes before the name."""
    names = [name.casefold() for name in billed.models]
    return tuple(dict.fromkeys(each for name in names for each in (name, _RESELLER.sub("", name))))


def covers(substitute: Substitute, billed: Billed) -> bool:
    pattern = substitute.cloud_model.casefold()
    return any(fnmatchcase(name, pattern) for name in names_of(billed))


def _reasons(
    traffic: Traffic, model: Model, patterns: Sequence[Substitute] | None
) -> Iterator[tuple[str, Flags]]:
    """In the order in which they count."""
    calls = traffic.calls
    if patterns is not None:
        covered = np.array(
            [any(covers(each, billed) for each in patterns) for billed in traffic.billings], dtype=np.bool_
        )
        yield f"{model.name} is not known to take the place of their model", ~covered[traffic.billed]
    unknown = calls.input_tokens < 0
    yield "failed before a token was counted", unknown & (calls.failed != 0)
    yield "their tokens are not known", unknown
    too_long = calls.input_tokens + calls.output_tokens > model.context_tokens
    yield f"longer than the {model.context_tokens:,} tokens that {model.name} takes", too_long
    if not model.sees:
        yield f"images, which {model.name} does not see", _needs(traffic, Needs.IMAGES)
    yield f"sound, which {model.name} does not hear", _needs(traffic, Needs.AUDIO)


def _needs(traffic: Traffic, need: Needs) -> Flags:
    found: Flags = (traffic.needs != UNKNOWN) & (traffic.needs & int(need) != 0)
    return found


def _stays(traffic: Traffic, barred: Flags, words: str) -> Stays:
    nusd = traffic.list_cost_nusd[barred]
    months = months_in((traffic.to_us - traffic.from_us) / US_PER_DAY)
    usd = int(nusd[nusd != UNKNOWN].sum()) / 1e9
    return Stays(
        reason=words,
        calls=int(np.count_nonzero(barred)),
        usd_per_month=usd / months if months > 0 else 0.0,
    )
