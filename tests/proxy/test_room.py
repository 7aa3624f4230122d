"""A process may open only so many files. Who comes when there are none left is told so; no call is made."""

import asyncio
import resource
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from proxy.refusal import Refusal
from proxy.room import LOOK_SECONDS, refuse_without_room, take_all_room
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import Client, call, connected, get, post
from tests.proxy.running import process, toml_of
from tests.proxy.upstream import scripted_upstream

IDLE, LEFT = 50, 4
"""Connections that are open; further files that may be opened: an eighth of all is kept, and that is more."""


@pytest.mark.parametrize(
    "request_", [post(CHAT, CHAT_REQUEST), get("/lab/v1/models")], ids=["lean", "aiohttp's"]
)
async def test_calls_for_which_no_file_can_be_opened_are_refused_and_not_made(
    request_: bytes, tmp_path: Path
) -> None:
    async with scripted_upstream() as upstream, process(tmp_path, toml_of(upstream)) as running:
        pid, port = running.process.pid, running.payback.port
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        async with AsyncExitStack() as stack:
            idle = [await stack.enter_async_context(connected(port)) for _ in range(IDLE)]
            await has_answered(idle[-1])
            limit = len([*Path(f"/proc/{pid}/fd").iterdir()]) + LEFT
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, before[1]))
            await asyncio.sleep(2 * LOOK_SECONDS)
            seen = len(upstream.received)
            refused = await call(port, request_)
            assert (refused.status, refused.head.value("Retry-After")) == (503, b"1")
            assert b"raise its limit of open files" in refused.body
            assert refused.head.value("Connection") == b"close"
            assert len(upstream.received) == seen
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        assert (await call(port, request_)).status == 200
        assert len(running.payback.rows()) == 2, "a call that was not made has a row"


async def has_answered(client: Client) -> None:
    """All connections that came before have been accepted by then."""
    await client.send(post(CHAT, CHAT_REQUEST))
    assert (await client.answer()).status == 200


def test_the_last_files_are_kept() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    refuse_without_room()
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (8, before[1]))
        with pytest.raises(Refusal, match="open files"):
            refuse_without_room()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_payback_takes_as_many_files_as_it_may_have() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, before[1]), before[1]))
        take_all_room()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
