"""The load, its steps and what they came to: for people, and for programs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payback.measure.endpoint import Endpoint
from payback.measure.ramp import Load, Ramped
from payback.measure.step import Step
from payback.terminal import UNKNOWN, Column, clean, counted, render_table

ENDED_EARLY_SHARE = 0.9
"""Answers shorter than this share of what was asked for are told of."""
_COLUMNS = tuple(
    Column(title)
    for title in (
        "at once",
        "calls",
        "failed",
        "output tokens/s",
        "first token P50",
        "P99",
        "per token P50",
        "P99",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    endpoint: Endpoint
    load: Load
    ramped: Ramped
    best: Step | None
    saved: Path | None


def announced(endpoint: Endpoint, load: Load) -> str:
    """Before the first call."""
    return (
        f"sending at most {counted(load.most_calls)} to {clean(str(endpoint.url), 100)}, of about"
        f" {load.input_tokens:,} tokens in and {load.output_tokens:,} out each: at most"
        f" {load.most_tokens:,} tokens, within {load.seconds:g} s."
        " Whoever owns that server should agree; Ctrl-C ends it."
    )


def progress(step: Step) -> str:
    return (
        f"{step.concurrent} at once: {step.output_tokens_per_s:,.1f} output tokens/s, first token after"
        f" {_seconds(step.first_token_p50_s)}, {counted(step.calls)}, {step.failed} failed"
    )


def as_text(shown: Shown) -> str:
    steps = shown.ramped.steps
    table = render_table(_COLUMNS, [_cells(step) for step in steps])
    return "\n".join([table, "", *_notes(shown)])


def as_json(shown: Shown) -> dict[str, Any]:
    return {
        "url": str(shown.endpoint.url),
        "model": shown.endpoint.model,
        "asked": {
            "input_tokens": shown.load.input_tokens,
            "output_tokens": shown.load.output_tokens,
            "shared_prefix": shown.load.shared_prefix,
        },
        "steps": [_step_as_json(step) for step in shown.ramped.steps],
        "stopped": shown.ramped.stopped,
        "best_concurrent": shown.best.concurrent if shown.best else None,
        "output_tokens_per_s": shown.best.output_tokens_per_s if shown.best else None,
        "saved": str(shown.saved) if shown.saved else None,
    }


def _step_as_json(step: Step) -> dict[str, Any]:
    return {
        "concurrent": step.concurrent,
        "calls": step.calls,
        "failed": step.failed,
        "failures": dict(step.failures),
        "window_s": step.window_s,
        "output_tokens_per_s": step.output_tokens_per_s,
        "counted_by": _counted_by(step),
        "first_token_s": {"p50": step.first_token_p50_s, "p99": step.first_token_p99_s},
        "per_token_s": {"p50": step.per_token_p50_s, "p99": step.per_token_p99_s},
        "input_tokens": step.input_tokens,
        "output_tokens": step.output_tokens,
    }


def _cells(step: Step) -> list[str]:
    return [
        f"{step.concurrent}",
        f"{step.calls}",
        f"{step.failed}",
        f"{step.output_tokens_per_s:,.1f}",
        _seconds(step.first_token_p50_s),
        _seconds(step.first_token_p99_s),
        _seconds(step.per_token_p50_s),
        _seconds(step.per_token_p99_s),
    ]


def _notes(shown: Shown) -> Iterator[str]:
    steps, best = shown.ramped.steps, shown.best
    if shown.ramped.stopped is not None:
        yield f"Ended after {steps[-1].concurrent} at once: {shown.ramped.stopped}."
    yield _on_counting(steps)
    for reason, calls in sum((Counter(step.failures) for step in steps), Counter()).most_common():
        yield f"{counted(calls)} failed: the server {reason}."
    if best is None:
        yield "No step ran without failures; nothing was measured."
        return
    yield from _on_answers(shown.load, best)
    yield from _on_saving(shown, best)


def _on_counting(steps: list[Step]) -> str:
    if all(step.is_reported for step in steps):
        return "Output is counted by the server's own usage."
    return "Output is counted by events, one token each, where the server reported no usage."


def _on_answers(load: Load, best: Step) -> Iterator[str]:
    if best.output_tokens is not None and best.output_tokens < ENDED_EARLY_SHARE * load.output_tokens:
        yield (
            f"Answers had {best.output_tokens:.0f} tokens, not {load.output_tokens}: the model ended them"
            " itself."
        )
    if best.input_tokens is not None and not 0.8 < best.input_tokens / load.input_tokens < 1.25:
        yield f"Prompts had {best.input_tokens:.0f} tokens, not {load.input_tokens}, as the server counts."


def _on_saving(shown: Shown, best: Step) -> Iterator[str]:
    speed = f"{best.output_tokens_per_s:,.1f} output tokens/s at {best.concurrent} at once"
    if shown.saved is None:
        yield f"Best: {speed}. To compute with it: --save plan.toml --hardware NAME."
        return
    yield f"Saved to {shown.saved}: {speed}."
    yield f"payback project --plan {shown.saved} computes with that in place of its estimate."


def _counted_by(step: Step) -> str:
    return "usage" if step.is_reported else "events"


def _seconds(value: float | None) -> str:
    """Three digits, in the unit that needs no zeros.

    >>> _seconds(0.01234), _seconds(2.5)
    ('12.3 ms', '2.50 s')
    """
    if value is None:
        return UNKNOWN
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.2f} s"
