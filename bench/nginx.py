"""nginx twice: as the upstream that is never the bottleneck, and as the yardstick. No metering in either."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import MissingProgramError
from bench.processes import child, free_port, wait_until_ready
from bench.wire import ANSWER

READY_PATH = "/-/healthz"

_FRAME = """\
daemon off;
master_process off;  # one process that is also the one worker: its handle ends it, its CPU time is all of it
worker_processes 1;
pid {folder}/{name}.pid;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/{name}.body;
    proxy_temp_path {folder}/{name}.proxy;
    fastcgi_temp_path {folder}/{name}.fastcgi;
    uwsgi_temp_path {folder}/{name}.uwsgi;
    scgi_temp_path {folder}/{name}.scgi;
    client_body_buffer_size 1m;
    keepalive_timeout 300;
    keepalive_requests 1000000000;
{upstream}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = {ready} {{ return 200; }}
        location / {{
{location}
        }}
    }}
}}
"""

_POOL = """\
    upstream bench {{
        server 127.0.0.1:{upstream_port};
        keepalive 512;
        keepalive_requests 1000000000;
        keepalive_timeout 300;
    }}"""

_PASS = """\
            proxy_pass http://bench;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering {buffering};"""

_FIXED = f"""\
            default_type application/json;
            return 200 '{ANSWER}';"""


def program() -> str:
    """Where nginx is; Debian keeps it in /usr/sbin, which is not on every user's path."""
    found = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))
    if found is None:
        raise MissingProgramError("nginx", "nginx-light")
    return found


def fixed_upstream_config(folder: Path, name: str, port: int) -> str:
    return _FRAME.format(folder=folder, name=name, port=port, ready=READY_PATH, upstream="", location=_FIXED)


def yardstick_config(folder: Path, name: str, port: int, upstream_port: int, buffering: bool) -> str:
    return _FRAME.format(
        folder=folder,
        name=name,
        port=port,
        ready=READY_PATH,
        upstream=_POOL.format(upstream_port=upstream_port),
        location=_PASS.format(buffering="on" if buffering else "off"),
    )


@contextmanager
def running(config: str, folder: Path, name: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """An nginx with *config*, ready to answer."""
    file, log = folder / f"{name}.conf", folder / f"{name}.log"
    file.write_text(config)
    command = [program(), "-p", str(folder), "-c", str(file), "-e", "stderr"]
    with child(command, log) as process:
        wait_until_ready(process, port, READY_PATH, log)
        yield process


@contextmanager
def fixed_upstream(folder: Path) -> Iterator[int]:
    """An upstream that answers every call with the same chat completion; gives its port."""
    port = free_port()
    with running(fixed_upstream_config(folder, "upstream", port), folder, "upstream", port):
        yield port
