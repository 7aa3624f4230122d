"""The handler: a request in, an answer out."""

import logging
from contextlib import suppress

from aiohttp import ClientResponse, web
from msgspec.structs import replace

from ledger.call import Call, Outcome
from ledger.errors import LedgerUnavailable
from proxy.attribution import Attributor
from proxy.dialects.unbilled import is_unbilled
from proxy.estimator import Estimator
from proxy.include_usage import UsageAsking, Willing, with_usage_asked
from proxy.listening import Metering
from proxy.outlet import Outlet
from proxy.plan import Plan, Planner
from proxy.record import Books, Record
from proxy.refusal import Refusal, answer_of
from proxy.relay import relay
from proxy.request import Request
from proxy.retries import Retries
from proxy.route import Router
from proxy.sending import Sender
from proxy.upstream_client import Answer, UpstreamClient
from proxy.upstream_errors import UpstreamFailed
from proxy.websocket import tunnel

log = logging.getLogger(__name__)

Answered = Outlet | web.StreamResponse
"""What was written to the client, or what is to be."""

_READS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
"""Methods that no provider charges for."""
_REFUSED_THE_FIELD = frozenset({400, 422})
_TELL_UNASKED = frozenset({"llama.cpp"})
"""Servers, by their Server header, whose streams end with counts of their own. Asked for usage, llama.cpp
moves them onto the chunk that is hidden; unasked, its stream passes untouched."""


class Lasting:
    """What goes on when the configuration changes, and other Forwarders take new calls."""

    def __init__(self, client: UpstreamClient) -> None:
        self.client = client
        self.estimator = Estimator(client)
        self.retries = Retries()

    def close(self) -> None:
        self.estimator.close()


class Forwarder:
    """Handles every request that is not for payback's own pages, by one configuration: a call has the same
    from its start to its end."""

    def __init__(
        self,
        *,
        lasting: Lasting,
        router: Router,
        attributor: Attributor,
        books: Books,
        longest_body: int,
    ) -> None:
        self._planner = Planner(router, attributor, books, lasting.retries, longest_body)
        self._sender = Sender(lasting.client, router)
        self._estimator = lasting.estimator
        self._books = books
        self._usage_asking = UsageAsking()

    async def handle(self, request: Request) -> Answered:
        try:
            plan = await self._planner.of(request)
        except Refusal as refusal:
            return answer_of(refusal, request.raw_path)
        return await self._attempts(plan)

    async def _attempts(self, plan: Plan) -> Answered:
        """One attempt; a second where upstream refuses the field that we added."""
        changed = self._body_with_usage_asked(plan)
        record = self._record(plan, plan.call)
        body = plan.asked.body if changed is None else changed
        metering = self._metering(plan, hide=changed is not None)
        try:
            answer = await self._sender.send(plan, record, body, metering)
            if changed is not None and self._refuses_the_field(plan, answer):
                metering = self._metering(plan, hide=False)
                answer, record = await self._without_the_field(plan, record, answer, metering)
        except Refusal as refusal:
            return answer_of(refusal, plan.target.raw_path, record.call_id)
        except UpstreamFailed as failure:
            return answer_of(failure.refusal, plan.target.raw_path, record.call_id)
        if plan.is_socket and answer.status == 101:
            assert isinstance(answer, ClientResponse)
            assert isinstance(plan.request, web.Request)
            return await tunnel(plan.request, answer, record, plan.session)
        return await relay(plan.request, answer, record, metering)

    def _metering(self, plan: Plan, *, hide: bool) -> Metering:
        return Metering(
            plan.target.dialect,
            stream=plan.asked.stream,
            hide=hide,
            units=plan.asked.units,
            scope=plan.target.scope,
            complete=self._estimator.of(plan),
        )

    def _body_with_usage_asked(self, plan: Plan) -> bytes | None:
        dialect, asked, upstream = plan.target.dialect, plan.asked, plan.upstream
        if dialect is None or not (dialect.asks_for_usage and asked.stream and upstream.asks_for_usage):
            return None
        if self._usage_asking.of(upstream.name, plan.model or "") is Willing.NO:
            return None
        if asked.text is None or asked.text is not asked.body:  # what is compressed goes on as it is
            return None
        return with_usage_asked(asked.text, asked.stream_options)

    def _refuses_the_field(self, plan: Plan, answer: Answer) -> bool:
        """Learn whether upstream takes include_usage; whether it may be that which it refused here."""
        upstream, model = plan.upstream.name, plan.model or ""
        if answer.status < 400:
            unneeded = answer.headers.get("Server") in _TELL_UNASKED
            self._usage_asking.learn(upstream, model, Willing.NO if unneeded else Willing.YES)
        is_known_to_take_it = self._usage_asking.of(upstream, model) is Willing.YES
        return answer.status in _REFUSED_THE_FIELD and not is_known_to_take_it

    async def _without_the_field(
        self, plan: Plan, record: Record, answer: Answer, metering: Metering
    ) -> tuple[Answer, Record]:
        """Send the call once more, as it came."""
        answer.close()
        with suppress(LedgerUnavailable):
            await record.end(
                Outcome.UPSTREAM_ERROR, problem="upstream refused a request that asked for usage"
            )
        again = self._record(plan, self._next_attempt(plan.call))
        second = await self._sender.send(plan, again, plan.asked.body, metering)
        if second.status not in _REFUSED_THE_FIELD:
            upstream, model = plan.upstream.name, plan.model or ""
            log.warning(
                "upstream %s refuses stream_options; streams of %s are not asked for usage", upstream, model
            )
            self._usage_asking.learn(upstream, model, Willing.NO)
        return second, again

    def _record(self, plan: Plan, call: Call) -> Record:
        is_unread = plan.is_socket and plan.session is None
        is_billable = is_unread or _is_billable(plan)
        return Record(self._books, call, plan.upstream, billable=is_billable)

    def _next_attempt(self, call: Call) -> Call:
        started_us = self._books.now_us()
        return replace(
            call,
            call_id=self._books.ids.at(started_us),
            started_us=started_us,
            retry_number=call.retry_number + 1,
        )


def _is_billable(plan: Plan) -> bool:
    """Whether any provider charges for such a request."""
    dialect = plan.target.dialect
    is_free = is_unbilled(plan.target.path) if dialect is None else not dialect.is_billed
    return not is_free and plan.request.method not in _READS
