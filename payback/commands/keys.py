"""payback keys: give clients keys of payback's own, list them, take them back."""

import argparse
import json
import secrets
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from payback.clock import utc_now
from payback.commands.asking import config_of
from payback.complaints import nearest, sentence_of
from payback.errors import SettingsError
from payback.expiry import Expiry, read_expiry
from payback.issued_key import IssuedKey, hash_of
from payback.key_file import key_file, only_writer, read_keys, write_keys
from payback.key_list import as_json, as_table, last_calls
from payback.preconditions import refuse_useless_keys
from payback.settings import Settings, load_settings
from payback.terminal import clean
from payback.wiring import ledger_path
from proxy.client_key import PUBLIC_CHARACTERS, RANDOM_BYTES, START, digest_of

Do = Callable[[argparse.Namespace, Settings, Path], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "payback keys add NAME [--upstream U] [--project P] [--workload W] [--model M]... [--expires E]"
        " [--json] prints a new key, once: only a hash of it is kept. payback keys list [--json] says which"
        " there are; payback keys revoke NAME takes one back. A running payback follows at once, and lets in"
        " no call without a key as soon as there is one. Exit status: 0, or 2 where that cannot be."
    )
    actions = parser.add_subparsers(metavar="ACTION", title="actions", required=True)
    add = _action(actions, "add", "make a key, and print it this once", _add)
    add.add_argument("name", metavar="NAME", help="who gets it: reports show that as the key of its calls")
    add.add_argument("--upstream", metavar="U", help="its calls go there, and nowhere else")
    add.add_argument("--project", metavar="P", help="the project of its calls, whatever they say themselves")
    add.add_argument("--workload", metavar="W", help="their workload, likewise")
    add.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="M",
        help="a model that it may ask for, or a pattern such as 'gpt-4o*'; may be given more than once."
        " Otherwise every model",
    )
    add.add_argument(
        "--expires",
        type=_expiry,
        metavar="E",
        help="its last day (UTC), such as 2027-01-31, or a span from now on, such as 90d or 12h",
    )
    listed = _action(actions, "list", "which keys there are; never the keys themselves", _list)
    revoke = _action(actions, "revoke", "take a key back: its next call is refused", _revoke)
    revoke.add_argument("name", metavar="NAME", help="as payback keys list shows it")
    for action in (add, listed):
        action.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    settings = load_settings(config_of(args))
    do: Do = args.do
    do(args, settings, ledger_path(settings, args.ledger))
    return 0


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str, do: Do
) -> argparse.ArgumentParser:
    """--ledger and --config may stand behind the action as before it."""
    told = f"{summary[0].upper()}{summary[1:]}."
    action = actions.add_parser(name, help=summary, description=told, allow_abbrev=False)
    for option in ("--ledger", "--config"):
        action.add_argument(
            option, default=argparse.SUPPRESS, metavar="FILE", help="as payback keys --help says"
        )
    action.set_defaults(do=do)
    return action


def _add(args: argparse.Namespace, settings: Settings, ledger: Path) -> None:
    now, path = utc_now().replace(microsecond=0), key_file(settings, ledger)
    token = START + secrets.token_urlsafe(RANDOM_BYTES)
    key = _key_of(args, token, now)
    _refuse_useless(settings, key, now)
    with only_writer(path):
        write_keys(path, [*_others(path, key.name, now), key])
    if args.json:
        print(json.dumps({"token": token, **as_json(key, now)}, indent=2))
        return
    print(token)
    print(
        f"The key of {clean(key.name)} is shown this once: {path} has only its hash. A running payback"
        " takes it from now on, and refuses calls without a key.",
        file=sys.stderr,
    )


def _key_of(args: argparse.Namespace, token: str, now: datetime) -> IssuedKey:
    expiry: Expiry | None = args.expires
    told = {
        "name": args.name,
        "prefix": token[:PUBLIC_CHARACTERS],
        "hash": hash_of(digest_of(token)),
        "made": now,
        "upstream": args.upstream,
        "project": args.project,
        "workload": args.workload,
        "models": tuple(args.model),
        "expires": None if expiry is None else expiry.after(now),
    }
    try:
        return IssuedKey.model_validate(told)
    except ValidationError as error:
        raise SettingsError(f"payback keys add: {sentence_of(error, IssuedKey)}") from None


def _refuse_useless(settings: Settings, key: IssuedKey, now: datetime) -> None:
    if key.expires is not None and key.expires <= now:
        raise SettingsError("--expires is past; give a day to come, or a span such as 90d")
    known = sorted(upstream.name for upstream in settings.upstreams())
    if key.upstream is not None and key.upstream not in known:
        raise SettingsError(f"--upstream {key.upstream} is no upstream; {nearest(key.upstream, known)}")
    if key.name in (named.name for named in settings.key):
        raise SettingsError(f"the configuration has a [[key]] named {key.name}; give another name")
    refuse_useless_keys(settings, [key], now)


def _others(path: Path, name: str, now: datetime) -> list[IssuedKey]:
    """Those that stay. What is revoked or expired makes room for a new key of its name."""
    keys = _keys_at(path)
    if any(key.name == name and key.holds_at(now) for key in keys):
        raise SettingsError(
            f"there is a key named {name}; give another name, or run payback keys revoke {name} first"
        )
    return [key for key in keys if key.name != name]


def _keys_at(path: Path) -> tuple[IssuedKey, ...]:
    try:
        return read_keys(path)
    except FileNotFoundError:
        return ()


def _list(args: argparse.Namespace, settings: Settings, ledger: Path) -> None:
    now, keys = utc_now(), _keys_at(key_file(settings, ledger))
    last = last_calls(ledger, [key.name for key in keys])
    if args.json:
        told = [{**as_json(key, now), "last_call": last.get(key.name)} for key in keys]
        print(json.dumps({"keys": told}, indent=2))
    elif keys:
        print(as_table(keys, now, last))
    else:
        who = "no call" if settings.proxy.require_key else "every call"
        print(f"There are no keys: payback lets in {who}. payback keys add makes one.")


def _revoke(args: argparse.Namespace, settings: Settings, ledger: Path) -> None:
    path = key_file(settings, ledger)
    with only_writer(path):
        keys = _keys_at(path)
        known = [key.name for key in keys]
        if args.name not in known:
            told = nearest(args.name, known) if known else "there are none"
            raise SettingsError(f"there is no key named {args.name!r}; {told}")
        now = utc_now().replace(microsecond=0)
        write_keys(path, [key.revoked_at(now) if key.name == args.name else key for key in keys])
    print(f"The key of {clean(args.name)} holds no longer: a running payback refuses its next call.")


def _expiry(text: str) -> Expiry:
    found = read_expiry(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no day and no span; write 2027-01-31, or 90d, or 12h")
    return found
