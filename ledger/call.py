"""A call, as facts, and the ledger's entry for it: the facts and today's opinion of their price.

An entry goes through at most three states, each a whole entry that replaces the one before:
OPEN before upstream is connected, METERED once its tokens are known, ENDED when it is over."""

from enum import IntEnum, StrEnum

import msgspec

from ledger.ids import CallId
from ledger.money import NanoUsd
from ledger.needs import Needs
from ledger.price import Price
from ledger.timings import Timings
from ledger.units import Units
from ledger.usage import TokenUsage

ITEM_KEY_BYTES = 32
"""A sha256."""
LONGEST_REPORTED = 2048
"""Characters of Call.reported_usage. Of recorded answers, half have up to 133, one in ten 292 or more, none
over 421; an agent with many rounds in one answer can have thousands."""


class State(IntEnum):
    OPEN = 0
    METERED = 1
    ENDED = 2


class Outcome(StrEnum):
    OK = "ok"
    UPSTREAM_ERROR = "upstream_error"
    """Upstream answered with a status of 400 or above, or could not be reached."""
    UPSTREAM_BROKE = "upstream_broke"
    """Upstream's answer was cut."""
    TIMEOUT = "timeout"
    CLIENT_LEFT = "client_left"
    INTERRUPTED = "interrupted"
    """payback itself ended first."""


class UsageBasis(StrEnum):
    REPORTED = "reported"
    ESTIMATED = "estimated"
    PARTIAL = "partial"
    """Estimated from the part of an answer that was seen."""
    NONE = "none"


class Pricing(StrEnum):
    PRICED = "priced"
    UNPRICED = "unpriced"
    """The cost is not known; the entry says why. Never a zero."""
    SELF_HOSTED = "self_hosted"
    """Not billed per token; its cost is the hardware's."""
    NOT_BILLED = "not_billed"
    """Nothing to bill: a read such as GET /v1/models, or a call that never left."""


class Attribution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who pays. Every name is bounded in length where it is read."""

    workload: str | None = None
    project: str | None = None
    user: str | None = None
    key: str | None = None
    """A keyed hash of the credential, never the credential."""
    client: str | None = None
    """The product of the User-Agent."""
    session: str | None = None
    tags: str | None = None
    """k=v,k=v"""


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The facts of one attempt. Times are microseconds since the Unix epoch, UTC."""

    call_id: CallId
    logical_call_id: CallId
    """The first attempt's id: attempts that share it are one call of the application."""
    retry_number: int = 0
    started_us: int
    first_byte_us: int | None = None
    ended_us: int | None = None
    upstream: str
    provider: str | None = None
    """Whose price list applies."""
    operation: str
    """gen_ai.operation.name: chat, text_completion, embeddings; other for what is not metered."""
    http_request: str | None = None
    """Method and path of an operation that is not metered, without the query."""
    request_model: str | None = None
    response_model: str | None = None
    service_tier: str | None = None
    stream: bool = False
    needs: Needs | None = None
    """None: not known, as the request was not read, or refers to what upstream keeps."""
    http_status: int | None = None
    """What the client was sent."""
    outcome: Outcome | None = None
    """None until the call has ended."""
    usage: TokenUsage | None = None
    usage_basis: UsageBasis = UsageBasis.NONE
    tokenizer: str | None = None
    """What an estimate was counted with."""
    reported_usage: str | None = None
    """The numbers of upstream's own usage object, JSON under its own names: what the counts above were read
    from. operation, upstream and the names tell whose convention they follow. None: nothing was reported."""
    units: Units | None = None
    """What is charged for beside tokens; where it is that alone, usage is a TokenUsage of 0 and 0."""
    upstream_cost: NanoUsd | None = None
    """What upstream itself says that the call costs. Never part of list_cost: it stands beside it."""
    timings: Timings | None = None
    problem: str | None = None
    """What went wrong, in words of ours: never text from a body or a header."""
    upstream_request_id: str | None = None
    who: Attribution = Attribution()

    @property
    def model(self) -> str | None:
        """The name that reports group by: what was asked for, or else what answered."""
        return self.request_model or self.response_model


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of the ledger. pricing is None exactly while nothing is known of the usage."""

    call: Call
    state: State
    pricing: Pricing | None = None
    list_cost: NanoUsd | None = None
    price: Price | None = None
    """The price that list_cost was computed with."""
    unpriced_reason: str | None = None
    item_key: bytes | None = None
    """ITEM_KEY_BYTES that name one result of a batch: it is kept once, however often it is fetched.
    An entry with a key that another call has is dropped."""

    def __post_init__(self) -> None:
        assert (self.list_cost is not None) == (self.pricing is Pricing.PRICED) == (self.price is not None)
        assert (self.unpriced_reason is not None) == (self.pricing is Pricing.UNPRICED)
        assert (self.call.outcome is not None) == (self.state is State.ENDED)
        assert self.item_key is None or len(self.item_key) == ITEM_KEY_BYTES


def interrupted(entry: Entry) -> Entry:
    """What becomes of an entry that payback did not live to end: its tokens count, its ending is lost."""
    call = msgspec.structs.replace(entry.call, outcome=Outcome.INTERRUPTED)
    if entry.state is State.METERED:
        return msgspec.structs.replace(entry, call=call, state=State.ENDED)
    return Entry(
        call=call,
        state=State.ENDED,
        pricing=Pricing.UNPRICED,
        unpriced_reason="interrupted",
        item_key=entry.item_key,
    )


def without_names(entry: Entry) -> Entry:
    """The entry without the text that a client or an upstream put into it. Its tokens and its cost stay."""
    call = msgspec.structs.replace(
        entry.call,
        http_request=None,
        request_model=None,
        response_model=None,
        service_tier=None,
        reported_usage=None,
        upstream_request_id=None,
        problem="the ledger refused the names in this call",
        who=Attribution(key=entry.call.who.key),
    )
    reason = entry.unpriced_reason and "names refused"
    return msgspec.structs.replace(entry, call=call, unpriced_reason=reason)


def bare(entry: Entry) -> Entry:
    """The entry without what a client or an upstream put into it, for a ledger that refused that."""
    call = Call(
        call_id=entry.call.call_id,
        logical_call_id=entry.call.logical_call_id,
        started_us=entry.call.started_us,
        upstream=entry.call.upstream,
        operation=entry.call.operation,
        outcome=entry.call.outcome,
        problem="the ledger refused the details of this call",
    )
    is_open = entry.state is State.OPEN
    return Entry(
        call=call,
        state=entry.state,
        pricing=None if is_open else Pricing.UNPRICED,
        unpriced_reason=None if is_open else "details refused",
        item_key=entry.item_key,
    )
