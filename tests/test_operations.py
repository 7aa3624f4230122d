"""What comes along for those who run payback: the unit, the image and their documentation say what is so."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from payback import cli
from payback.app import CLOSE_SECONDS
from payback.metrics import MOST_SERIES
from payback.preconditions import is_loopback
from payback.sections import Server
from payback.settings import load_settings
from payback.under_way import CUT_SECONDS
from tests.architecture.house import PACKAGES, ROOT
from tests.payback.served import served
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import call, post
from tests.proxy.running import configuration, running
from tests.proxy.upstream import scripted_upstream

PACKAGING = ROOT / "packaging"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
METRICS_TABLE = re.compile(r"<!-- metrics -->\n(.*?)<!-- /metrics -->", re.DOTALL)
HARDENED = {
    "DynamicUser": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
    "NoNewPrivileges": "yes", "MemoryDenyWriteExecute": "yes", "CapabilityBoundingSet": "",
    "StateDirectory": "payback", "StateDirectoryMode": "0700", "UMask": "0077",
}  # fmt: skip


def unit() -> dict[str, list[str]]:
    """Settings of the unit; each may come more than once."""
    settings: dict[str, list[str]] = {}
    for line in (PACKAGING / "payback.service").read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            settings.setdefault(name, []).append(value)
    return settings


def test_the_unit_gives_calls_the_time_that_payback_gives_them() -> None:
    (seconds,) = unit()["TimeoutStopSec"]
    drain_s = Server().drain_s
    assert float(seconds) > drain_s + CUT_SECONDS + CLOSE_SECONDS


def test_the_unit_takes_away_what_payback_does_not_need() -> None:
    found = unit()
    assert {name: found.get(name, ["missing"])[-1] for name in HARDENED} == HARDENED
    assert found["SystemCallFilter"] == ["@system-service", "~@privileged"]


def test_the_unit_starts_and_reloads_payback_by_options_that_it_has() -> None:
    (command,) = unit()["ExecStart"]
    program, *argv = shlex.split(command)
    args = cli._parsed(argv)
    assert Path(program).name == "payback"
    assert args.ledger == "/var/lib/payback/payback.db"
    assert unit()["ExecReload"] == ["/bin/kill -HUP $MAINPID"]


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    """With a program that is there. Where systemd is not, this says nothing."""
    if shutil.which("systemd-analyze") is None:
        return
    text = (PACKAGING / "payback.service").read_text("utf-8")
    copy = tmp_path / "payback.service"
    copy.write_text(text.replace("/opt/payback/bin/payback", sys.executable))
    verify = ["systemd-analyze", "verify", str(copy)]
    ran = subprocess.run(verify, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def test_the_documentation_names_secrets_where_the_unit_puts_them() -> None:
    (credential,) = unit()["LoadCredential"]
    assert f"/run/credentials/payback.service/{credential.partition(':')[0]}" in OPERATIONS


def dockerfile() -> list[tuple[str, str]]:
    """Instructions and what follows them, lines that go on joined."""
    text = (PACKAGING / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found = [line.partition(" ") for line in joined.splitlines() if line]
    return [(name, rest.strip()) for name, _, rest in found]


def all_of(instruction: str) -> list[str]:
    return [rest for name, rest in dockerfile() if name == instruction]


def last_stage() -> list[tuple[str, str]]:
    lines = dockerfile()
    return lines[max(at for at, (name, _) in enumerate(lines) if name == "FROM") :]


def test_every_line_of_the_dockerfile_is_an_instruction() -> None:
    words = "ARG FROM WORKDIR COPY RUN ENV USER VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD"
    assert {name for name, _ in dockerfile()} == {*words.split(" ")}


def test_what_is_copied_into_the_image_is_there_and_is_not_ignored() -> None:
    sources = [
        source
        for rest in all_of("COPY")
        if not rest.startswith("--from=")
        for source in shlex.split(rest)[:-1]
    ]
    assert set(PACKAGES) <= set(sources)
    assert [source for source in sources if not (ROOT / source).exists()] == []
    ignored = (PACKAGING / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert next(line for line in ignored if line and line[0] != "#") == "*"
    assert [source for source in sources if f"!{source}" not in ignored] == []


def test_a_ledger_or_a_key_in_the_checkout_does_not_get_into_the_image() -> None:
    ignored = (PACKAGING / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    kept = [line[1:] for line in ignored if line.startswith("!")]
    for private in ("payback.db", "payback.db-wal", "payback.toml", ".env", ".git", "tests", "key.pem"):
        assert not any(fnmatch(private, pattern) for pattern in kept)


def test_the_image_runs_as_nobody_special_and_carries_no_tools_to_install_more() -> None:
    stage = last_stage()
    (user,) = [rest for name, rest in stage if name == "USER"]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    order = [name for name, _ in stage]
    assert order.index("USER") < order.index("ENTRYPOINT")
    assert not any("pip" in rest or "apt" in rest for name, rest in stage if name == "RUN")
    (owned,) = [rest for name, rest in stage if name == "RUN"]
    assert "-m 0700 -o 10001 -g 10001 /var/lib/payback" in owned
    assert [rest for name, rest in stage if name == "VOLUME"] == ["/var/lib/payback"]


def test_images_are_named_plainly_and_nothing_secret_is_asked_for() -> None:
    for rest in all_of("FROM"):
        assert re.fullmatch(r"python:\$\{PYTHON\}-slim(?: AS build)?", rest), rest
    said = " ".join([*all_of("ARG"), *all_of("ENV")]).upper()
    assert not re.search(r"KEY|TOKEN|PASSWORD|SECRET", said)
    assert "-c constraints.txt" in " ".join(all_of("RUN"))


def test_the_image_starts_with_a_configuration_that_is_one() -> None:
    """It listens on every address, so a password is a condition, and the environment has it."""
    (start,) = all_of("CMD")
    args = cli._parsed(json.loads(start))
    assert args.config == "/etc/payback/payback.toml"
    assert "packaging/payback.toml /etc/payback/payback.toml" in all_of("COPY")
    settings = load_settings(PACKAGING / "payback.toml")
    assert not is_loopback(settings.server.host)
    assert settings.report.password is not None
    assert (settings.report.password.env, settings.log.format) == ("PAYBACK_REPORT_PASSWORD", "json")
    assert (settings.ledger.url or "").startswith("/var/lib/payback/")


async def test_the_images_configuration_starts_and_its_health_check_finds_it(tmp_path: Path) -> None:
    """With this test's port and ledger. Once nothing listens any more, the check fails."""
    (check,) = all_of("HEALTHCHECK")
    words = json.loads(check.partition("CMD ")[2])
    toml = (PACKAGING / "payback.toml").read_text("utf-8").replace("/var/lib/payback", str(tmp_path))
    (tmp_path / "payback.toml").write_text(toml)
    async with served(tmp_path, PAYBACK_REPORT_PASSWORD="hush") as started:
        code = words[-1].replace("127.0.0.1:8300", f"127.0.0.1:{started.port}")
        assert code != words[-1]
        assert subprocess.run([sys.executable, *words[1:-1], code], timeout=20).returncode == 0
        started.terminate()
        assert (await started.ended())[0] == 0
        quiet = subprocess.run([sys.executable, *words[1:-1], code], timeout=20, capture_output=True)
        assert quiet.returncode != 0


