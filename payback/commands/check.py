"""payback check: is everything in order."""

import argparse
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ledger.errors import LedgerError
from ledger.sqlite.reader import open_sqlite_reader
from payback import places
from payback.checks import budgets, client_keys, ledger_file, machine, prices, tokenizers, upstreams
from payback.checks.finding import Finding, Level, fail, ok, warn
from payback.clock import utc_now
from payback.commands.asking import config_of
from payback.errors import SettingsError
from payback.key_file import key_file
from payback.preconditions import refuse_open_report
from payback.settings import Settings, load_settings
from payback.wiring import key_names, ledger_path, price_book, spool_path
from payback.wiring import upstreams as wired_upstreams

BAD_CONFIGURATION = 2
NO_SECRET = b""
"""The labels of keys are not needed here, and there may be no ledger yet."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "One line for each check: ok, warn or FAIL, and what to do. Exit status: 0 where nothing fails, 1"
        " where something does, 2 where the configuration cannot be read. Nothing is changed; a server may"
        " be running."
    )
    parser.add_argument("--json", action="store_true", help="for programs: {result, findings}")


def run(args: argparse.Namespace) -> int:
    try:
        settings = load_settings(config_of(args))
    except SettingsError as error:
        _show([fail("configuration", str(error))], as_json=args.json)
        return BAD_CONFIGURATION
    return _show(_findings(args, settings), as_json=args.json)


def _findings(args: argparse.Namespace, settings: Settings) -> Iterator[Finding]:
    ledger = ledger_path(settings, args.ledger)
    yield configuration_is_right(settings, config_of(args))
    yield machine.parser_is_strict()
    yield from _of_ledger(settings, ledger, is_named=args.ledger is not None)
    spool = spool_path(settings, ledger)
    yield ledger_file.nothing_was_left(ledger)
    yield ledger_file.spool_is_empty(spool, ledger)
    yield ledger_file.sqlite_is_safe()
    secrets = [*machine.secret_files(settings), key_file(settings, ledger)]
    yield machine.files_are_private(ledger, spool, secrets)
    yield client_keys.keys_are_in_order(settings, ledger, utc_now())
    yield from budgets.budgets_concern_calls(settings, client_keys.keys_known(settings, ledger))
    yield from machine.there_is_room(ledger, spool)
    yield from upstreams.upstreams_answer(settings)
    yield prices.catalogue_is_young(utc_now().date())
    yield tokenizers.tokenizers_are_there()


def configuration_is_right(settings: Settings, path: Path | None) -> Finding:
    """What payback serve would refuse to start for."""
    try:
        wired_upstreams(settings, settings.server.host, settings.server.port)
        key_names(settings, NO_SECRET)
        refuse_open_report(settings.server.host, settings.report)
        if settings.report.password is not None:
            settings.report.password.read("report.password")
    except SettingsError as error:
        return fail("configuration", str(error))
    place = path or (places.CONFIGURATION if places.CONFIGURATION.is_file() else None)
    return ok(
        "configuration",
        f"{place} is in order" if place else "there is no payback.toml here; the defaults hold",
    )


def _of_ledger(settings: Settings, ledger: Path, *, is_named: bool) -> Iterator[Finding]:
    if not ledger.exists():
        missing = f"there is no ledger at {ledger}"
        yield (
            fail("ledger", missing) if is_named else warn("ledger", f"{missing} yet; payback serve makes one")
        )
        yield machine.clock_is_right(utc_now(), None)
        return
    yield (whole := ledger_file.ledger_is_whole(ledger))
    if whole.level is Level.OK:
        yield from _of_calls(settings, ledger)
    yield ledger_file.who_writes(ledger)


def _of_calls(settings: Settings, ledger: Path) -> Iterator[Finding]:
    try:
        with closing(open_sqlite_reader(ledger)) as reader:
            yield ledger_file.sums_are_right(reader)
            newest = ledger_file.newest_call(reader)
            yield machine.clock_is_right(utc_now(), newest)
            yield prices.models_have_prices(reader, price_book(settings), utc_now())
    except LedgerError as error:
        yield fail("ledger", str(error))


def _show(findings: Iterator[Finding] | list[Finding], *, as_json: bool) -> int:
    """Each line as soon as it is known: reading a large ledger takes a while."""
    shown = []
    for finding in findings:
        shown.append(finding)
        if not as_json:
            print(f"{finding.level:<4}  {finding.about:<13}  {finding.sentence}", flush=True)
    levels = {finding.level for finding in shown}
    worst = next(level for level in (Level.FAIL, Level.WARN, Level.OK) if level in levels)
    if as_json:
        told = [{"about": one.about, "level": one.level.lower(), "sentence": one.sentence} for one in shown]
        print(json.dumps({"result": worst.lower(), "findings": told}, indent=2))
    return int(worst is Level.FAIL)
