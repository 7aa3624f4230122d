"""One call: the only module here that talks to the server. What goes wrong is an answer, never an error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    InvalidURL,
    TCPConnector,
)

from payback.measure.answer import Answered, Failed, Reading, message_of
from payback.measure.endpoint import Endpoint

LONGEST_ERROR_BYTES = 1 << 16
"""Of an answer that is no stream, as much is read."""
_STREAM = "text/event-stream"


class Caller:
    def __init__(self, session: ClientSession, endpoint: Endpoint) -> None:
        self._session = session
        self._endpoint = endpoint

    async def call(self, prompt: str, output_tokens: int, silence_s: float) -> Answered | Failed:
        """A longer silence of the server's is a failure."""
        timeout = ClientTimeout(total=None, sock_connect=silence_s, sock_read=silence_s)
        body = self._endpoint.body(prompt, output_tokens)
        asked_s = now_s()
        try:
            async with self._session.post(
                self._endpoint.url,
                data=body,
                headers=self._endpoint.headers,
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                return await _read(response, asked_s, self._endpoint)
        except TimeoutError:  # before ClientError: aiohttp's time-outs are both
            return Failed("falls silent in the middle of a call")
        except ClientConnectorError as error:
            reason = (error.os_error.strerror or str(error.os_error)).lower()
            return Failed(f"cannot be reached ({reason}); start it, or mend the address")
        except InvalidURL:
            return Failed("is no address of a server")
        except ClientConnectionError:
            return Failed("ends the connection without an answer")
        except ClientError:
            return Failed("broke off in the middle of an answer")


@asynccontextmanager
async def calling(endpoint: Endpoint) -> AsyncIterator[Caller]:
    """Straight to the server, each call on a connection of its own: one that a server closes between two
    calls would look like a failure. Connecting is part of the time to the first token."""
    connector = TCPConnector(limit=0, force_close=True)
    async with ClientSession(connector=connector, trust_env=False) as session:
        yield Caller(session, endpoint)


def now_s() -> float:
    """On a clock that only goes forward."""
    return asyncio.get_running_loop().time()


async def _read(response: ClientResponse, asked_s: float, endpoint: Endpoint) -> Answered | Failed:
    if response.status != HTTPStatus.OK:
        return _refusal(response.status, await response.content.read(LONGEST_ERROR_BYTES), endpoint)
    if response.content_type != _STREAM:
        return Failed(
            f"answers with {response.content_type} where a stream was asked for; it has to take stream = true"
        )
    reading = Reading(asked_s)
    async for chunk in response.content.iter_any():
        reading.feed(chunk, now_s())
    return reading.finish()


def _refusal(status: int, body: bytes, endpoint: Endpoint) -> Failed:
    said = message_of(body)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        remedy = "name the variable that holds the key: --api-key-env NAME"
        remedy = remedy if endpoint.key is None else "the key is not the right one"
        return Failed(f"answers {status} ({said}); {remedy}")
    if status == HTTPStatus.NOT_FOUND:
        return Failed(
            f"answers 404 ({said}); it has no model {endpoint.model}, or takes no chat completions there"
        )
    return Failed(f"answers {status} ({said})")
