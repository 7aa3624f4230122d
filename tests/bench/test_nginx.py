"""The configurations as text; nginx itself need not be installed."""

from pathlib import Path

import pytest

from bench import nginx, wire
from bench.errors import MissingProgramError


def test_the_answer_survives_nginx_quotes() -> None:
    assert not set(wire.ANSWER) & {"'", "$", "\\"}  # any of them would need escaping in return 200 '...'
    assert f"return 200 '{wire.ANSWER}';" in nginx.fixed_upstream_config(Path("/folder"), "upstream", 8001)


def test_the_yardstick_keeps_its_connections_and_writes_no_log() -> None:
    config = nginx.yardstick_config(Path("/folder"), "nginx", 8002, 8001, buffering=False)
    for line in (
        "listen 127.0.0.1:8002 ",
        "server 127.0.0.1:8001;",
        "keepalive 512;",
        "proxy_http_version 1.1;",
        'proxy_set_header Connection "";',
        "proxy_buffering off;",
        "access_log off;",
    ):
        assert line in config
    assert config.count("{") == config.count("}")


def test_a_missing_nginx_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(MissingProgramError, match="apt-get install nginx-light"):
        nginx.program()
