"""A case: what one peer does, what is right, and what was seen of the proxy between the peers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from tests.proxy.client import Answer, Client, call, connected
from tests.proxy.message import Ended, Head
from tests.proxy.upstream import Upstream, Visit

PLAIN = "/v1/things"
"""A path of no API that is metered: its bodies stream through."""
SILENCE_S = 0.3
"""A connection on which nothing comes for so long is open."""
Datum = TypeVar("Datum")


@dataclass(frozen=True, slots=True)
class Trial:
    """One case at one proxy."""

    port: int
    upstream: Upstream

    async def answer(self, request: bytes) -> Answer:
        """On a connection of its own."""
        return await call(self.port, request)

    async def seen(self, request: bytes, method: str = "POST") -> str:
        """The answer, whether the connection stays, and how many requests upstream has had in full."""
        async with connected(self.port) as client:
            await client.send(request)
            answer = await client.answer(method)
            return f"{answer.status} {await state_of(client)}, {len(self.upstream.received)} upstream"

    def answers(self, *raw: bytes, closes: bool = False) -> None:
        """Upstream will answer each request with these very bytes."""

        async def script(visit: Visit) -> None:
            await visit.send(*raw)
            if closes:
                visit.close()

        self.upstream.script = script


Check = Callable[[Trial], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Case:
    theme: str
    name: str
    expected: tuple[str, ...]
    """What is right: the first is preferred, the others are as good by the book."""
    check: Check

    @property
    def title(self) -> str:
        return f"{self.theme}: {self.name}"

    def is_right(self, seen: str) -> bool:
        return seen in self.expected


CASES: list[Case] = []
"""Of the themes that have been imported; tests.conformance.cases imports all."""


def case(*expected: str) -> Callable[[Check], Check]:
    def keep(check: Check) -> Check:
        CASES.append(Case(_theme(check), _words(check), expected, check))
        return check

    return keep


def each(
    data: Mapping[str, Datum], *expected: str, like: Callable[[Datum], str] | None = None
) -> Callable[[Callable[[Trial, Datum], Awaitable[str]]], object]:
    """A case for each of *data*: its name comes before the function's. *like*: what is right for a datum."""

    def keep(check: Callable[[Trial, Datum], Awaitable[str]]) -> object:
        for name, datum in data.items():
            right = (*((like(datum),) if like else ()), *expected)
            CASES.append(Case(_theme(check), f"{name} {_words(check)}", right, partial(_given, check, datum)))
        return check

    return keep


async def _given(check: Callable[[Trial, Datum], Awaitable[str]], datum: Datum, trial: Trial) -> str:
    return await check(trial, datum)


def _theme(check: Callable[..., object]) -> str:
    return check.__module__.rpartition(".")[2].replace("_", " ")


def _words(check: Callable[..., object]) -> str:
    return check.__name__.replace("_", " ")


async def state_of(client: Client) -> str:
    """Of a connection on which nothing is owed any more."""
    try:
        return "open" if await client.is_silent(SILENCE_S) else "talks on"
    except Ended:
        return "closed"


def told(answer: Answer) -> str:
    """Status, body and whether it was whole."""
    return f"{answer.status} {shown(answer.body)}, {'whole' if answer.whole else 'cut'}"


def shown(data: bytes | None) -> str:
    if data is None:
        return "-"
    text = data.decode("utf-8", "backslashreplace")
    return text if len(text) <= 60 else f"{len(data)} bytes"


def values(head: Head, name: str) -> str:
    """All of one name; `-` where there is none."""
    return " | ".join(shown(value) for value in head.values(name)) or "-"
