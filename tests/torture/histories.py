"""Three histories of the same calls: what clients were answered, what reached the upstream, what the ledger
has. Each call has a number that is in all three; they are compared call by call."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from ledger.call import Entry, Outcome, State
from tests.proxy.bodies import CHAT, chat_request
from tests.proxy.client import get, post

NUMBERED = re.compile(rb"(?:call |call=)(\d+)[;& ]")
TOKENS = (11, 5)
"""Of bodies.USAGE: input and output."""


class Kind(StrEnum):
    DOCUMENT = "document"
    STREAM = "stream"
    HIDDEN = "stream that did not ask for usage"
    READ = "read"


def request_of(number: int, kind: Kind, pace: str = "quick") -> bytes:
    """*pace* is for the upstream: quick, slow, or stalled within the answer."""
    who = ("X-Payback-User", str(number))
    if kind is Kind.READ:
        return get(f"/v1/models?call={number}&pace={pace}", who)
    messages = [{"role": "user", "content": f"call {number}; {pace}"}]
    options = {Kind.DOCUMENT: {}, Kind.HIDDEN: {"stream": True}}.get(
        kind, {"stream": True, "stream_options": {"include_usage": True}}
    )
    return post(CHAT, chat_request(messages=messages, **options), who)


@dataclass(slots=True)
class Asked:
    """A call as its client saw it."""

    number: int
    kind: Kind
    status: int | None = None
    """None: no answer began."""
    is_whole: bool = False
    is_hung: bool = False
    """Nothing more came, and the connection did not end."""
    seconds: float = 0.0

    @property
    def is_answered(self) -> bool:
        return self.is_whole and self.status == 200


@dataclass(slots=True)
class Histories:
    asked: dict[int, Asked] = field(default_factory=dict)
    arrived: Counter[int] = field(default_factory=Counter)
    """Requests that reached the upstream, by number."""
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def next(self, kind: Kind) -> Asked:
        asked = Asked(next(self._numbers), kind)
        self.asked[asked.number] = asked
        return asked

    def arrives(self, request: bytes) -> None:
        if found := NUMBERED.search(request):
            self.arrived[int(found[1])] += 1

    @property
    def answered(self) -> list[Asked]:
        return [asked for asked in self.asked.values() if asked.is_answered]

    @property
    def refused(self) -> list[Asked]:
        """Told that the ledger cannot be written."""
        return [asked for asked in self.asked.values() if asked.status == 503]

    @property
    def slowest_s(self) -> float:
        return max((asked.seconds for asked in self.asked.values() if asked.is_whole), default=0.0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Sentences, one for each call that is not as it should be."""

    lost: list[str]
    doubled: list[str]
    untraced: list[str]
    wrong: list[str]

    @property
    def faults(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.untraced, *self.wrong]

    @property
    def figures(self) -> dict[str, float]:
        return {"lost": len(self.lost), "doubled": len(self.doubled), "untraced": len(self.untraced)}


def compared(histories: Histories, rows: Sequence[Entry]) -> Verdict:
    """After everything has ended: no row is open any more."""
    by_number: dict[int, list[Entry]] = {}
    for row in rows:
        by_number.setdefault(int(row.call.who.user or 0), []).append(row)
    answered = histories.answered
    return Verdict(
        lost=[why for asked in answered if (why := _loss(asked, by_number.get(asked.number, [])))],
        doubled=[
            f"call {number} has {len(those)} rows" for number, those in by_number.items() if len(those) > 1
        ],
        untraced=[
            f"call {number} reached the upstream and has no row"
            for number in histories.arrived
            if number not in by_number
        ],
        wrong=[*_wrong(histories, by_number)],
    )


def _loss(asked: Asked, rows: Sequence[Entry]) -> str | None:
    """Why the row of a call that was answered does not count as one."""
    if not rows:
        return f"call {asked.number} ({asked.kind}) was answered and has no row"
    row, usage = rows[0], rows[0].call.usage
    if row.call.outcome is not Outcome.OK:
        return f"call {asked.number} ({asked.kind}) was answered, and its row says {row.call.outcome}"
    tokens = usage and (usage.input_tokens, usage.output_tokens)
    if asked.kind is not Kind.READ and tokens != TOKENS:
        return f"call {asked.number} ({asked.kind}) was answered, and its row has {tokens} tokens"
    return None


def _wrong(histories: Histories, by_number: dict[int, list[Entry]]) -> list[str]:
    strangers = by_number.keys() - histories.asked.keys()
    unended = [n for n, rows in by_number.items() if any(row.state is not State.ENDED for row in rows)]
    refused = [asked.number for asked in histories.refused if histories.arrived[asked.number]]
    hung = [asked.number for asked in histories.asked.values() if asked.is_hung]
    return [
        *(f"call {number} was neither answered nor ended" for number in hung),
        *(f"a row is that of call {number}, which nobody made" for number in sorted(strangers)),
        *(f"the row of call {number} is open still" for number in unended),
        *(f"call {number} was refused, and reached the upstream" for number in refused),
    ]
