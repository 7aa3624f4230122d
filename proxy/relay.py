"""The relay: one answer from upstream to the client. Each chunk goes on as soon as it has come; the
chunk that carries tokens, and the one that ends the answer, wait for the ledger."""

import asyncio
import logging
from contextlib import suppress

from aiohttp import ClientError

from ledger.call import Entry, Outcome
from ledger.errors import LedgerUnavailable
from ledger.money import render_usd
from proxy.answer_body import AnswerBody
from proxy.headers import Headers, response_headers, without
from proxy.listening import KIND_OF, Kind, Metering, listening_to
from proxy.outlet import Outlet
from proxy.record import Record
from proxy.request import Request
from proxy.tap import NoTap
from proxy.untold import UntoldTap
from proxy.upstream_client import Answer
from proxy.upstream_errors import UpstreamBroke, broke

log = logging.getLogger(__name__)

WHOLE_BYTES = 1 << 18
WHOLE_SECONDS = 0.1
"""A metered document that is whole within these bounds carries its cost in a header; a longer one streams."""
_OF_THE_ENCODED = ("content-encoding", "content-md5", "digest", "content-digest", "repr-digest")
"""Headers that are not true of the same answer without its encoding."""


async def relay(request: Request, answer: Answer, record: Record, metering: Metering) -> Outlet:
    """Pass *answer* on. However this ends, the record is ended."""
    passage = _Passage(request, answer, record, metering)
    try:
        await passage.run()
        return passage.outlet
    except UpstreamBroke as error:
        passage.end_later(error.outcome, str(error))
    except LedgerUnavailable:
        record.end_unheard(
            Outcome.INTERRUPTED, passage.tap.learned, "cut, as the ledger could not be written"
        )
    except ConnectionError:
        passage.left()
    except asyncio.CancelledError:
        passage.left()
        raise
    except Exception as error:
        log.error("call %s failed", record.call_id, exc_info=error)
        record.end_unheard(Outcome.INTERRUPTED, passage.tap.learned, "payback failed within the answer")
    return passage.cut()


async def listen_to(answer: Answer, request: Request, record: Record, metering: Metering) -> None:
    """The client left before *answer* began, and it is listened to all the same."""
    await _Passage(request, answer, record, metering).listen_on()


