"""Session fixtures: `llama_server`, one real llama.cpp server for chat, completions and embeddings, and
`llama_reranker`, the same for what llama.cpp does in place of embeddings only."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

PACKAGES = ("xllamacpp", "gguf", "numpy")
"""Optional: without them only the tests that ask for one of the fixtures are skipped."""

MODEL_NAME = "tiny-random"
"""What answers say in `model`, whatever the request asked for."""

START_TIMEOUT_S = 30.0
"""Start takes 0.1 s on an idle machine; the rest is for a busy one."""

STOP_TIMEOUT_S = 5.0

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class LlamaServer:
    base_url: str
    """http://127.0.0.1:PORT, no slash at the end; the OpenAI paths begin with /v1."""
    pid: int


@pytest.fixture(scope="session")
def llama_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """A server that answers from a tiny random model, ended with the session."""
    # One server does both: with --embedding llama.cpp still answers chat.
    with _serving(tmp_path_factory.mktemp("llama"), "--embedding") as server:
        yield server


@pytest.fixture(scope="session")
def llama_reranker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """The same model; its opinion on which text fits a question is as random as all that it says."""
    with _serving(tmp_path_factory.mktemp("reranker"), "--reranking") as server:
        yield server


@contextmanager
def _serving(directory: Path, option: str) -> Iterator[LlamaServer]:
    _skip_unless_installed()
    from tests.llama.tiny_model import write_tiny_model  # needs gguf and numpy

    model = directory / f"{MODEL_NAME}.gguf"
    write_tiny_model(model)
    with _running(model, directory / "server.log", option) as server:
        yield server


def _skip_unless_installed() -> None:
    for package in PACKAGES:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")


@contextmanager
def _running(model: Path, log: Path, option: str) -> Iterator[LlamaServer]:
    port = _free_port()
    command = [sys.executable, "-m", "tests.llama.server", str(model), str(port), option]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=output, stderr=output
        )
    try:
        server = LlamaServer(f"http://127.0.0.1:{port}", process.pid)
        _wait_until_healthy(server, process, log)
        yield server
    finally:
        _stop(process)


def _free_port() -> int:
    """Free now; another program could take it before the server does, then the start fails."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(server: LlamaServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while not _is_healthy(server):
        if process.poll() is not None:
            pytest.fail(f"llama.cpp exited with {process.returncode}:\n{_tail_of(log)}")
        if time.monotonic() > deadline_s:
            pytest.fail(f"llama.cpp not healthy after {START_TIMEOUT_S:.0f} s:\n{_tail_of(log)}")
        time.sleep(0.02)


def _is_healthy(server: LlamaServer) -> bool:
    """False while nobody listens and while the model loads (503)."""
    try:
        with urlopen(f"{server.base_url}/health", timeout=2):
            return True
    except (URLError, TimeoutError, ConnectionError):
        return False


def _tail_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask by closing stdin, insist by SIGKILL."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_TIMEOUT_S)
