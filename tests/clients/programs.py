"""Runs a client as a process of its own, as its users do. What it would fetch by itself meets a closed door.

The test is skipped, and says what is missing, where the client is not installed: `make clients` installs
LangChain, LlamaIndex and LiteLLM, and with npm the libraries for Node. Claude Code and others: see agents."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.architecture.house import ROOT

FRAMEWORKS = ROOT / ".venv" / "clients"
"""Apart from this process's environment: LlamaIndex wants an older version of openai's library."""
NODE = ROOT / ".venv" / "node"
"""Where Node finds its libraries."""
HOME = ROOT / ".venv"
"""What a client leaves there, nobody keeps."""
PROGRAM_S = 90
KEY = "sk-of-the-application"
_CLOSED = "http://127.0.0.1:9"
"""Nobody listens there. What a library wants to fetch or to report over TLS ends here."""
_ENVIRONMENT = {
    "OPENAI_API_KEY": KEY,
    "ANTHROPIC_API_KEY": KEY,
    "HTTPS_PROXY": _CLOSED,
    "NO_PROXY": "127.0.0.1,localhost",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LANGSMITH_TRACING": "false",
    "PYTHONDONTWRITEBYTECODE": "1",
}

_NOTHING: Mapping[str, str] = {}


async def run_python(code: str, **environment: str) -> str:
    """What *code* prints, with the libraries that this process has."""
    return await said([sys.executable, "-c", code], ROOT, environment)


async def run_framework(package: str, code: str) -> str:
    """What *code* prints, in the environment that has *package*."""
    if not list(FRAMEWORKS.glob(f"lib/python3*/site-packages/{package}")):
        pytest.skip(f"{package} is not installed; make clients installs it")
    return await said([str(FRAMEWORKS / "bin" / "python"), "-c", code], ROOT)


async def run_node(package: str, code: str, **environment: str) -> str:
    """What *code*, a module, prints."""
    for program in ("npm", "node"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if not (NODE / "node_modules" / package).exists():
        pytest.skip(f"{package} is not installed; make clients installs it")
    return await said(["node", "--input-type=module", "--eval", code], NODE, environment)


async def run_shell(code: str) -> str:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    return await said(["sh", "-euc", code], ROOT)


async def said(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] = _NOTHING, *, status: int = 0
) -> str:
    """What *command* prints before it ends with *status*. Of ours it has PATH, and what is given here."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(HOME), **_ENVIRONMENT, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PROGRAM_S):
            out, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert process.returncode == status, errors.decode() + out.decode()
    return out.decode()
