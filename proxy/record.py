"""One attempt's row, from open to end. What is awaited here is on the disk before the client hears of it."""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from ledger.call import Call, Entry, Outcome, Pricing, State, UsageBasis
from ledger.errors import LedgerUnavailable
from ledger.ids import RANDOM_BYTES, CallId, call_id_at, render_call_id
from ledger.judgement import judged
from ledger.pricebook import PriceBook
from ledger.writer import Writer
from proxy.refusal import Refusal
from proxy.tap import NOTHING_LEARNED, Learned
from proxy.upstream import Upstream

log = logging.getLogger(__name__)

INTERIM_NS = 1_000_000_000
"""Usage that comes with every event (vLLM can) is committed at first, once in this time, and at the end."""

_RANDOM_BLOCK = 128 * RANDOM_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Where records go, and what they are judged by."""

    writer: Writer
    prices: PriceBook
    now_us: Callable[[], int]
    is_stopping: Callable[[], bool]
    refuse_unrecordable: bool
    """Whether a call that cannot be written down is refused, or passes without a row."""


class Record:
    """Opened before upstream is connected; METERED before tokens go out; ENDED once, whatever happens."""

    __slots__ = (
        "_billable", "_books", "_call", "_first_byte_us", "_http_status", "_is_sent", "_metered",
        "_metered_ns", "_self_hosted", "_started_ns", "_upstream_request_id", "call_id", "is_ended",
    )  # fmt: skip

    def __init__(self, books: Books, call: Call, upstream: Upstream, *, billable: bool) -> None:
        self.is_ended = False
        self.call_id = render_call_id(call.call_id)
        self._books = books
        self._call = call
        self._self_hosted = upstream.self_hosted
        self._billable = billable
        self._is_sent = False
        self._http_status: int | None = None
        self._upstream_request_id: str | None = None
        self._first_byte_us: int | None = None
        self._started_ns = time.monotonic_ns()
        self._metered: Learned | None = None
        self._metered_ns = 0

    async def open(self) -> None:
        """Raises Refusal where the call cannot be written down and must not be made then."""
        try:
            await self._books.writer.commit(Entry(call=self._call, state=State.OPEN))
        except LedgerUnavailable as error:
            if self._books.refuse_unrecordable:
                raise Refusal(
                    503,
                    "ledger_unavailable",
                    "the ledger cannot be written, so the call was not made; free the disk and try again",
                    retry_after_s=1,
                ) from error
            log.warning("call %s passes without a row: %s", self.call_id, error)

    def sending(self) -> None:
        """From here on, upstream may charge for the call."""
        self._is_sent = True

    def answered(self, status: int, upstream_request_id: str | None) -> None:
        self._http_status = status
        self._upstream_request_id = upstream_request_id

    def first_byte(self) -> None:
        if self._first_byte_us is None:
            self._first_byte_us = self._now_us()

    async def metered(self, learned: Learned) -> None:
        """Commit tokens that are known before the answer's end, if they are new.

        Raises LedgerUnavailable where the answer must be cut."""
        if learned.usage is None or (self._metered is not None and learned.usage is self._metered.usage):
            return
        now_ns = time.monotonic_ns()
        if self._metered is None or now_ns - self._metered_ns >= INTERIM_NS:
            self._metered, self._metered_ns = learned, now_ns
            await self._commit(self._judged(State.METERED, learned))

    async def end(
        self, outcome: Outcome, learned: Learned = NOTHING_LEARNED, problem: str | None = None
    ) -> Entry:
        """Commit the end. Raises LedgerUnavailable where the answer must be cut."""
        entry = self._ended(outcome, learned, problem)
        await self._commit(entry)
        return entry

    def end_unheard(
        self, outcome: Outcome, learned: Learned = NOTHING_LEARNED, problem: str | None = None
    ) -> None:
        """Write the end when nobody is there to wait for it. Does nothing once the call has ended."""
        if not self.is_ended:
            self._books.writer.post(self._ended(outcome, learned, problem))

    def end_cancelled(self, learned: Learned = NOTHING_LEARNED) -> None:
        """The handler was cancelled: the client has left, or payback itself is ending."""
        outcome = Outcome.INTERRUPTED if self._books.is_stopping() else Outcome.CLIENT_LEFT
        self.end_unheard(outcome, learned)

    def _ended(self, outcome: Outcome, learned: Learned, problem: str | None) -> Entry:
        self.is_ended = True
        return self._judged(State.ENDED, learned, outcome, problem)

    def _judged(
        self, state: State, learned: Learned, outcome: Outcome | None = None, problem: str | None = None
    ) -> Entry:
        call = replace(
            self._call,
            http_status=self._http_status,
            upstream_request_id=self._upstream_request_id,
            first_byte_us=self._first_byte_us,
            ended_us=self._now_us() if outcome else None,
            response_model=learned.model,
            service_tier=learned.service_tier or self._call.service_tier,
            usage=learned.usage,
            usage_basis=UsageBasis.REPORTED if learned.usage else UsageBasis.NONE,
            outcome=outcome,
            problem=problem or learned.problem or self._call.problem,
        )
        billable = self._billable and self._is_sent
        try:
            return judged(call, state, self._books.prices, self_hosted=self._self_hosted, billable=billable)
        except Exception as error:  # a fault in pricing never changes what the client gets
            log.error("pricing failed for call %s", self.call_id, exc_info=error)
            return Entry(call=call, state=state, pricing=Pricing.UNPRICED, unpriced_reason="pricing failed")

    async def _commit(self, entry: Entry) -> None:
        try:
            await self._books.writer.commit(entry)
        except LedgerUnavailable as error:
            if self._books.refuse_unrecordable:
                raise
            log.warning("call %s is not written down: %s", self.call_id, error)

    def _now_us(self) -> int:
        """Start plus the time that went by: the wall clock may jump within a call."""
        return self._call.started_us + (time.monotonic_ns() - self._started_ns) // 1000


class CallIds:
    """New ids. Random bytes are asked of the system for many ids at once: asking costs more than an id."""

    def __init__(self) -> None:
        self._random = b""

    def at(self, started_us: int) -> CallId:
        if not self._random:
            self._random = os.urandom(_RANDOM_BLOCK)
        random, self._random = self._random[:RANDOM_BYTES], self._random[RANDOM_BYTES:]
        return call_id_at(started_us, random)
