"""An upstream and a payback before it, for one case."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from ledger.call import Entry
from tests.proxy.running import toml_of
from tests.torture.case import Findings
from tests.torture.disk import Disk
from tests.torture.histories import Histories, compared
from tests.torture.load import upstream_for
from tests.torture.seeds import Seed
from tests.torture.server import Server, program, rows_of, sums_that_are_wrong, take_over

_LEDGER = "\n[ledger]\nmax_names = 1_000_000\n"
"""The user of each call is its number."""


def nothing(_: bytes) -> None:
    pass


@asynccontextmanager
async def staged(
    folder: Path,
    histories: Histories,
    *,
    seed: Seed | None = None,
    disk: Disk | None = None,
    spool: Path | None = None,
    arrived: Callable[[bytes], None] = nothing,
) -> AsyncIterator[Server]:
    """Killed when this ends. *arrived* is told each request that reaches the upstream."""
    toml = _LEDGER if spool is None else f'{_LEDGER}spool = "{spool}"\n'
    async with (
        upstream_for(histories, arrived) as upstream,
        program(folder, toml_of(upstream) + toml, disk=disk, seed=seed) as server,
    ):
        yield server


def judge(findings: Findings, histories: Histories, ledger: Path, spool: Path | None = None) -> list[Entry]:
    """What a start finds, against what was seen. Returns the ledger's rows."""
    take_over(ledger, spool)
    rows = rows_of(ledger)
    findings.add(compared(histories, rows), histories)
    findings.count("refused", len(histories.refused))
    findings.demand("sums differ from their calls", holds=not sums_that_are_wrong(ledger))
    return rows
