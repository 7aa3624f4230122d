"""Why no answer came, in words that a user can act on and that hold no address."""

import errno
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from ledger.call import Outcome
from proxy.upstream_errors import NotHttp, broke, failed

KEY = ConnectionKey("secret.host.test", 443, True, True, None, None, None)
SECRET = "https://secret.host.test/?key=sk"


def refused(number: int) -> OSError:
    return OSError(number, f"Connect call failed ('10.1.2.3', {number})")


FAILURES: list[tuple[Exception, int, Outcome, str]] = [
    (aiohttp.ClientConnectorError(KEY, refused(errno.ECONNREFUSED)), 502, Outcome.UPSTREAM_ERROR, "refused"),
    (
        aiohttp.ClientConnectorError(KEY, refused(errno.ENETUNREACH)),
        502,
        Outcome.UPSTREAM_ERROR,
        "unreachable",
    ),
    (aiohttp.ClientConnectorDNSError(KEY, OSError(SECRET)), 502, Outcome.UPSTREAM_ERROR, "host name"),
    (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, SECRET)), 502, Outcome.UPSTREAM_ERROR, "TLS"),
    (
        aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError(SECRET)),
        502,
        Outcome.UPSTREAM_ERROR,
        "certificate",
    ),
    (aiohttp.ConnectionTimeoutError(SECRET), 504, Outcome.TIMEOUT, "did not take the connection"),
    (aiohttp.SocketTimeoutError(SECRET), 504, Outcome.TIMEOUT, "silent"),
    (TimeoutError(SECRET), 504, Outcome.TIMEOUT, "silent"),
    (NotHttp(SECRET), 502, Outcome.UPSTREAM_BROKE, "not HTTP"),
    (aiohttp.ServerDisconnectedError(SECRET), 502, Outcome.UPSTREAM_BROKE, "unanswered"),
    (aiohttp.ClientOSError(errno.ECONNRESET, SECRET), 502, Outcome.UPSTREAM_BROKE, "unanswered"),
]


@pytest.mark.parametrize(("error", "status", "outcome", "words"), FAILURES)
def test_a_failure_is_named_without_an_address(
    error: Exception, status: int, outcome: Outcome, words: str
) -> None:
    failure = failed(error, "lab")
    assert (failure.refusal.status, failure.outcome) == (status, outcome)
    assert words in failure.problem
    assert failure.problem.startswith("upstream lab ")
    assert failure.problem in failure.refusal.message
    assert "secret" not in failure.refusal.message
    assert "10.1.2.3" not in failure.refusal.message


def test_an_answer_that_stops_is_cut_or_has_fallen_silent() -> None:
    assert broke(aiohttp.ClientPayloadError(SECRET)).outcome is Outcome.UPSTREAM_BROKE
    assert broke(aiohttp.SocketTimeoutError(SECRET)).outcome is Outcome.TIMEOUT
    assert SECRET not in str(broke(aiohttp.ClientPayloadError(SECRET)))
