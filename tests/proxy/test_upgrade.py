"""What upstream answers to a handshake: the first final answer counts, and what is none is not passed on."""

from pathlib import Path

import pytest

from ledger.call import Outcome
from proxy.wire import LINE_BYTES
from tests.proxy.client import call, connected, get
from tests.proxy.message import message
from tests.proxy.running import Payback, configuration, eventually, running
from tests.proxy.upstream import Upstream, Visit
from tests.proxy.websockets import UPGRADE

HANDSHAKE = get("/v1/live", *UPGRADE)
SWITCHED = message("HTTP/1.1 101 Switching Protocols", UPGRADE[:2])


class Answers:
    """A script that answers with these bytes, and notes when its connection has ended."""

    def __init__(self, *raw: bytes, closes: bool = False) -> None:
        self.raw, self.closes = raw, closes
        self.is_left = False

    async def __call__(self, visit: Visit) -> None:
        await visit.send(*self.raw)
        if self.closes:
            visit.close()
            return
        await visit.left()
        self.is_left = True


async def test_answers_before_the_final_one_are_not_it(upstream: Upstream, payback: Payback) -> None:
    hints = message("HTTP/1.1 103 Early Hints", [("Link", "</a>")])
    upstream.script = Answers(hints, message("HTTP/1.1 100 Continue"), SWITCHED)
    async with connected(payback.port) as client:
        await client.send(HANDSHAKE)
        assert (await client.provisional_head()).start == b"HTTP/1.1 101 Switching Protocols"


NO_ANSWERS = {
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", False),
    "a status of 000": (message("HTTP/1.1 000 None"), False),
    "a coding that is not taken off": (message("HTTP/1.1 403 No", [("Transfer-Encoding", "gzip")]), False),
    "a control byte": (SWITCHED[:-2] + b"X: \x01\r\n\r\n", False),
    "a line without end": (b"HTTP/1.1 101 X\r\nX: " + b"x" * (2 * LINE_BYTES), False),
    "half a head": (SWITCHED[:-2], True),
    "nothing": (b"", True),
}


@pytest.mark.parametrize("what", NO_ANSWERS)
async def test_what_is_no_answer_is_a_502_and_the_connection_has_ended(
    what: str, upstream: Upstream, payback: Payback
) -> None:
    raw, closes = NO_ANSWERS[what]
    upstream.script = Answers(raw, closes=closes)
    answer = await call(payback.port, HANDSHAKE)
    assert (answer.status, b'"code":"upstream_broke"' in answer.body) == (502, True)
    assert (await payback.row()).call.outcome is Outcome.UPSTREAM_BROKE


async def test_an_upstream_that_says_nothing_is_given_up(upstream: Upstream, tmp_path: Path) -> None:
    upstream.script = silent = Answers()
    table = configuration(upstream, server={"idle_timeout_s": 0.1})
    async with running(tmp_path, table) as payback:
        assert (await call(payback.port, HANDSHAKE)).status == 504
        assert (await payback.row()).call.outcome is Outcome.TIMEOUT
        await eventually(lambda: silent.is_left)


async def test_a_refusal_ends_upstreams_connection_with_its_body(
    upstream: Upstream, payback: Payback
) -> None:
    """It was made for one handshake alone."""
    refusal = message("HTTP/1.1 426 Upgrade Required", [("Content-Length", "2")], b"no")
    upstream.script = refused = Answers(refusal)
    answer = await call(payback.port, HANDSHAKE)
    assert (answer.status, answer.body, answer.whole) == (426, b"no", True)
    await payback.row()
    await eventually(lambda: refused.is_left)


async def test_a_refusal_that_upstream_cuts_is_cut(upstream: Upstream, payback: Payback) -> None:
    upstream.script = Answers(message("HTTP/1.1 403 No", [("Content-Length", "9")], b"half"), closes=True)
    answer = await call(payback.port, HANDSHAKE)
    assert (answer.status, answer.body, answer.whole) == (403, b"half", False)
    assert (await payback.row()).call.outcome is Outcome.UPSTREAM_BROKE
