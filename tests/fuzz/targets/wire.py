"""Requests and answers as bytes on sockets, through payback in a process of its own.

Upstream is scripted. What payback makes of a request is compared with what came there; of an answer, with
what a strict reader makes of it, wherever that is sure what it is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ledger.call import State
from tests.fuzz.cutting import cut
from tests.fuzz.strict import Strict, strictly_read
from tests.fuzz.target import Check, Fed, Open, Target
from tests.fuzz.targets.wire_seeds import answers_of_http, requests_of_http
from tests.proxy.bodies import ASKED_REQUEST, CHAT, CHAT_REQUEST
from tests.proxy.client import Answer, Client, call, connected, post
from tests.proxy.message import Ended, Head
from tests.proxy.running import Process, eventually, process, toml_of
from tests.proxy.upstream import Received, Upstream, Visit, scripted_upstream

QUIET_S = 0.05
"""A client that has had no answer for so long sends no more; payback is to end the connection then."""
WARM_UP_RUNS = 30
MOST_GROWTH_KIB = 64 << 10
"""Of the server, over a whole campaign: what one input takes is freed; what stays of each would add up."""
NOT_OURS = (501, 505)
"""Codings and versions of HTTP that are not spoken."""


@dataclass(slots=True)
class Rig:
    upstream: Upstream
    process: Process
    runs: int = 0
    warm_kib: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.process.payback.port

    def rss_kib(self) -> int:
        status = Path(f"/proc/{self.process.process.pid}/status").read_text("ascii")
        return int(status.partition("VmRSS:")[2].split()[0])

    async def estimates(self) -> None:
        """Once, so that the tokenizer's 54 MB are there before anything can grow."""
        self.upstream.script = untold
        assert (await call(self.port, post(CHAT, CHAT_REQUEST))).status == 200
        await eventually(lambda: any(entry.call.tokenizer for entry in self.process.payback.rows()))

    async def goes_on(self) -> None:
        """Somebody else is answered all the while."""
        self.runs += 1
        if self.runs == WARM_UP_RUNS:
            self.warm_kib = self.rss_kib()
        if self.runs % 20 == 0:
            self.upstream.script = echo
            answer = await call(self.port, post(CHAT, CHAT_REQUEST))
            assert (answer.status, answer.body) == (200, echo_of(self.upstream.received[-1]))
        assert self.process.process.returncode is None, "payback has ended"

    async def at_the_end(self, said: Path) -> None:
        if self.warm_kib:
            assert self.rss_kib() - self.warm_kib < MOST_GROWTH_KIB, "its memory has grown"
        await eventually(lambda: all(entry.state is State.ENDED for entry in self.process.payback.rows()))
        told = said.read_text("utf-8", "replace")
        assert "Traceback" not in told, told[-3000:]


@asynccontextmanager
async def _rig(folder: Path) -> AsyncIterator[Rig]:
    said = folder / "stderr"
    async with scripted_upstream() as upstream, process(folder, toml_of(upstream), stderr=said) as started:
        rig = Rig(upstream, started)
        await rig.estimates()
        yield rig
        await rig.at_the_end(said)


def through_payback(feed: Callable[[Rig, Fed], Awaitable[None]]) -> Open:
    @contextmanager
    def open_(folder: Path) -> Iterator[Check]:
        async def fed_to(rig: Rig, fed: Fed) -> None:
            await rig.goes_on()
            await feed(rig, fed)

        with asyncio.Runner() as runner:
            started = _rig(folder)
            rig = runner.run(started.__aenter__())
            try:
                yield lambda fed: runner.run(fed_to(rig, fed))
            except BaseException as error:
                runner.run(started.__aexit__(type(error), error, error.__traceback__))
                raise
            runner.run(started.__aexit__(None, None, None))

    return open_


async def echo(visit: Visit) -> None:
    await visit.answer(echo_of(visit.received), ("Content-Type", "text/plain"))


async def untold(visit: Visit) -> None:
    """Its tokens have to be estimated."""
    await visit.answer(b'{"choices":[{"message":{"content":"yes"}}]}', ("Content-Type", "application/json"))


def echo_of(received: Received) -> bytes:
    return b"%d of %s: " % (len(received.body), received.target.encode("latin-1")) + received.body


