"""Load "metering": the processor time that listening to answers takes, as a share of passing them on."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench import nginx, streams, throughput
from bench.table import Result, Row, at_most
from bench.targets import Starter, Target, started_anew

MOST_SHARE = 1.15
"""Of the time that the same relay takes when it listens to nothing."""


def measure(starters: Sequence[Starter], folder: Path, rounds: int, seconds: int) -> Result:
    documents = _documents(starters, folder / "documents", rounds, seconds)
    events = _events(starters, folder / "events", rounds, seconds)
    verdicts = [
        at_most(
            f"payback takes at most {MOST_SHARE} x the time of its relay, {kind}", _share(found), MOST_SHARE
        )
        for kind, found in (("documents", documents), ("streams", events))
        if {"payback", "unmetered"} <= found.keys()
    ]
    return Result(
        load="metering",
        title=f"CPU us, listening and not, medians of {rounds} starts x {seconds} s",
        rows=[_row(name, documents[name], events[name]) for name in documents],
        verdicts=verdicts,
    )


def _documents(
    starters: Sequence[Starter], folder: Path, rounds: int, seconds: int
) -> dict[str, list[float]]:
    def load(target: Target) -> float:
        throughput.load(target, throughput.WARM_UP_S)
        return throughput.load(target, seconds).cpu_us_per_call

    folder.mkdir()
    with nginx.fixed_upstream(folder) as port:
        return started_anew(starters, port, folder, rounds, load)


def _events(starters: Sequence[Starter], folder: Path, rounds: int, seconds: int) -> dict[str, list[float]]:
    def load(target: Target) -> float:
        return float(streams.load(target, seconds)["cpu_us"])

    folder.mkdir()
    with streams.stream_upstream(folder) as port:
        return started_anew(starters, port, folder, rounds, load)


def _share(found: dict[str, list[float]]) -> float:
    """The median of the rounds' ratios: what slows a whole round down cancels out."""
    pairs = zip(found["payback"], found["unmetered"], strict=True)
    return float(median(ours / deaf for ours, deaf in pairs))


def _row(name: str, documents: list[float], events: list[float]) -> Row:
    return {"target": name, "a call": median(documents), "an event": median(events)}
