"""Probes, then step after step: each with so many calls always under way, bounded in time and in calls."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from payback.measure.answer import Answered, Failed
from payback.measure.calling import Caller, calling, now_s
from payback.measure.endpoint import Endpoint
from payback.measure.growth import why_stop
from payback.measure.prompts import prompts, words_for
from payback.measure.step import Step, step_of

CALLS_EACH = 10
"""In one step, for each that is under way at once."""
PROBES = 2
PROBE_TOKENS = 8
"""Enough to see that the endpoint streams, and how it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    input_tokens: int
    output_tokens: int
    concurrencies: Sequence[int]
    seconds: float
    """All steps together; then what is under way is given up."""
    step_seconds: float
    """After that, a step starts no more calls; those under way end."""
    shared_prefix: bool = False
    seed: int = 0

    @property
    def most_calls(self) -> int:
        """With the probes."""
        return PROBES + CALLS_EACH * sum(self.concurrencies)

    @property
    def most_tokens(self) -> int:
        """Input and output."""
        return self.most_calls * (self.input_tokens + self.output_tokens)


@dataclass(slots=True)
class Ramped:
    steps: list[Step] = field(default_factory=list)
    stopped: str | None = None
    """Why before the last concurrency; None: all were measured."""


@dataclass(slots=True)
class _Places:
    """So many calls under way; each place starts the next call when one has ended, while there is time."""

    caller: Caller
    texts: Iterator[str]
    output_tokens: int
    silence_s: float
    starts_until_s: float
    left: int
    ended: list[Answered | Failed] = field(default_factory=list)
    first_empty_s: float = float("inf")

    async def keep_one_under_way(self) -> None:
        while self.left > 0 and now_s() < self.starts_until_s:
            self.left -= 1
            call = self.caller.call(next(self.texts), self.output_tokens, self.silence_s)
            self.ended.append(await call)
            await asyncio.sleep(0)  # a server that refuses at once must not keep the others waiting
        self.first_empty_s = min(self.first_empty_s, now_s())


async def ramp(endpoint: Endpoint, load: Load, told: Callable[[Step], None]) -> Ramped | Failed:
    """Failed: what a probe, or every call of the first step, came to."""
    until_s = now_s() + load.seconds
    async with calling(endpoint) as caller:
        try:
            async with asyncio.timeout_at(until_s):
                words = await _words_after_probes(caller, load)
        except TimeoutError:
            return Failed(f"has not answered one short call within {load.seconds:g} s")
        if isinstance(words, Failed):
            return words
        texts = prompts(words, np.random.default_rng(load.seed), shared_prefix=load.shared_prefix)
        return await _ramped(caller, load, texts, until_s, told)


async def _words_after_probes(caller: Caller, load: Load) -> int | Failed:
    """Short answers to a short prompt and to one of the wanted size: do they stream, how are they counted?

    They may take as long as the whole run: some servers load a model when it is first asked for."""
    counted: list[tuple[int, int]] = []
    for words in (1, load.input_tokens):
        text = next(prompts(words, np.random.default_rng(load.seed + 1)))
        answer = await caller.call(text, min(PROBE_TOKENS, load.output_tokens), load.seconds)
        if isinstance(answer, Failed):
            return answer
        if answer.input_tokens is not None:
            counted.append((words, answer.input_tokens))
    return words_for(load.input_tokens, *counted) if len(counted) == PROBES else load.input_tokens


async def _ramped(
    caller: Caller, load: Load, texts: Iterator[str], until_s: float, told: Callable[[Step], None]
) -> Ramped | Failed:
    ramped = Ramped()
    for index, concurrent in enumerate(load.concurrencies):
        share_s = (until_s - now_s()) / (len(load.concurrencies) - index)
        places = _Places(
            caller=caller,
            texts=texts,
            output_tokens=load.output_tokens,
            silence_s=load.step_seconds,
            starts_until_s=now_s() + min(load.step_seconds, share_s),
            left=CALLS_EACH * concurrent,
        )
        step = await _step(places, concurrent, until_s)
        if step is None:
            ramped.stopped = f"the {load.seconds:g} seconds were over"
            break
        if not ramped.steps and step.failed == step.calls:
            return Failed(next(iter(step.failures)))
        ramped.steps.append(step)
        told(step)
        if index + 1 < len(load.concurrencies) and (reason := why_stop(ramped.steps)) is not None:
            ramped.stopped = reason
            break
    return (
        ramped
        if ramped.steps
        else Failed(
            f"has not ended a call within {load.seconds:g} s; give it more --seconds, or ask for fewer tokens"
        )
    )


async def _step(places: _Places, concurrent: int, until_s: float) -> Step | None:
    """None: the time of the whole run was over before all had ended."""
    from_s = now_s()
    try:
        async with asyncio.timeout_at(until_s), asyncio.TaskGroup() as group:
            for _ in range(concurrent):
                group.create_task(places.keep_one_under_way())
    except TimeoutError:
        return None
    return step_of(concurrent, places.ended, from_s, places.first_empty_s)