async def request(rig: Rig, fed: Fed) -> None:
    """Refused, or passed on as it came; answers belong to their requests, in their order."""
    rig.upstream.script = echo
    rig.upstream.received.clear()
    answers = await _answers(rig.port, fed)
    for answer in answers:
        assert answer.status < 500 or answer.status in NOT_OURS, answer.head.start
    received = list(rig.upstream.received)
    for each in received:
        _is_clear(each)
        assert each.body in fed.data or b"chunked" in fed.data.lower()
    echoes = [answer.body for answer in answers if answer.status == 200 and answer.body[:1].isdigit()]
    told = [echo_of(each) for each in received]
    assert echoes == [body for body in told if body in echoes][: len(echoes)]
    if b"HEAD" not in fed.data:
        assert len(received) <= len(answers) + 1, "upstream was asked what the client has not asked"


async def _answers(port: int, fed: Fed) -> list[Answer]:
    """All of them; where HEAD is asked for, the first alone: others end where their requests say."""
    answers: list[Answer] = []
    async with connected(port) as client:
        with suppress(Ended, ConnectionError):
            for piece in cut(fed.data, fed.chance) if fed.chance.random() < 0.5 else [fed.data]:
                await client.send(piece)
            while True:
                head, is_head = await _next_head(client), b"HEAD" in fed.data
                pieces = client.pieces(head, "HEAD" if is_head else "POST")
                answers.append(Answer(head, b"".join([piece async for piece in pieces]), True))
                if is_head:
                    break
    return answers


async def _next_head(client: Client) -> Head:
    """Raises Ended where none comes, once the client has said that it sends no more."""
    try:
        async with asyncio.timeout(QUIET_S):
            return await client.head()
    except TimeoutError:
        client.half_close()
        return await client.head()


def _is_clear(received: Received) -> None:
    """No second reader can take it for anything else."""
    head = received.head
    assert len(head.values("Host")) == 1
    assert len(head.values("Content-Length")) + len(head.values("Transfer-Encoding")) <= 1
    assert head.value("Connection") in (None, b"keep-alive", b"close", b"Upgrade")
    for name, value in head.headers:
        assert name.translate(None, b"!#$%&'*+-.^_`|~0123456789").isalpha(), name
        assert not set(value) & {0, 10, 13}, name
    assert head.start.count(b" ") == 2


async def answer(rig: Rig, fed: Fed) -> None:
    """A good answer reaches the client as it is; a broken one is seen to be broken."""

    async def say(visit: Visit) -> None:
        await visit.send(*cut(fed.data, fed.chance))
        visit.close()

    rig.upstream.script = say
    rig.upstream.received.clear()
    found = await call(rig.port, post(fed.name, ASKED_REQUEST))
    told = strictly_read(fed.data)
    if told is not None and rig.upstream.received:  # else the connection died as the request went out
        _is_the_same(found, told)
    assert found.head.value("X-Payback-Call-Id") is not None


def _is_the_same(found: Answer, told: Strict) -> None:
    if found.status in (502, 504) and not told.is_whole:
        return
    assert found.status == told.status
    assert told.body.startswith(found.body)
    assert found.whole == told.is_whole
    if told.is_whole:
        assert found.body == told.body


_FRAMING = (
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding : chunked\r\n",
    b"Content-Length: 5\r\n", b"Content-Length: +5\r\n", b"Connection: close\r\n", b"0\r\n\r\n", b"HTTP/1.0",
    b"5;a=b\r\nhello\r\n", b"\r\n ",
)  # fmt: skip
TARGETS: Sequence[Target] = (
    Target(
        name="requests-on-the-wire",
        promise="a request is refused or passed on as it came, and payback goes on answering the others",
        seeds=requests_of_http,
        open=through_payback(request),
        small_runs=60,
        words=(*_FRAMING, b"Host: a\r\n", b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"//host/"),
    ),
    Target(
        name="answers-on-the-wire",
        promise="an answer reaches the client as it is, or is seen to be broken, and the call has its row",
        seeds=answers_of_http,
        open=through_payback(answer),
        small_runs=40,
        words=(
            *_FRAMING,
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 101 X\r\n",
            b"Content-Encoding: gzip\r\n",
        ),
    ),
)
