"""payback serve: the proxy, the ledger and the report."""

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from payback.app import Place, Running
from payback.app import run as run_place
from payback.clock import utc_now
from payback.commands.asking import config_of
from payback.logs import line_of, set_up
from payback.settings import Settings, load_settings
from payback.terminal import counted
from payback.wiring import ledger_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on; otherwise the configuration's, or 127.0.0.1")
    parser.add_argument(
        "--port", type=_port, help="port to listen on; otherwise the configuration's, or 8300"
    )
    parser.add_argument("--verbose", action="store_true", help="log what happens; never what calls say")


def run(args: argparse.Namespace) -> int:
    def load() -> Settings:
        return load_settings(config_of(args))

    settings = load()
    set_up(settings.log, verbose=args.verbose)
    host = args.host or settings.server.host
    port = settings.server.port if args.port is None else args.port
    return serve(settings, ledger_path(settings, args.ledger), host=host, port=port, load=load)


def serve(
    settings: Settings,
    ledger: Path,
    *,
    host: str,
    port: int,
    notices: Sequence[str] = (),
    is_made_up: bool = False,
    load: Callable[[], Settings] | None = None,
) -> int:
    """Until SIGTERM or Ctrl-C; *load* reads the configuration again, at SIGHUP.

    Raises SettingsError or LedgerError where it cannot start."""
    place = Place(
        settings=settings,
        ledger=ledger,
        host=host,
        port=port,
        notices=tuple(notices),
        is_made_up=is_made_up,
        load=load,
    )
    run_place(place, _announce_as_json if settings.log.format == "json" else _announce)
    return 0


def _announce(running: Running) -> None:
    lines = [f"payback passes calls on and keeps the books in {running.place.ledger}", *running.place.notices]
    if running.left_open:
        lines.append(f"An earlier process left {counted(running.left_open)} open; marked interrupted.")
    addresses = {"point apps at": f"{running.origin}/v1"}
    for upstream in running.place.settings.upstreams():
        addresses[f"or for {upstream.name}"] = f"{running.origin}/{upstream.name}"
    addresses["report"] = f"{running.origin}/-/report"
    width = max(map(len, addresses))
    lines += [f"  {what:<{width}}  {address}" for what, address in addresses.items()]
    _say("".join(f"{line}\n" for line in lines))


def _say(text: str) -> None:
    """In one piece. Who reads the last line may close the terminal before it is all written: what that means,
    SIGHUP says."""
    try:
        print(text, end="", flush=True)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        with Path(os.devnull).open("w") as nowhere:  # the rest, which would fail again at the end
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _announce_as_json(running: Running) -> None:
    line = line_of(
        utc_now(),
        "info",
        "payback passes calls on and keeps the books",
        ledger=str(running.place.ledger),
        address=f"{running.origin}/v1",
        report=f"{running.origin}/-/report",
        notices=list(running.place.notices),
        left_open=running.left_open,
    )
    _say(f"{line}\n")


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number up to 65535")
    return int(text)
