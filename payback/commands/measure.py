"""payback measure: how fast a machine of one's own is, under load."""

import argparse
import asyncio
import json
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from payback.clock import utc_now
from payback.errors import SettingsError

if TYPE_CHECKING:
    from payback.measure.plan_row import Machine
    from payback.measure.ramp import Load

MOST_AT_ONCE = 1024
"""Calls under way at once; one process could not keep the time of more."""
NOTHING_MEASURED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Sends calls with made-up text, more and more of them at once, until more at once brings no more"
        " output. It loads the server: whoever owns it should agree. With --save the best speed becomes a"
        " [[measured]] table of a plan; payback project --plan FILE computes with it instead of an estimate."
    )
    parser.add_argument("url", metavar="URL", help="the server, such as http://127.0.0.1:8000/v1")
    parser.add_argument("--model", required=True, metavar="M", help="the model, as the server names it")
    _add_load(parser)
    _add_machine(parser)
    parser.add_argument("--api-key-env", metavar="NAME", help="the environment variable that holds the key")
    parser.add_argument("--json", action="store_true", help="for programs")


def _add_load(parser: argparse.ArgumentParser) -> None:
    load = parser.add_argument_group("the load")
    load.add_argument("--input-tokens", type=_count, default=512, metavar="N", help="of a call (512)")
    load.add_argument(
        "--output-tokens", type=_count, default=128, metavar="N", help="of a call, at most (128)"
    )
    load.add_argument(
        "--concurrency",
        type=_concurrencies,
        default=(1, 2, 4, 8, 16),
        metavar="N,N",
        help="calls at once, step by step (1,2,4,8,16)",
    )
    load.add_argument("--seconds", type=_seconds, default=120.0, metavar="S", help="for all of it (120)")
    load.add_argument(
        "--step-seconds", type=_seconds, default=30.0, metavar="S", help="for a step, at most (30)"
    )
    load.add_argument(
        "--shared-prefix",
        action="store_true",
        help="let all prompts begin alike: shows what the server's prefix cache does",
    )


def _add_machine(parser: argparse.ArgumentParser) -> None:
    machine = parser.add_argument_group("what is measured", "Needed for --save; names of the catalogue.")
    machine.add_argument("--save", metavar="FILE", type=Path, help="the plan that gets the result")
    machine.add_argument("--hardware", metavar="NAME", help='such as "RTX 4090"')
    machine.add_argument("--units", metavar="N", type=_count, default=1, help="cards that hold the model")
    machine.add_argument("--open-model", metavar="NAME", help='such as "Llama 3.1 8B" (default: as --model)')
    machine.add_argument("--quantisation", metavar="Q", help="such as q4_k_m or fp8")
    machine.add_argument("--engine", metavar="E", help='such as vLLM or "llama.cpp"')


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 1 to 1,000,000")
    return int(text)


def _seconds(text: str) -> float:
    return float(_count(text))


def _concurrencies(text: str) -> tuple[int, ...]:
    found = tuple(_count(part.strip()) for part in text.split(","))
    if found[-1] > MOST_AT_ONCE or any(after <= before for before, after in pairwise(found)):
        raise argparse.ArgumentTypeError(f"{text!r} does not rise, to {MOST_AT_ONCE} at most; write 1,2,4,8")
    return found


def run(args: argparse.Namespace) -> int:
    from payback.measure import told
    from payback.measure.answer import Failed
    from payback.measure.endpoint import endpoint_at
    from payback.measure.growth import best_of
    from payback.measure.plan_row import append_row, row_of
    from payback.measure.ramp import ramp

    endpoint, load = endpoint_at(args.url, args.model, _key(args.api_key_env)), _load_of(args)
    machine = _machine_of(args)
    _tell(told.announced(endpoint, load))
    ramped = asyncio.run(ramp(endpoint, load, lambda step: _tell(told.progress(step))))
    if isinstance(ramped, Failed):
        raise SettingsError(f"{args.url} {ramped.reason}")
    best = best_of(ramped.steps)
    saved = args.save if machine is not None and best is not None else None
    if machine is not None and best is not None:
        append_row(args.save, row_of(machine, best, load.input_tokens, utc_now()))
    shown = told.Shown(endpoint=endpoint, load=load, ramped=ramped, best=best, saved=saved)
    print(json.dumps(told.as_json(shown), indent=2) if args.json else told.as_text(shown))
    return 0 if best is not None else NOTHING_MEASURED


def _tell(sentence: str) -> None:
    """Not on stdout: that is for the result."""
    print(sentence, file=sys.stderr, flush=True)


def _key(variable: str | None) -> str | None:
    if variable is None:
        return None
    key = os.environ.get(variable)
    if not key:
        raise SettingsError(f"--api-key-env names {variable}, which is not set; set it to the server's key")
    return key


def _load_of(args: argparse.Namespace) -> "Load":
    from payback.measure.ramp import Load

    return Load(
        input_tokens=args.input_tokens,
        output_tokens=args.output_tokens,
        concurrencies=args.concurrency,
        seconds=args.seconds,
        step_seconds=min(args.step_seconds, args.seconds),
        shared_prefix=args.shared_prefix,
    )


def _machine_of(args: argparse.Namespace) -> "Machine | None":
    """What the result is saved as; None: it is not saved."""
    from payback.measure.plan_row import Machine, checked

    if args.save is None:
        return None
    if args.hardware is None:
        raise SettingsError(
            "--save needs --hardware, the machine that answers; such as --hardware 'RTX 4090'"
        )
    if args.shared_prefix:
        raise SettingsError(
            "--shared-prefix measures the prefix cache too, and is not saved; take one of both out"
        )
    named = Machine(
        hardware=args.hardware,
        units=args.units,
        model=args.open_model or args.model,
        quantisation=args.quantisation,
        engine=args.engine,
    )
    return checked(named, args.save)
