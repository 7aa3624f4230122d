"""Runs Claude Code, Codex CLI and Continue's cn as their users do, each in an empty home of its own.

They reach this machine and no other: what they send elsewhere comes to a door that writes down where it was
to go, and opens nothing. The test is skipped, and says what is missing, where they are not installed: `make
agents` installs them, about 850 MB, and sees that they start."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.architecture.house import ROOT
from tests.clients.page import example
from tests.clients.programs import KEY, said
from tests.proxy.upstream import Upstream, Visit, scripted_upstream

AGENTS = ROOT / ".venv" / "agents"
STARTED = ROOT / ".venv" / ".agents-stamp"
"""Made once all of them have started."""
_NO_NAMES = Path(__file__).with_name("no_names.cjs")
_EXPORT = re.compile(r'^export (\w+)="?([^"\n#]*?)"?(?: +#.*)?$', re.MULTILINE)
_QUIET = {
    "CODEX_API_KEY": KEY,
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CONTINUE_METRICS_ENABLED": "0",
    "CONTINUE_CLI_AUTO_UPDATED": "1",
}
"""They report to nobody and renew nothing; Codex CLI is told so in its configuration."""


@dataclass(frozen=True, slots=True)
class Agent:
    """One of them, not yet started."""

    home: Path
    door: Upstream
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def names_looked_up(self) -> set[str]:
        """By a program for Node; the door does not see what it asks a name server."""
        looked_up = self.home / "names"
        return set(looked_up.read_text("utf-8").split()) if looked_up.exists() else set()

    async def run(self, program: str, *arguments: str, status: int = 0) -> str:
        """What it prints. Fails where it ends otherwise, and where it wanted to reach another machine."""
        for needed in ("npm", "node"):
            if shutil.which(needed) is None:
                pytest.skip(f"{needed} is not installed")
        command = AGENTS / "node_modules" / ".bin" / program
        if not STARTED.exists():
            pytest.skip(f"{program} is not installed; make agents installs it")
        door = f"http://127.0.0.1:{self.door.port}"
        own = {"HOME": str(self.home), "HTTPS_PROXY": door, "HTTP_PROXY": door, **_QUIET}
        if program == "cn":
            own |= {"NODE_OPTIONS": f"--require={_NO_NAMES}", "NAMES_LOOKED_UP": str(self.home / "names")}
        work = self.home / "work"
        work.mkdir(exist_ok=True)
        printed = await said([str(command), *arguments], work, {**own, **self.environment}, status=status)
        assert [head.start for head in self.door.heads] == []
        return printed.strip()


@asynccontextmanager
async def an_agent(home: Path) -> AsyncIterator[Agent]:
    home.mkdir()
    async with scripted_upstream() as door:
        door.on_head = _open_nothing
        yield Agent(home, door)


async def _open_nothing(visit: Visit) -> None:
    """The connection ends."""


def exported(heading: str, port: int) -> dict[str, str]:
    """The variables that the example for a shell sets under *heading*, with payback at *port*."""
    return dict(_EXPORT.findall(example(heading, "sh", port)))


def as_json(text: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(text)
    return document
