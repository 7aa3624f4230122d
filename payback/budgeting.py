"""Budgets from the configuration, and what the ledger knows of them: asked by the same question as the report
asks, at the start, when a configuration has new ones, and when a day or a month begins. Never by a call."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ledger.errors import LedgerError
from ledger.money import NANO_PER_USD, NanoUsd
from ledger.pricebook import PriceBook
from ledger.rollup import Rollup
from ledger.sqlite.reader import open_sqlite_reader
from ledger.store import GroupBy, Reader
from payback.budget_sections import BudgetSettings
from payback.errors import SettingsError
from payback.settings import Settings
from proxy.budget import Budget, Budgets, Purse, Purses, Subject
from proxy.hold import tell_spent
from proxy.refusal import Reason
from proxy.spending import Spending

log = logging.getLogger(__name__)

JOURNAL_SECONDS = 0.2
"""What waited in the journal is in the ledger by then, where that can be written."""
SPOOL_SECONDS = 1.0
"""And after this it is known where it cannot."""
AGAIN_SECONDS = 1.0
"""How often is looked whether it can be written again: at two numbers in memory."""


class Budgeting:
    """What lasts of budgets when the configuration changes. *is_behind*: entries wait for the ledger, or it
    cannot be written."""

    def __init__(
        self,
        ledger: Path,
        now_us: Callable[[], int],
        count: Callable[[Reason], None],
        *,
        is_behind: Callable[[], bool] = lambda: False,
    ) -> None:
        self._ledger = ledger
        self._now_us = now_us
        self._count = count
        self._is_behind = is_behind
        self._purses = Purses(self._begun)
        self._budgets = Budgets((), self._purses)
        self._reading: set[asyncio.Future[None]] = set()

    def take(self, settings: Settings, prices: PriceBook) -> Spending:
        """By these settings from now on. What is spent of budgets that stay, and what is kept for calls under
        way, stays too.

        Raises SettingsError where the ledger cannot be asked for new ones, and then nothing has changed."""
        budgets = [budget_of(budget) for budget in settings.budget]
        subjects = {budget.subject: None for budget in budgets}
        now_us = self._now_us()
        new = [
            Purse(subject, subject.period_at(now_us))
            for subject in subjects
            if self._purses.known(subject, now_us) is None
        ]
        if new:
            self._read(new)
        self._purses.use(subjects)
        for purse in new:
            self._purses.add(purse)
        self._budgets = Budgets(budgets, self._purses)
        tell_spent(self._budgets.now(now_us))
        return Spending(self._budgets, prices, self._count)

    def now(self) -> list[tuple[Budget, Purse]]:
        """Each budget, and how it is doing."""
        return self._budgets.now(self._now_us())

    def _read(self, purses: Sequence[Purse]) -> None:
        try:
            found = sums_of(self._ledger, purses)
        except LedgerError as error:
            raise SettingsError(f"what budgets have spent cannot be read from the ledger: {error}") from error
        for purse, sums in zip(purses, found, strict=True):
            purse.recall(sums.list_cost, sums.unpriced_calls)
        self._keep_on(self._read_again(purses))

    async def close(self) -> None:
        """Nothing is read any more."""
        for reading in self._reading:
            reading.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)

    def _begun(self, purse: Purse) -> None:
        """A day or a month has begun: the ledger has nothing of it, unless the clock was wrong once."""
        self._keep_on(self._recall([purse]))

    def _keep_on(self, reads: Coroutine[Any, Any, None]) -> None:
        reading = asyncio.ensure_future(reads)
        self._reading.add(reading)
        reading.add_done_callback(self._reading.discard)

    async def _read_again(self, purses: Sequence[Purse]) -> None:
        """Of calls that ended before there was a budget the ledger alone will know, and it may be behind."""
        await asyncio.sleep(JOURNAL_SECONDS)
        await self._recall(purses)
        await asyncio.sleep(SPOOL_SECONDS)
        while self._is_behind():  # noqa: ASYNC110  # nobody tells when the spool is empty
            await asyncio.sleep(AGAIN_SECONDS)
        await self._recall(purses)

    async def _recall(self, purses: Sequence[Purse]) -> None:
        try:
            found = await asyncio.to_thread(sums_of, self._ledger, purses)
        except LedgerError as error:
            log.warning("what a budget has spent before is not read from the ledger: %s", error)
            return
        for purse, sums in zip(purses, found, strict=True):
            purse.recall(sums.list_cost, sums.unpriced_calls)
        tell_spent(self.now())


def budget_of(settings: BudgetSettings) -> Budget:
    said = [(field, name) for field, name in settings.of or () if name is not None]
    field, name = said[0] if said else (None, None)
    return Budget(
        name=settings.name,
        limit=NanoUsd(int(settings.usd * NANO_PER_USD)),
        subject=Subject(settings.per, field, name),  # type: ignore[arg-type]  # BudgetOf has those fields
        refuses=settings.when_spent == "refuse",
        refuses_unpriced=settings.unpriced == "refuse",
    )


def sums_of(ledger: Path, purses: Sequence[Purse]) -> list[Rollup]:
    """What the ledger has counted of each. Raises LedgerError."""
    with closing(open_sqlite_reader(ledger)) as reader, reader.snapshot():
        return [_sums_of(reader, purse) for purse in purses]


def _sums_of(reader: Reader, purse: Purse) -> Rollup:
    field, name = purse.subject.field, purse.subject.name
    report = reader.report(purse.period, GroupBy(field or "upstream"))
    if field is None:
        return report.total
    return next((group.sums for group in report.groups if group.value == name), Rollup())
