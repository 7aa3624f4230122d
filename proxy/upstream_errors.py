"""UpstreamFailed     no answer came; carries what the client is told and what the ledger says
  NotHttp          what came instead of an answer
UpstreamBroke      the answer was cut; the client's is cut too
BodyBroke          the client has broken off its request's body; upstream's connection is cut"""

import os
from dataclasses import dataclass, replace

import aiohttp

from ledger.call import Outcome
from proxy.refusal import Refusal
from proxy.room import NO_ROOM, NO_ROOM_ERRORS


@dataclass(frozen=True, slots=True)
class UpstreamFailed(Exception):
    outcome: Outcome
    problem: str
    refusal: Refusal
    is_unreached: bool = False
    """Nothing of the request has been sent."""

    def after(self, problem: str) -> "UpstreamFailed":
        """The same, where the client is to be told of *problem* first."""
        return replace(self, refusal=replace(self.refusal, message=f"{problem}; {self.refusal.message}"))


class NotHttp(aiohttp.ClientError):
    """What came is no HTTP answer, or none to what was asked."""


class BodyBroke(Exception):
    """What came of the request's body is not HTTP, or stopped too early."""


class UpstreamBroke(Exception):
    def __init__(self, outcome: Outcome, problem: str) -> None:
        super().__init__(problem)
        self.outcome = outcome
        self.problem = problem


def failed(error: Exception, upstream_name: str) -> UpstreamFailed:
    """No head of an answer: why, in words that hold no address with a key in it."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return replace(_timeout(upstream_name, "did not take the connection in time"), is_unreached=True)
    if isinstance(error, aiohttp.ServerTimeoutError | TimeoutError):
        return _timeout(upstream_name, "was silent for too long")
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return _unreachable(upstream_name, "its TLS certificate or handshake is not valid")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _unreachable(upstream_name, "its host name is not known")
    if isinstance(error, OSError) and error.errno in NO_ROOM_ERRORS:
        return UpstreamFailed(Outcome.UPSTREAM_ERROR, "payback may open no more connections", NO_ROOM)
    if isinstance(error, aiohttp.ClientConnectorError):
        return _unreachable(upstream_name, _reason_of(error))
    if isinstance(error, aiohttp.ClientResponseError | NotHttp):
        return _broken(upstream_name, "answered what is not HTTP")
    return _broken(upstream_name, "closed the connection unanswered")


def broke(error: Exception) -> UpstreamBroke:
    if isinstance(error, aiohttp.ServerTimeoutError | TimeoutError):
        return UpstreamBroke(Outcome.TIMEOUT, "upstream fell silent within its answer")
    return UpstreamBroke(Outcome.UPSTREAM_BROKE, "upstream cut its answer")


def _reason_of(error: OSError) -> str:
    """In the system's words; asyncio's name the address."""
    return os.strerror(error.errno).lower() if error.errno else "the connection failed"


def _unreachable(upstream_name: str, why: str) -> UpstreamFailed:
    problem = f"upstream {upstream_name} cannot be reached: {why}"
    message = f"{problem}; check that it runs and that its base_url is right"
    refusal = Refusal(502, "upstream_unreachable", message)
    return UpstreamFailed(Outcome.UPSTREAM_ERROR, problem, refusal, is_unreached=True)


def _timeout(upstream_name: str, what: str) -> UpstreamFailed:
    problem = f"upstream {upstream_name} {what}"
    return UpstreamFailed(Outcome.TIMEOUT, problem, Refusal(504, "upstream_timeout", f"{problem}; try again"))


def _broken(upstream_name: str, what: str) -> UpstreamFailed:
    problem = f"upstream {upstream_name} {what}"
    return UpstreamFailed(
        Outcome.UPSTREAM_BROKE, problem, Refusal(502, "upstream_broke", f"{problem}; try again")
    )
