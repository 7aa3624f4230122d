"""payback, and nginx as the yardstick: each in front of a scripted upstream."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.nginx import program
from bench.processes import child, free_port
from tests.conformance.case import Case, Trial
from tests.proxy.running import configuration, running
from tests.proxy.upstream import Upstream, scripted_upstream

PATIENCE_S = 20.0
YARDSTICK_PATIENCE_S = 4.0
"""nginx waits a minute for answers that are none; that it waits is seen sooner."""
READY_S = 5.0
SETTLING_S = 0.02
"""After a case: the proxy learns that upstream has closed its connections."""

_NGINX = """\
daemon off;
master_process off;
pid {folder}/pid;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 0;
    large_client_header_buffers 4 64k;
    map $http_upgrade $websocket {{ ~*^websocket$ websocket; default ""; }}
    map $http_upgrade $connection_up {{ ~*^websocket$ upgrade; default ""; }}
    upstream peer {{ server 127.0.0.1:{upstream}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://peer;
            proxy_http_version 1.1;
            proxy_set_header Host 127.0.0.1:{upstream};
            proxy_set_header Upgrade $websocket;
            proxy_set_header Connection $connection_up;
            proxy_buffer_size 64k;
            proxy_buffers 4 64k;
            proxy_buffering off;
            proxy_request_buffering off;
        }}
    }}
}}
"""
"""A streaming reverse proxy, as its manual has it: nothing is kept back, connections are kept."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A proxy for many cases, each with an upstream of its own on the same port."""

    port: int
    upstream_port: int
    patience_s: float = PATIENCE_S

    async def sees(self, case: Case) -> str:
        """What *case* sees of it; an error of the case's own is what it saw."""
        try:
            async with scripted_upstream(port=self.upstream_port) as upstream:
                async with asyncio.timeout(self.patience_s):
                    return await case.check(Trial(self.port, upstream))
        except Exception as error:  # noqa: BLE001  # a peer that does what no case foresaw is a finding
            return f"{type(error).__name__}: {error}"
        finally:
            await asyncio.sleep(SETTLING_S)


Proxy = Callable[[], AbstractAsyncContextManager[Standing]]


@asynccontextmanager
async def payback() -> AsyncIterator[Standing]:
    upstream_port = free_port()
    with TemporaryDirectory() as folder:
        async with running(Path(folder), configuration(Upstream(port=upstream_port))) as started:
            yield Standing(started.port, upstream_port)


@asynccontextmanager
async def nginx() -> AsyncIterator[Standing]:
    """Raises MissingProgramError where it is not installed."""
    with TemporaryDirectory() as name:
        folder, standing = Path(name), Standing(free_port(), free_port(), YARDSTICK_PATIENCE_S)
        folder.chmod(0o755)  # its worker may be another user
        file = folder / "nginx.conf"
        file.write_text(_NGINX.format(folder=folder, upstream=standing.upstream_port, port=standing.port))
        with child([program(), "-p", name, "-c", str(file), "-e", "stderr"], folder / "log"):
            await _listening(standing.port)
            yield standing


async def _listening(port: int) -> None:
    async with asyncio.timeout(READY_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return
