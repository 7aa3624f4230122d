"""The handler: a request in, an answer out. With relay, the only module that talks to upstream."""

import asyncio
import logging
from contextlib import suppress

import msgspec
from aiohttp import ClientError, web
from msgspec.structs import replace

from ledger.call import Call, Outcome
from ledger.errors import LedgerUnavailable
from ledger.judgement import UNMETERED
from proxy.asked import Asked, Body, read_asked
from proxy.attribution import Attributor, bounded
from proxy.headers import Encodings, Headers, request_headers
from proxy.include_usage import UsageAsking, Willing, with_usage_asked
from proxy.record import Books, CallIds, Record
from proxy.refusal import Refusal, answer_of
from proxy.relay import Metering, relay
from proxy.route import NoRoute, Router, Target
from proxy.upstream import Upstream
from proxy.upstream_client import Answer, UpstreamClient
from proxy.upstream_errors import UpstreamFailed, failed

log = logging.getLogger(__name__)

_READS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
"""Methods that no provider charges for."""
_REFUSED_THE_FIELD = frozenset({400, 422})
_TELL_UNASKED = frozenset({"llama.cpp"})
"""Servers, by their Server header, whose streams end with counts of their own. Asked for usage, llama.cpp
moves them onto the chunk that is hidden; unasked, its stream passes untouched."""
_REQUEST_IDS = ("x-request-id", "request-id", "apim-request-id")


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that is decided before the first attempt."""

    request: web.Request
    target: Target
    asked: Asked
    upstream: Upstream
    call: Call
    body_with_usage_asked: bytes | None


class Forwarder:
    """Handles every request that is not for payback's own pages."""

    def __init__(
        self,
        *,
        client: UpstreamClient,
        router: Router,
        attributor: Attributor,
        books: Books,
        longest_body: int,
    ) -> None:
        self._client = client
        self._router = router
        self._attributor = attributor
        self._books = books
        self._longest_body = longest_body
        self._usage_asking = UsageAsking()
        self._call_ids = CallIds()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            plan = await self._planned(request)
        except Refusal as refusal:
            return answer_of(refusal, request.raw_path)
        return await self._attempts(plan)

    async def _planned(self, request: web.Request) -> _Plan:
        target = self._router.target_of(request.raw_path)
        if isinstance(target, NoRoute):
            raise Refusal(400, "bad_path", target.reason)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            raise Refusal(426, "no_websocket", "WebSocket is not passed on; use the same API over HTTP")
        asked = await read_asked(request, target.dialect, self._longest_body)
        upstream = self._router.upstream_of(target, asked.model)
        if upstream.credential is not None and request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise Refusal(
                403, "cross_site", "a page of another site may not use the key that is configured here"
            )
        call = self._call_of(request, target, asked, upstream)
        return _Plan(
            request=request,
            target=target,
            asked=asked,
            upstream=upstream,
            call=call,
            body_with_usage_asked=self._body_with_usage_asked(target, asked, upstream),
        )

    def _call_of(self, request: web.Request, target: Target, asked: Asked, upstream: Upstream) -> Call:
        started_us = self._books.now_us()
        call_id = self._call_ids.at(started_us)
        return Call(
            call_id=call_id,
            logical_call_id=call_id,
            started_us=started_us,
            upstream=upstream.name,
            provider=upstream.provider,
            operation=target.dialect.OPERATION if target.dialect else UNMETERED,
            http_request=None if target.dialect else bounded(f"{request.method} {target.path}"),
            request_model=bounded(asked.model),
            service_tier=asked.service_tier,
            stream=asked.stream,
            problem=asked.problem,
            who=self._attributor.of(request.headers, target.path, asked.model),
        )

    def _body_with_usage_asked(self, target: Target, asked: Asked, upstream: Upstream) -> bytes | None:
        dialect = target.dialect
        if dialect is None or not (dialect.STREAMS and asked.stream and upstream.asks_for_usage):
            return None
        if self._usage_asking.of(upstream.name, asked.model or "") is Willing.NO:
            return None
        assert isinstance(asked.body, bytes)
        return with_usage_asked(asked.body, asked.stream_options)

    async def _attempts(self, plan: _Plan) -> web.StreamResponse:
        """One attempt; a second where upstream refuses the field that we added."""
        changed = plan.body_with_usage_asked
        record = self._record(plan, plan.call)
        body = plan.asked.body if changed is None else changed
        try:
            answer = await self._send(plan, record, body)
            if changed is not None:
                answer, record, changed = await self._without_the_field(plan, record, answer, changed)
        except Refusal as refusal:
            return answer_of(refusal, plan.target.raw_path, record.call_id)
        except UpstreamFailed as failure:
            return answer_of(failure.refusal, plan.target.raw_path, record.call_id)
        metering = Metering(plan.target.dialect, stream=plan.asked.stream, hide=changed is not None)
        return await relay(plan.request, answer, record, metering)

    async def _without_the_field(
        self, plan: _Plan, record: Record, answer: Answer, changed: bytes
    ) -> tuple[Answer, Record, bytes | None]:
        """Learn whether upstream takes include_usage; where it may not, send the call as it came."""
        upstream, model = plan.upstream.name, plan.asked.model or ""
        if answer.status < 400:
            unneeded = answer.headers.get("Server") in _TELL_UNASKED
            self._usage_asking.learn(upstream, model, Willing.NO if unneeded else Willing.YES)
        if answer.status not in _REFUSED_THE_FIELD or self._usage_asking.of(upstream, model) is Willing.YES:
            return answer, record, changed
        with suppress(LedgerUnavailable):
            await record.end(
                Outcome.UPSTREAM_ERROR, problem="upstream refused a request that asked for usage"
            )
        answer.close()
        again = self._record(plan, self._next_attempt(plan.call))
        second = await self._send(plan, again, plan.asked.body)
        if second.status not in _REFUSED_THE_FIELD:
            log.warning(
                "upstream %s refuses stream_options; streams of %s are not asked for usage", upstream, model
            )
            self._usage_asking.learn(upstream, model, Willing.NO)
        return second, again, None

    def _record(self, plan: _Plan, call: Call) -> Record:
        return Record(self._books, call, plan.upstream, billable=plan.request.method not in _READS)

    def _next_attempt(self, call: Call) -> Call:
        started_us = self._books.now_us()
        return replace(
            call,
            call_id=self._call_ids.at(started_us),
            started_us=started_us,
            retry_number=call.retry_number + 1,
        )

    async def _send(self, plan: _Plan, record: Record, body: Body) -> Answer:
        """The head of upstream's answer. Whatever else happens, the record is ended."""
        try:
            await record.open()
            record.sending()
            answer = await self._connected(plan, body)
        except (ClientError, TimeoutError) as error:
            failure = failed(error, plan.upstream.name)
            record.answered(failure.refusal.status, None)
            with suppress(LedgerUnavailable):  # it carries no tokens, and the client is told the truth
                await record.end(failure.outcome, problem=failure.problem)
            raise failure from error
        except asyncio.CancelledError:
            record.end_cancelled()
            raise
        except Refusal:
            raise
        except Exception as error:
            log.error("call %s failed", record.call_id, exc_info=error)
            record.end_unheard(Outcome.INTERRUPTED, problem="payback failed before an answer came")
            raise Refusal(500, "internal_error", "this call failed here; the log says why") from error
        record.answered(answer.status, _request_id(answer))
        return answer

    async def _connected(self, plan: _Plan, body: Body) -> Answer:
        upstream = plan.upstream
        # llama.cpp closes the connection after a stream that it promised to keep alive, and a POST that meets
        # the closing is lost. A new connection within a network costs less than a lost call.
        streams_in_clear = plan.asked.stream and upstream.root.scheme == "http"
        return await self._client.send(
            plan.request.method,
            self._router.url_of(upstream, plan.target.raw_path),
            self._headers(plan, body),
            body,
            keeps_connection=not streams_in_clear,
        )

    def _headers(self, plan: _Plan, body: Body) -> Headers:
        encodings = Encodings.ALL
        if plan.target.dialect is not None:
            is_edited = body is plan.body_with_usage_asked and body is not None
            encodings = Encodings.NONE if is_edited else Encodings.READABLE
        return request_headers(
            plan.request.raw_headers,
            plan.upstream.credential,
            is_framed=isinstance(body, bytes),
            encodings=encodings,
        )


def _request_id(answer: Answer) -> str | None:
    for name in _REQUEST_IDS:
        if name in answer.headers:
            return bounded(answer.headers[name])
    return None
