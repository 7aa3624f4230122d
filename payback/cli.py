"""The command line: which command was meant, and what its failures look like.

Only the command that was asked for is imported, so that a report does not wait for a web server."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

from ledger.errors import LedgerError
from payback.errors import SettingsError
from payback.version import VERSION

COMMANDS = {
    "serve": "pass calls on to their models and write down what they cost",
    "demo": "look around in a ledger of 90 made-up days",
    "report": "what was spent on what, in a month or between two days",
    "export": "write every call of a month to a file, with a manifest",
    "project": "when moving to self-hosted models pays off, if ever",
    "import": "take over calls that another program has recorded",
    "prices": "what models cost today, and who says so",
    "measure": "how fast a server of your own answers under load, for the projection",
    "keys": "give clients keys of payback's own, and take them back",
    "backup": "a checked copy of the ledger, beside a running server",
    "check": "is everything in order: configuration, ledger, upstreams",
}
DONE, USAGE, INTERRUPTED = 0, 2, 130
"""Exit statuses; a command answers 1 for "no". 130 is what shells give for Ctrl-C."""
"""Columns of an error. It may quote what was typed, or what stands in a file."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, where argparse would print its whole usage first."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"payback: {message}; see {self.prog} --help\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the status to exit with. No error of the user's or of a disk ends in a traceback."""
    try:
        status = _run(sys.argv[1:] if argv is None else list(argv))
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:
        return _fail("whoever read the output has stopped before its end")
    except _expected_errors() as error:
        return _fail(_sentence_of(error))
    return status


def _run(argv: list[str]) -> int:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name may have letters that the terminal lacks
    if not argv:
        _parser().print_help(sys.stderr)
        return USAGE
    try:
        args = _parsed(argv)
    except SystemExit as end:  # argparse ends so, after help too
        return end.code if isinstance(end.code, int) else DONE
    status: int = args.run(args)
    return status


def _parsed(argv: list[str]) -> argparse.Namespace:
    if argv[0] in COMMANDS:
        return _parser_of(argv[0]).parse_args(argv[1:])
    if argv[0] not in ("-h", "--help", "--version"):
        _parser().error(_not_a_command(argv[0]))
    return _parser().parse_args(argv)


def _parser() -> Parser:
    """Knows the commands by name only: for the help that lists them."""
    parser = Parser(
        prog="payback",
        description="A proxy for LLM traffic that keeps the books: what calls used and cost, in one file.",
        epilog="payback COMMAND --help says more about one of them.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"payback {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        commands.add_parser(name, help=summary)
    return parser


def _parser_of(command: str) -> Parser:
    parser = Parser(prog=f"payback {command}", description=_sentence(COMMANDS[command]), allow_abbrev=False)
    module = import_module(f"payback.commands.{'import_' if command == 'import' else command}")
    module.add_arguments(parser)
    parser.add_argument(
        "--ledger",
        type=_named,
        metavar="FILE",
        help="the ledger; otherwise the configuration says where it is",
    )
    parser.add_argument(
        "--config",
        type=_named,
        metavar="FILE",
        help="the configuration (default: payback.toml, if it is here)",
    )
    parser.set_defaults(run=module.run)
    return parser


def _named(path: str) -> str:
    """An empty path is a script's variable that was never set, and not the wish for a default."""
    if not path:
        raise argparse.ArgumentTypeError("the path is empty")
    return path


def _not_a_command(word: str) -> str:
    if word.startswith("-"):
        return f"the command comes first and its options after it, as in payback report {word}"
    from difflib import get_close_matches

    near = get_close_matches(word, COMMANDS, n=1)
    return f"there is no command {word!r}" + (f", perhaps {near[0]}" if near else "")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _expected_errors() -> tuple[type[Exception], ...]:
    """What is no fault of the program. Asked once something was raised: most runs need no SQLite."""
    import sqlite3

    return LedgerError, SettingsError, OSError, sqlite3.Error


def _sentence_of(error: Exception) -> str:
    import sqlite3

    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, sqlite3.Error):
        return f"the ledger cannot be read or written: {error}"
    return str(error)


def _fail(sentence: str, status: int = USAGE) -> int:
    from payback.terminal import LONGEST_SENTENCE, clean

    print(f"payback: {clean(sentence, LONGEST_SENTENCE)}", file=sys.stderr)
    _give_up_stdout()
    return status


def _give_up_stdout() -> None:
    """Where stdout takes no more, what it still holds goes nowhere: the interpreter would fail over it."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