def test_what_the_documentation_says_of_the_image_is_in_the_dockerfile() -> None:
    assert "docker build -t payback -f packaging/Dockerfile ." in OPERATIONS
    assert "-v payback:/var/lib/payback" in OPERATIONS
    assert "user 10001" in OPERATIONS
    assert all_of("EXPOSE") == ["8300"]


async def test_the_table_of_metrics_is_that_of_the_page(tmp_path: Path) -> None:
    table = METRICS_TABLE.search(OPERATIONS)
    assert table is not None
    named = {name for line in table[1].splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    named -= {"python_info"}
    budget = {"name": "all", "usd": "1"}
    async with (
        scripted_upstream() as upstream,
        running(tmp_path, configuration(upstream, budget=[budget])) as payback,
    ):
        await call(payback.port, post(CHAT, CHAT_REQUEST))
        page = await call(payback.port, b"GET /-/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    shown = set(re.findall(r"^# TYPE (\w+)", page.body.decode(), re.MULTILINE))
    ours = {
        name for name in shown if not name.startswith(("process_", "python_")) and name[-8:] != "_created"
    }
    assert named == ours
    assert f"{MOST_SERIES} combinations" in OPERATIONS


def test_the_alerts_and_the_dashboard_are_reachable_from_where_people_read() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for link in (
        "docs/operations.md",
        "docs/grafana.json",
        "packaging/payback.service",
        "packaging/Dockerfile",
    ):
        assert f"]({link})" in readme


@pytest.mark.parametrize("line", ["proxy_buffering off;", "proxy_request_buffering off;", "gzip off;"])
def test_nginx_passes_answers_on_as_they_come(line: str) -> None:
    assert line in nginx_block()


def test_nginx_sends_nothing_twice_waits_longer_than_payback_and_leaves_paths_alone() -> None:
    block = nginx_block()
    assert "proxy_next_upstream off;" in block
    assert "proxy_pass http://payback;" in block, "with a path behind the name, nginx rewrites the request's"
    (waits,) = re.findall(r"proxy_read_timeout (\d+)s;", block)
    assert int(waits) > Server().idle_timeout_s
    assert "client_max_body_size 0;" in block


def nginx_block() -> str:
    found = re.search(r"```nginx\n(.*?)```", OPERATIONS, re.DOTALL)
    assert found is not None
    assert found[1].count("{") == found[1].count("}")
    return found[1]
