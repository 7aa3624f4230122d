"""The attempts of one call: the first; one more where upstream refuses a field that we added; and those at
another upstream, where the configuration names one, as long as the client has heard nothing of an answer."""

import logging
from contextlib import suppress
from dataclasses import dataclass

from msgspec.structs import replace

from ledger.call import Outcome
from ledger.errors import LedgerUnavailable
from proxy.asked import Body
from proxy.estimator import Estimator
from proxy.include_usage import UsageAsking, Willing, with_usage_asked
from proxy.listening import Metering
from proxy.plan import Plan
from proxy.record import Books, Record
from proxy.sending import Sender
from proxy.spending import Spending
from proxy.upstream import Upstream
from proxy.upstream_client import Answer
from proxy.upstream_errors import UpstreamFailed

log = logging.getLogger(__name__)

_REFUSED_THE_FIELD = frozenset({400, 422})
_TELL_UNASKED = frozenset({"llama.cpp"})
"""Servers, by their Server header, whose streams end with counts of their own. Asked for usage, llama.cpp
moves them onto the chunk that is hidden; unasked, its stream passes untouched."""
_UNAVAILABLE = frozenset({502, 503, 504, 529})
"""529 is Anthropic's: https://docs.anthropic.com/en/api/errors, read 2026-11-22. Of 429 the client is to
hear: it says how fast the client may go on, and another upstream would only be the next to say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What attempts are made with."""

    sender: Sender
    estimator: Estimator
    books: Books
    usage_asking: UsageAsking
    spending: Spending


class Attempts:
    """*plan*, *record* and *metering* are those of the last one so far."""

    def __init__(self, means: Means, plan: Plan) -> None:
        self._means = means
        self.plan = plan
        self.record = self._new_record()
        self.metering = Metering(None)

    async def answer(self) -> Answer:
        """The one that the client is to get. Raises Refusal and UpstreamFailed."""
        try:
            answer = await self._of_one_upstream()
        except UpstreamFailed as failure:
            if self.plan.failover is None or not failure.is_unreached:
                raise
            return await self._of_failover(self.plan.failover, failure.problem)
        if self.plan.failover is None or self.plan.is_socket or answer.status not in _UNAVAILABLE:
            return answer
        problem = f"upstream {self.plan.upstream.name} answered {answer.status}"
        await self._give_up(answer, self.plan.going_on(problem))
        return await self._of_failover(self.plan.failover, problem)

    async def _of_failover(self, upstream: Upstream, problem: str) -> Answer:
        log.info("%s; the call goes on to %s", problem, upstream.name)
        self._begin_next(upstream)
        try:
            return await self._of_one_upstream()
        except UpstreamFailed as failure:
            raise failure.after(problem) from failure

    async def _of_one_upstream(self) -> Answer:
        """Asked once more where it refuses the field that we added."""
        changed = self._body_with_usage_asked()
        if changed is None:
            return await self._sent(self.plan.asked.body, hide=False)
        answer = await self._sent(changed, hide=True)
        return await self._without_the_field(answer) if self._refuses_the_field(answer) else answer

    async def _sent(self, body: Body, *, hide: bool) -> Answer:
        plan = self.plan
        self.metering = Metering(
            plan.target.dialect,
            stream=plan.asked.stream,
            hide=hide,
            units=plan.asked.units,
            scope=plan.target.scope,
            complete=self._means.estimator.of(plan),
        )
        self.record.hold = self._means.spending.hold_for(plan)
        return await self._means.sender.send(plan, self.record, body, self.metering)

    def _body_with_usage_asked(self) -> bytes | None:
        dialect, asked, upstream = self.plan.target.dialect, self.plan.asked, self.plan.upstream
        if dialect is None or not (dialect.asks_for_usage and asked.stream and upstream.asks_for_usage):
            return None
        if self._means.usage_asking.of(upstream.name, self.plan.model or "") is Willing.NO:
            return None
        if asked.text is None or asked.text is not asked.body:  # what is compressed goes on as it is
            return None
        return with_usage_asked(asked.text, asked.stream_options)

    def _refuses_the_field(self, answer: Answer) -> bool:
        """Learn whether upstream takes include_usage; whether it may be that which it refused here."""
        asking, upstream, model = self._means.usage_asking, self.plan.upstream.name, self.plan.model or ""
        if answer.status < 400:
            unneeded = answer.headers.get("Server") in _TELL_UNASKED
            asking.learn(upstream, model, Willing.NO if unneeded else Willing.YES)
        is_known_to_take_it = asking.of(upstream, model) is Willing.YES
        return answer.status in _REFUSED_THE_FIELD and not is_known_to_take_it

    async def _without_the_field(self, refused: Answer) -> Answer:
        """Send the call once more, as it came."""
        await self._give_up(refused, "upstream refused a request that asked for usage")
        self._begin_next(self.plan.upstream)
        answer = await self._sent(self.plan.asked.body, hide=False)
        if answer.status not in _REFUSED_THE_FIELD:
            upstream, model = self.plan.upstream.name, self.plan.model or ""
            log.warning(
                "upstream %s refuses stream_options; streams of %s are not asked for usage", upstream, model
            )
            self._means.usage_asking.learn(upstream, model, Willing.NO)
        return answer

    async def _give_up(self, answer: Answer, problem: str) -> None:
        answer.close()
        with suppress(LedgerUnavailable):  # it carries no tokens; the next attempt's row decides
            await self.record.end(Outcome.UPSTREAM_ERROR, problem=problem)

    def _begin_next(self, upstream: Upstream) -> None:
        """One more attempt. Another upstream has none beside itself."""
        books, call = self._means.books, self.plan.call
        started_us = books.now_us()
        again = replace(
            call,
            call_id=books.ids.at(started_us),
            started_us=started_us,
            retry_number=call.retry_number + 1,
            upstream=upstream.name,
            provider=upstream.provider,
        )
        if upstream is self.plan.upstream:
            self.plan = replace(self.plan, call=again)
        else:
            self.plan = replace(self.plan, call=again, upstream=upstream, failover=None, is_failover=True)
        self.record = self._new_record()

    def _new_record(self) -> Record:
        plan = self.plan
        return Record(self._means.books, plan.call, plan.upstream, billable=plan.is_billable)
