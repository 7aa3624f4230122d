"""What the server and the process that projects say to each other: a length, then that many bytes.

Questions are pickled, as both ends are one program; answers are JSON, which nothing can be run from."""

import asyncio
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ledger.pricebook import PriceBook

LENGTH_BYTES = 8
LONGEST_BYTES = 1 << 28
NOTHING, BAD_PLAN, FAILED = "nothing", "bad_plan", "failed"
"""Why there is no answer, beside the sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Said once, before the first question."""

    ledger: Path
    book: PriceBook


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def read_question(stream: BinaryIO) -> Any:
    """Raises EOFError when whoever asks has gone."""
    head = stream.read(LENGTH_BYTES)
    body = stream.read(int.from_bytes(head, "big")) if len(head) == LENGTH_BYTES else b""
    if not body:
        raise EOFError
    return pickle.loads(body)  # noqa: S301 - from the server that started this process, over its own pipe


async def read_answer(stream: asyncio.StreamReader) -> bytes:
    """Raises asyncio.IncompleteReadError when the process has gone."""
    length = int.from_bytes(await stream.readexactly(LENGTH_BYTES), "big")
    if length > LONGEST_BYTES:
        raise asyncio.IncompleteReadError(b"", length)
    return await stream.readexactly(length)