class _Passage:
    def __init__(self, request: Request, answer: Answer, record: Record, metering: Metering) -> None:
        self.outlet = Outlet(request)
        self._is_head = request.method == "HEAD"
        self._answer = answer
        self._record = record
        self._complete = metering.complete
        self._scope = metering.scope
        self._listens_on = False
        self._kind, self.tap, decoder = listening_to(answer, metering)
        self._body = AnswerBody(answer, decoder)
        self._is_inflated = decoder is not None
        self._hides = metering.hide
        self._outcome = Outcome.OK if answer.status < 400 else Outcome.UPSTREAM_ERROR
        self._last_byte = b""
        """Of a document, what waits for the ledger."""

    async def run(self) -> None:
        if self._is_head:
            await self._end()
            return await self._begin()
        start, is_whole = await self._start()
        if is_whole:
            return await self._whole(start)
        await self._begin()
        if start:
            await self._pass(start)
        async for chunk in self._body.pieces():
            await self._pass(self._feed(chunk))
        rest = self._last_byte + self._finish_tap()
        await self._report_items()
        await self._end()
        await self.outlet.write(rest)
        await self.outlet.end()
        return None

    def cut(self) -> Outlet:
        """End the client's answer as a broken one: a clean end would make it look whole."""
        if not self._listens_on:
            self._answer.close()
        self.outlet.cut()
        return self.outlet

    def left(self) -> None:
        """The client has left, or payback ends: stop upstream's work, or hear what it comes to."""
        if self._record.is_ended or self._record.is_cut:
            self._record.end_cancelled(self.tap.learned)
        elif self._record.listens_on_s:
            self._listens_on = True
            self._record.afterwards(self.listen_on())
            return
        else:
            self.end_later(Outcome.CLIENT_LEFT)
        self._answer.close()

    async def listen_on(self) -> None:
        """Hear the answer out, as long as the configuration allows, though nobody waits for it."""
        try:
            with suppress(TimeoutError, UpstreamBroke, LedgerUnavailable):
                async with asyncio.timeout(self._record.listens_on_s):
                    async for chunk in self._body.pieces():
                        self._record.first_byte()
                        self._feed(chunk)
                        await self._report_items()
                    self._finish_tap()
                    await self._report_items()
        except asyncio.CancelledError:
            self._record.end_cancelled(self.tap.learned)
            raise
        except Exception as error:
            log.error("call %s failed", self._record.call_id, exc_info=error)
        finally:
            self._answer.close()
        await self._end_estimated(Outcome.CLIENT_LEFT)

    def end_later(self, outcome: Outcome, problem: str | None = None) -> None:
        """The end of a broken answer: what it did not tell is estimated while nobody waits."""
        learned = self.tap.learned
        is_late = self._record.is_ended or self._record.is_cut
        if self._complete is None or is_late or not learned.lacks_usage:
            self._record.end_unheard(outcome, learned, problem)
        else:
            self._record.afterwards(self._end_estimated(outcome, problem))

    async def _end_estimated(self, outcome: Outcome, problem: str | None = None) -> None:
        learned = self.tap.learned
        try:
            if self._complete is not None:
                learned = await self._complete(learned, self.tap.kept, learned.done)
        finally:
            self._record.end_unheard(outcome, learned, problem)

    async def _start(self) -> tuple[bytes, bool]:
        """What of a document is there at once, as it goes on, and whether that is all."""
        content = self._answer.content
        if self._kind is not Kind.STREAM and content.is_eof():
            return self._feed(self._read_nowait()), True
        if not self._may_be_document:
            return b"", False
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                while self._may_be_document and sum(map(len, parts)) < WHOLE_BYTES and not content.at_eof():
                    parts.append(self._feed(await content.readany()))
        except (TimeoutError, ClientError):  # reading on tells which, once what came has gone on
            return b"".join(parts), False
        return b"".join(parts), self._may_be_document and content.at_eof()

    @property
    def _may_be_document(self) -> bool:
        return self._kind is Kind.DOCUMENT or self._kind is Kind.UNTOLD

    def _read_nowait(self) -> bytes:
        try:
            return self._answer.content.read_nowait()
        except ClientError as error:
            raise broke(error) from error

    async def _whole(self, body: bytes) -> None:
        self._record.first_byte()
        rest = body + self._finish_tap()
        await self._report_items()
        entry = await self._end()
        headers = without(self._headers(), "content-length")
        if entry is not None and entry.list_cost is not None:
            headers.append(("X-Payback-Cost-Usd", render_usd(entry.list_cost)))
        await self.outlet.whole(self._answer.status, self._answer.reason, headers, rest)

    async def _pass(self, data: bytes) -> None:
        self._record.first_byte()
        data, self._last_byte = self._last_byte + data, b""
        if self._may_be_document:
            data, self._last_byte = data[:-1], data[-1:]
        await self._report_items()
        if self._kind is not Kind.DOCUMENT:
            await self._keep_books()
        await self.outlet.write(data)

    async def _keep_books(self) -> None:
        """Before the bytes that were just fed go out: what they told is on the disk."""
        learned = self.tap.learned
        if self._record.is_ended:
            return
        if learned.done or (self._kind is Kind.OPAQUE and self._answer.content.at_eof()):
            await self._end()
        else:
            await self._record.metered(learned)

    async def _report_items(self) -> None:
        """Likewise: calls that this answer reports are on the disk before it does."""
        if items := self.tap.take_items():
            await self._record.report(items, self._scope)

    async def _end(self) -> Entry | None:
        if self._record.is_ended:
            return None
        learned = self.tap.learned
        if self._complete is not None and learned.lacks_usage and self._outcome is Outcome.OK:
            learned = await self._complete(learned, self.tap.kept, True)
        return await self._record.end(self._outcome, learned)

    def _feed(self, chunk: bytes) -> bytes:
        held = self.tap.held()
        try:
            data = self.tap.feed(chunk)
        except Exception as error:  # noqa: BLE001  # a fault in metering never changes what the client gets
            self._give_up_metering(error)
            return held + chunk
        if self._kind is Kind.UNTOLD and isinstance(self.tap, UntoldTap):
            self._kind = KIND_OF[self.tap.framing]
        return data

    def _finish_tap(self) -> bytes:
        held = self.tap.held()
        try:
            return self.tap.finish()
        except Exception as error:  # noqa: BLE001  # as above
            self._give_up_metering(error)
            return held

    def _give_up_metering(self, error: Exception) -> None:
        log.error("metering failed for call %s", self._record.call_id, exc_info=error)
        self.tap = NoTap("metering failed", self.tap.learned)

    async def _begin(self) -> None:
        await self.outlet.begin(self._answer.status, self._answer.reason, self._headers())

    def _headers(self) -> Headers:
        headers = response_headers(self._answer.raw_headers)
        if self._hides and (self._kind is Kind.STREAM or self._kind is Kind.UNTOLD):
            headers = without(headers, "content-length")
        if self._is_inflated:
            headers = [_weak(name, value) for name, value in without(headers, *_OF_THE_ENCODED)]
        headers.append(("X-Payback-Call-Id", self._record.call_id))
        return headers


def _weak(name: str, value: str) -> tuple[str, str]:
    """A strong ETag is that of the very bytes that upstream sent."""
    is_strong = name.lower() == "etag" and not value.startswith("W/")
    return (name, f"W/{value}") if is_strong else (name, value)
