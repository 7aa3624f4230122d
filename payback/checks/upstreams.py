"""Can the upstreams be reached: a connection and a TLS handshake, no request."""

import socket
import ssl
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from yarl import URL

from payback.checks.finding import Finding, fail, ok, warn
from payback.settings import Settings
from payback.upstream_section import UpstreamSettings

PATIENCE_SECONDS = 3.0


def upstreams_answer(settings: Settings, within_s: float = PATIENCE_SECONDS) -> list[Finding]:
    """Asks all at the same time."""
    upstreams = settings.upstreams()
    own = {upstream.name for upstream in settings.upstream}
    problems = _problems(upstreams, within_s)
    return [_finding(upstream, problems[upstream.name], upstream.name in own) for upstream in upstreams]


def _finding(upstream: UpstreamSettings, problem: str | None, is_configured: bool) -> Finding:
    place = f"{upstream.name} at {upstream.base_url}"
    if problem is None:
        return ok("upstream", f"{place} takes connections")
    if is_configured:
        return fail("upstream", f"{place}: {problem}; start it, or mend its base_url in the configuration")
    return warn("upstream", f"{place}: {problem}; that matters only to calls that go there")


def _problems(upstreams: Sequence[UpstreamSettings], within_s: float) -> dict[str, str | None]:
    """By name; None: there is none. Threads may be left behind: a resolver is slower than anybody waits."""
    answers: SimpleQueue[tuple[str, str | None]] = SimpleQueue()

    def ask(upstream: UpstreamSettings) -> None:
        answers.put((upstream.name, _problem(URL(upstream.base_url), within_s)))

    problems: dict[str, str | None] = {one.name: f"no answer within {within_s:g} s" for one in upstreams}
    for upstream in upstreams:
        Thread(target=ask, args=(upstream,), daemon=True).start()
    deadline = monotonic() + within_s
    try:
        for _ in upstreams:
            name, problem = answers.get(timeout=max(0.0, deadline - monotonic()))
            problems[name] = problem
    except Empty:
        pass
    return problems


def _problem(address: URL, within_s: float) -> str | None:
    assert address.host is not None
    try:
        with socket.create_connection((address.host, address.port or 0), within_s) as connection:
            if address.scheme == "https":
                ssl.create_default_context().wrap_socket(connection, server_hostname=address.host).close()
    except socket.gaierror:
        return "its host name is not known"
    except TimeoutError:
        return f"no answer within {within_s:g} s"
    except ssl.SSLError:
        return "its TLS certificate or handshake is not valid"
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return None
