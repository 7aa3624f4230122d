"""What is decided about a request before its first attempt: may it come in, where it goes, what it asks for,
who pays."""

from asyncio import CancelledError
from collections.abc import Callable
from functools import partial

import msgspec
from aiohttp import web

from ledger.call import Call
from ledger.judgement import UNMETERED
from ledger.needs import Needs
from proxy.asked import Asked, read_asked
from proxy.attribution import Attributor
from proxy.client_key import ClientKey
from proxy.dialects.session import SessionDialect
from proxy.dialects.sessions import session_at
from proxy.dialects.unbilled import is_unbilled, starts_what_is_billed
from proxy.gate import Gate
from proxy.handshake import fault_of, is_handshake, is_of_another_site, model_in
from proxy.headers import NO_KEY
from proxy.permission import Permission
from proxy.record import Books
from proxy.refusal import BAD_BODY, SLOW_BODY, Refusal
from proxy.request import Request
from proxy.retries import Retries
from proxy.route import NoRoute, Router, Target
from proxy.upstream import Upstream

_SPOKEN = frozenset({"speech", "transcription"})
"""Operations that have sound on one side, whatever their requests say."""
_READS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
"""Methods that no provider charges for."""

_OTHER_SITE = Refusal(403, "cross_site", "a page of another site may not use the key that is configured here")


def _always() -> bool:
    return True


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    request: Request
    target: Target
    asked: Asked
    upstream: Upstream
    call: Call
    is_socket: bool = False
    """It asks for a WebSocket."""
    may_go_on: Callable[[], bool]
    """Whether what was let in would still be: a WebSocket lasts."""
    failover: Upstream | None = None
    """Who is asked next where this upstream is not available."""
    is_failover: bool = False
    """This upstream is not the one that the client has in mind."""

    def going_on(self, problem: str) -> str:
        """*problem*, and what follows of it."""
        return f"{problem}; went on to {self.failover.name}" if self.failover else problem

    @property
    def session(self) -> SessionDialect | None:
        """What is spoken over that; None: its messages are not metered."""
        return session_at(self.target.spoken) if self.is_socket else None

    @property
    def model(self) -> str | None:
        """The model that the body asks for, or the path."""
        return self.asked.model or self.target.model

    @property
    def is_billable(self) -> bool:
        """Whether any provider charges for such a request. What is said in a session, its items tell."""
        if self.is_socket:
            return self.session is None
        dialect = self.target.dialect
        is_free = is_unbilled(self.target.path) if dialect is None else not dialect.is_billed
        return not is_free and self.request.method not in _READS

    @property
    def starts_billed(self) -> bool:
        """Whether it costs nothing itself, and begins what is charged for later."""
        is_unmetered = self.target.dialect is None and not self.is_socket
        return is_unmetered and starts_what_is_billed(self.target.path) and self.request.method not in _READS


class Planner:
    def __init__(
        self,
        router: Router,
        attributor: Attributor,
        books: Books,
        retries: Retries,
        longest_body: int,
        gate: Gate,
    ) -> None:
        self._router = router
        self._attributor = attributor
        self._books = books
        self._retries = retries
        self._longest_body = longest_body
        self._gate = gate
        self._permission = Permission(gate, router)

    async def of(self, request: Request) -> Plan:
        """Raises Refusal for a request that goes nowhere."""
        key = self._gate.admit(request)
        target = self._router.target_of(request.method, request.raw_path)
        if isinstance(target, NoRoute):
            raise self._gate.refusal("path", Refusal(400, "bad_path", target.reason))
        is_socket = is_handshake(request)
        asked = self._asked_by_handshake(request, target) if is_socket else await self._read(request, target)
        upstream = self._router.upstream_of(target, asked.model or target.model)
        if key is not None:
            upstream = self._permission.of(key, request, target, asked, upstream, is_socket=is_socket)
        elif upstream.credential is not None and is_of_another_site(request):
            raise self._gate.refusal("site", _OTHER_SITE)
        call = self._call_of(request, target, asked, upstream, key)
        return Plan(
            request=request,
            target=target,
            asked=asked,
            upstream=upstream,
            call=call,
            is_socket=is_socket,
            may_go_on=_always if key is None else partial(self._gate.still_admits, key),
            failover=self._failover_of(upstream, request, target, asked, key, is_socket=is_socket),
        )

    def _asked_by_handshake(self, request: Request, target: Target) -> Asked:
        assert isinstance(request, web.Request)
        if (fault := fault_of(request)) is not None:
            raise self._gate.refusal("handshake", fault)
        return Asked(body=None, model=model_in(_query_of(target)))

    async def _read(self, request: Request, target: Target) -> Asked:
        """A body that does not come whole goes nowhere, and is counted."""
        try:
            return await read_asked(request, target.dialect, self._longest_body)
        except web.RequestPayloadError as error:
            raise self._gate.refusal("body", BAD_BODY) from error
        except TimeoutError as error:
            raise self._gate.refusal("slow", SLOW_BODY) from error
        except (CancelledError, ConnectionError):
            self._gate.count("left")
            raise

    def _failover_of(
        self,
        upstream: Upstream,
        request: Request,
        target: Target,
        asked: Asked,
        key: ClientKey | None,
        *,
        is_socket: bool,
    ) -> Upstream | None:
        """None also where the call may not go there, or is about what this upstream alone has."""
        failover = self._router.failover_of(upstream)
        if failover is None or not (_opens_session(target) if is_socket else _is_portable(target, asked)):
            return None
        if key is not None:
            return self._permission.failover_of(key, failover)
        return None if failover.credential != NO_KEY and is_of_another_site(request) else failover

    def _call_of(
        self, request: Request, target: Target, asked: Asked, upstream: Upstream, key: ClientKey | None
    ) -> Call:
        started_us = self._books.now_us()
        call_id = self._books.ids.at(started_us)
        model = asked.model or target.model
        operation = target.dialect.operation if target.dialect else UNMETERED
        who = self._attributor.of(request.headers, target.path, model, _query_of(target), asked.names, key)
        logical_call_id, retry_number = self._retries.of(
            request.headers, call_id, who.key, target.path, asked.body
        )
        return Call(
            call_id=call_id,
            logical_call_id=logical_call_id,
            retry_number=retry_number,
            started_us=started_us,
            upstream=upstream.name,
            provider=upstream.provider,
            operation=operation,
            http_request=self._http_request(request, target) if operation == UNMETERED else None,
            request_model=self._attributor.name_of("model", model),
            service_tier=self._attributor.name_of("service tier", asked.service_tier),
            stream=asked.stream,
            needs=Needs.AUDIO if operation in _SPOKEN else asked.needs,
            problem=asked.problem,
            who=who,
        )

    def _http_request(self, request: Request, target: Target) -> str | None:
        return self._attributor.name_of("request", f"{request.method} {target.path}")


def _opens_session(target: Target) -> bool:
    return session_at(target.spoken) is not None


def _is_portable(target: Target, asked: Asked) -> bool:
    """It asks a model, and is here as a whole. What upstreams keep (files, batches, answers), each has its
    own of."""
    dialect = target.dialect
    return isinstance(asked.body, bytes) and dialect is not None and dialect.is_billed and not target.scope


def _query_of(target: Target) -> str:
    return target.raw_path[len(target.path) + 1 :]
