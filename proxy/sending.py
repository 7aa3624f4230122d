"""One attempt: the request goes out, the head of an answer comes back, and the record is kept meanwhile."""

import asyncio
import logging
from contextlib import suppress

from aiohttp import ClientError

from ledger.call import Outcome
from ledger.errors import LedgerUnavailable
from proxy.asked import Body
from proxy.attribution import bounded
from proxy.handshake import handshake_headers
from proxy.headers import Encodings, Headers, request_headers, without
from proxy.listening import Metering
from proxy.plan import Plan
from proxy.record import Record
from proxy.refusal import BAD_BODY, SLOW_BODY, Refusal
from proxy.relay import listen_to
from proxy.route import Router
from proxy.upstream_client import Answer, UpstreamClient
from proxy.upstream_errors import BodyBroke, UpstreamFailed, failed

log = logging.getLogger(__name__)

_REQUEST_IDS = ("x-request-id", "request-id", "apim-request-id")


class Sender:
    def __init__(self, client: UpstreamClient, router: Router) -> None:
        self._client = client
        self._router = router

    async def send(self, plan: Plan, record: Record, body: Body, metering: Metering) -> Answer:
        """The head of upstream's answer. Whatever else happens, the record is ended.

        Raises Refusal and UpstreamFailed, each with what the client is to be told. Where an answer is heard
        out whose client has left, it is listened to as *metering* says."""
        asking: asyncio.Task[Answer] | None = None
        try:
            await record.open()
            record.sending()
            if record.listens_on_s and isinstance(body, bytes):
                asking = asyncio.ensure_future(self._asked(plan, body))
                answer = await asyncio.shield(asking)
            else:
                answer = await self._asked(plan, body)
        except (ClientError, TimeoutError) as error:
            raise await _failed(error, plan, record) from error
        except BodyBroke as error:
            raise _broken_off(record, error) from error
        except asyncio.CancelledError:
            if asking is not None and not record.is_cut:
                record.afterwards(_hear_out(asking, plan, record, metering))
                raise
            if asking is not None:
                asking.cancel()
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

    async def _asked(self, plan: Plan, body: Body) -> Answer:
        upstream = plan.upstream
        if plan.is_socket:
            return await self._client.upgrade(
                self._router.url_of(upstream, plan.target.raw_path), _handshake_headers(plan)
            )
        # llama.cpp closes the connection after a stream that it promised to keep alive, and a POST that meets
        # the closing is lost. A new connection within a network costs less than a lost call.
        streams_in_clear = plan.asked.stream and upstream.root.scheme == "http"
        return await self._client.send(
            plan.request.method,
            self._router.url_of(upstream, plan.target.raw_path),
            _headers(plan, body),
            body,
            keeps_connection=not streams_in_clear,
        )


def _headers(plan: Plan, body: Body) -> Headers:
    encodings = Encodings.ALL
    if plan.target.dialect is not None:
        encodings = Encodings.READABLE if body is plan.asked.body else Encodings.NONE
    headers = request_headers(
        plan.request.raw_headers,
        plan.upstream.credential,
        is_framed=isinstance(body, bytes),
        encodings=encodings,
    )
    return _not_for_others(headers, plan)


def _handshake_headers(plan: Plan) -> Headers:
    is_read = plan.session is not None
    headers = handshake_headers(plan.request.raw_headers, plan.upstream.credential, is_read=is_read)
    return _not_for_others(headers, plan)


def _not_for_others(headers: Headers, plan: Plan) -> Headers:
    """Cookies are a credential too, and belong to whoever has set them."""
    return without(headers, "cookie") if plan.is_failover else headers


async def _failed(error: Exception, plan: Plan, record: Record) -> UpstreamFailed:
    failure = failed(error, plan.upstream.name)
    record.answered(failure.refusal.status, None)
    with suppress(LedgerUnavailable):  # it carries no tokens, and the client is told the truth
        await record.end(failure.outcome, problem=_problem_of(failure, plan))
    return failure


def _broken_off(record: Record, error: BodyBroke) -> Refusal:
    """An upload that broke off, where nothing was answered yet."""
    refusal, problem = BAD_BODY, "the body of the request is not HTTP"
    if isinstance(error.__cause__, TimeoutError):
        refusal, problem = SLOW_BODY, "the body of the request stopped coming"
    record.answered(refusal.status, None)
    record.end_unheard(Outcome.CLIENT_LEFT, problem=problem)
    return refusal


def _problem_of(failure: UpstreamFailed, plan: Plan) -> str:
    return plan.going_on(failure.problem) if failure.is_unreached else failure.problem


async def _hear_out(asking: "asyncio.Task[Answer]", plan: Plan, record: Record, metering: Metering) -> None:
    """The client left before the head of an answer came, which it may be charged for all the same."""
    try:
        async with asyncio.timeout(record.listens_on_s):
            answer = await asking
    except asyncio.CancelledError:
        record.end_cancelled()
        raise
    except Exception:  # noqa: BLE001  # whatever upstream did, the client did not wait for it
        record.end_unheard(Outcome.CLIENT_LEFT)
        return
    record.answered(answer.status, _request_id(answer))
    await listen_to(answer, plan.request, record, metering)


def _request_id(answer: Answer) -> str | None:
    for name in _REQUEST_IDS:
        if name in answer.headers:
            return bounded(answer.headers[name])
    return None
