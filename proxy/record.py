"""One attempt's row, from open to end. What is awaited here is on the disk before the client hears of it."""

import logging
import time
from asyncio import gather
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from ledger.call import Call, Entry, Outcome, Pricing, State
from ledger.errors import LedgerUnavailable
from ledger.ids import render_call_id
from ledger.judgement import judged
from ledger.pricebook import PriceBook
from ledger.usage import TokenUsage
from ledger.writer import Writer
from proxy.call_ids import CallIds
from proxy.call_name import CallName
from proxy.dialects.reading import Item
from proxy.hold import Hold
from proxy.learned import NOTHING_LEARNED, Learned
from proxy.refusal import Refusal
from proxy.reported import render_reported
from proxy.upstream import Upstream
from proxy.watch import Watch

log = logging.getLogger(__name__)

INTERIM_NS = 1_000_000_000
"""Usage that comes with every event (vLLM can) is committed at first, once in this time, and at the end."""

NO_TOKENS = TokenUsage(input_tokens=0, output_tokens=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Where records go, and what they are judged by."""

    writer: Writer
    prices: PriceBook
    now_us: Callable[[], int]
    is_stopping: Callable[[], bool]
    refuse_unrecordable: bool
    """Whether a call that cannot be written down is refused, or passes without a row."""
    ids: CallIds
    known_model: Callable[[str | None], str | None]
    """An answer's model as the ledger is to know it: the number of names is bounded."""
    afterwards: Callable[[Coroutine[Any, Any, None]], None]
    """Runs what is still to be done for a call whose client has left; payback's end waits for it."""
    listens_on_s: float = 0
    """How long an answer is heard out whose client has left; 0: upstream is stopped at once."""
    watch: Watch


class Record:
    """Opened before upstream is connected; METERED before tokens go out; ENDED once, whatever happens."""

    __slots__ = (
        "_billable", "_books", "_call", "_first_byte_us", "_http_status", "_is_sent", "_metered",
        "_metered_ns", "_rendered", "_reported", "_self_hosted", "_started_ns", "_upstream_request_id",
        "call_id", "hold", "is_ended",
    )  # fmt: skip

    def __init__(self, books: Books, call: Call, upstream: Upstream, *, billable: bool) -> None:
        self.is_ended = False
        self.call_id = CallName(render_call_id(call.call_id))
        self._books = books
        self._call = call
        self._self_hosted = upstream.self_hosted
        self._billable = billable
        self.hold: Hold | None = None
        """What budgets keep for it until it ends; None: they were not asked."""
        self._is_sent = False
        self._http_status: int | None = None
        self._upstream_request_id: str | None = None
        self._first_byte_us: int | None = None
        self._started_ns = time.monotonic_ns()
        self._metered: Learned | None = None
        self._metered_ns = 0
        self._reported: object = None
        self._rendered: str | None = None
        """_reported as the ledger keeps it: METERED and ENDED mostly have the same."""

    @property
    def is_cut(self) -> bool:
        """Payback is ending, and waits for calls no longer."""
        return self._books.is_stopping()

    @property
    def listens_on_s(self) -> float:
        """How long the answer is worth hearing, should the client leave."""
        return self._books.listens_on_s if self._billable else 0

    def afterwards(self, work: Coroutine[Any, Any, None]) -> None:
        self._books.afterwards(self._ended_after(work))

    async def _ended_after(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self.end_cancelled()

    async def open(self) -> None:
        """Raises Refusal where the call cannot be written down and must not be made then."""
        try:
            await self._written(Entry(call=self._call, state=State.OPEN))
        except LedgerUnavailable as error:
            if self._books.refuse_unrecordable:
                self._books.watch.refused("ledger")
                self._release()
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
        if not learned.is_metered or (self._metered is not None and learned.usage is self._metered.usage):
            return
        now_ns = time.monotonic_ns()
        if self._metered is None or now_ns - self._metered_ns >= INTERIM_NS:
            self._metered, self._metered_ns = learned, now_ns
            entry = self._judged(State.METERED, learned)
            if self.hold is not None:
                self.hold.metered(entry)
            await self._commit(entry)

    async def end(
        self, outcome: Outcome, learned: Learned = NOTHING_LEARNED, problem: str | None = None
    ) -> Entry:
        """Commit the end. Raises LedgerUnavailable where the answer must be cut."""
        entry = self._ended(outcome, learned, problem)
        await self._commit(entry)
        return entry

    async def report(self, items: Sequence[Item], scope: str | None = None) -> None:
        """Commit calls that the answer tells of, each a row of its own. Their keys are unique within *scope*.

        Raises LedgerUnavailable where the answer must be cut."""
        commits = [self._books.writer.commit(self._entry_of(item, scope)) for item in items]
        failures = [done for done in await gather(*commits, return_exceptions=True) if done is not None]
        if failures:
            if self._books.refuse_unrecordable:
                raise failures[0]
            log.warning("%d calls told by call %s are not written down", len(failures), self.call_id)

    def report_unheard(self, items: Sequence[Item]) -> None:
        """Likewise, when nobody is there to wait for it."""
        for item in items:
            self._books.writer.post(self._entry_of(item, None))

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
        try:
            entry = self._judged(State.ENDED, learned, outcome, problem)
            if self.hold is not None:
                self.hold.ended(entry)
        finally:
            self._release()
        self._books.watch.ended(entry)
        return entry

    def _release(self) -> None:
        if self.hold is not None:
            self.hold.release()

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
            outcome=outcome,
            problem=problem or learned.problem or self._call.problem,
            usage=_usage_of(learned),
            usage_basis=learned.basis,
            tokenizer=learned.tokenizer,
            reported_usage=self._reported_usage(learned),
            units=learned.units,
            upstream_cost=learned.upstream_cost,
            timings=learned.timings,
        )
        billable = self._billable and self._is_sent and not learned.is_unbilled
        return self._opinion_on(call, state, billable=billable)

    def _entry_of(self, item: Item, scope: str | None) -> Entry:
        reading, learned = item.reading, NOTHING_LEARNED.after(item.reading)
        now_us = self._now_us()
        call = replace(
            self._call,
            call_id=self._books.ids.at(now_us),
            logical_call_id=self._call.call_id,
            started_us=now_us,
            first_byte_us=now_us,
            ended_us=now_us,
            operation=item.operation,
            http_request=None,
            needs=self._call.needs if item.operation == self._call.operation else None,
            request_model=item.request_model or self._call.request_model,
            response_model=reading.model,
            service_tier=reading.service_tier,
            outcome=Outcome.UPSTREAM_ERROR if item.is_failed else Outcome.OK,
            problem=reading.problem,
            usage=_usage_of(learned),
            usage_basis=learned.basis,
            reported_usage=self._reported_usage(learned),
            units=learned.units,
            upstream_cost=learned.upstream_cost,
        )
        billable = not (item.is_failed or reading.is_unbilled)
        entry = self._opinion_on(call, State.ENDED, billable=billable)
        if item.key is not None:  # whether it counts, the ledger alone knows: it may have been fetched before
            entry = replace(entry, item_key=self._key_of(scope or "", item.key))
        else:
            self._books.watch.ended(entry)
        if self.hold is not None:
            self.hold.reported(entry)
        return entry

    def _reported_usage(self, learned: Learned) -> str | None:
        if learned.reported is not self._reported:
            self._reported, self._rendered = learned.reported, None
            try:
                self._rendered = render_reported(learned.reported)
            except Exception as error:  # a fault in it never costs the tokens that were told
                log.error("reported usage is not kept for call %s", self.call_id, exc_info=error)
        return self._rendered

    def _key_of(self, scope: str, key: str) -> bytes:
        name = f"{self._call.upstream}\0{scope}\0{key}"
        return sha256(name.encode("utf-8", "surrogateescape")).digest()

    def _opinion_on(self, call: Call, state: State, *, billable: bool) -> Entry:
        try:
            entry = judged(call, state, self._books.prices, self_hosted=self._self_hosted, billable=billable)
            known = self._books.known_model(call.response_model)
            if known == call.response_model:
                return entry
            return replace(entry, call=replace(call, response_model=known))
        except Exception as error:  # a fault in pricing never changes what the client gets
            log.error("pricing failed for call %s", self.call_id, exc_info=error)
            return Entry(call=call, state=state, pricing=Pricing.UNPRICED, unpriced_reason="pricing failed")

    async def _commit(self, entry: Entry) -> None:
        try:
            await self._written(entry)
        except LedgerUnavailable as error:
            if self._books.refuse_unrecordable:
                raise
            log.warning("call %s is not written down: %s", self.call_id, error)

    async def _written(self, entry: Entry) -> None:
        started_s = time.perf_counter()
        await self._books.writer.commit(entry)
        self._books.watch.committed(time.perf_counter() - started_s)

    def _now_us(self) -> int:
        """Start plus the time that went by: the wall clock may jump within a call."""
        return self._call.started_us + (time.monotonic_ns() - self._started_ns) // 1000


def _usage_of(learned: Learned) -> TokenUsage | None:
    """A call of other units alone used no tokens."""
    return NO_TOKENS if learned.usage is None and learned.units is not None else learned.usage
