"""The body of an answer, as it comes from upstream; inflated where it is not to go on as it is."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from aiohttp import ClientError

from ledger.call import Outcome
from proxy.decoding import Decoder, Undecodable
from proxy.upstream_client import Answer
from proxy.upstream_errors import UpstreamBroke, broke


class AnswerBody:
    def __init__(self, answer: Answer, decoder: Decoder | None = None) -> None:
        """*decoder*: what takes its encoding off."""
        self._content = answer.content
        self._decoder = decoder
        self._inflated: Iterator[bytes] = iter(())
        """What is still to come of the last chunk."""

    async def pieces(self) -> AsyncIterator[bytes]:
        """Raises UpstreamBroke, while it is still clear who broke. After one that was cancelled, another goes
        on where it stopped."""
        try:
            if self._decoder is None:
                async for chunk in self._content.iter_any():
                    yield chunk
            else:
                async for piece in self._inflated_by(self._decoder):
                    yield piece
        except (ClientError, TimeoutError) as error:
            raise broke(error) from error
        except Undecodable as error:
            raise UpstreamBroke(Outcome.UPSTREAM_BROKE, "upstream's answer cannot be inflated") from error

    async def _inflated_by(self, decoder: Decoder) -> AsyncIterator[bytes]:
        """No more is inflated at once than goes on at once, and other calls have their turn between."""
        while True:
            for piece in self._inflated:
                if piece:
                    yield piece
                await asyncio.sleep(0)
            chunk = await self._content.readany()
            if not chunk:
                break
            self._inflated = decoder.decode(chunk)
        decoder.finish()
