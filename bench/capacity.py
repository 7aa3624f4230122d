"""The roofline against every published speed of the catalogue: `python -m bench.capacity`.

Held against the errors that projection.roofline states. On which of these rows the constants were fitted is
not known: it was 61 published speeds, and nobody has kept which. So a median here is not one on unseen rows.

What a source leaves open is taken as 512 tokens in and 256 out. Of TensorRT-LLM two habits are known from the
pages with its speeds: with NVIDIA's FP8 and NVFP4 checkpoints it keeps the cache in 8 bits too, and it lets a
request in once there is room to the end of its answer. Exit 0: as good as stated; 1: not."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log
from statistics import median, pstdev

from bench.table import Result, Row, Verdict, at_least, at_most, percentile, render_result
from projection.catalogue import Catalogue, catalogue
from projection.owning import usd_per_mtok
from projection.rig import DoesNotFit, Rig, Shape, room_tokens
from projection.roofline import LOG_SD_DENSE, LOG_SD_MIXTURE, step_s, throughput, users_within
from projection.specs import Link, Published

OPEN_INPUT_TOKENS, OPEN_OUTPUT_TOKENS = 512, 256
UNEXPLAINED = ("A100 40GB PCIe", "vLLM")
"""Most of 1 to 256 users, and a third of what other cards say: shown, left out of the medians."""


class Kind(StrEnum):
    """Speeds that have an error of their own."""

    DENSE = "dense, one GPU or NVLink"
    DENSE_PCIE = "dense, PCIe"
    MIXTURE = "mixture of experts"
    GGUF = "one stream of GGUF"


@dataclass(frozen=True, slots=True)
class Stated:
    """What projection.roofline says of a kind: the median error, of how many rows, and what paths draw."""

    median: float
    rows: int | None
    log_sd: float


STATED: Mapping[Kind, Stated] = {
    Kind.DENSE: Stated(0.10, 522, LOG_SD_DENSE),
    Kind.DENSE_PCIE: Stated(0.15, None, LOG_SD_DENSE),
    Kind.MIXTURE: Stated(0.19, None, LOG_SD_MIXTURE),
}
"""Of GGUF a share of the bandwidth is stated, and no error."""
STATED_P90_DENSE = 0.31
STATED_WITHIN_2X, STATED_ROWS = 0.96, 899


@dataclass(frozen=True, slots=True)
class Compared:
    point: Published
    kind: Kind
    computed: float | None
    """Output tokens a second; None: does not fit, by our arithmetic."""

    @property
    def ratio(self) -> float | None:
        """Computed over published."""
        return None if self.computed is None else self.computed / self.point.output_tokens_per_s

    @property
    def is_explained(self) -> bool:
        return self.ratio is not None and (self.point.hardware, self.point.engine) != UNEXPLAINED


def rig_of(point: Published, known: Catalogue) -> Rig:
    quantisation = known.quantisations[point.quantisation]
    is_narrow = point.engine == "TensorRT-LLM" and quantisation.name.casefold() in ("fp8", "nvfp4")
    return Rig(
        hardware=known.hardware[point.hardware],
        model=known.models[point.model],
        quantisation=quantisation,
        engine=known.engines[point.engine],
        units=point.units,
        cache_bytes_per_value=1 if is_narrow else 2,
    )


def shape_of(point: Published) -> Shape:
    return Shape(
        input_tokens=point.input_tokens or OPEN_INPUT_TOKENS,
        output_tokens=point.output_tokens or OPEN_OUTPUT_TOKENS,
    )


def kind_of(rig: Rig) -> Kind:
    if rig.reads_gguf_alone:
        return Kind.GGUF
    if rig.is_mixture:
        return Kind.MIXTURE
    is_near = rig.units == 1 or rig.hardware.link is Link.NVLINK
    return Kind.DENSE if is_near else Kind.DENSE_PCIE


def compared(known: Catalogue) -> list[Compared]:
    return [_compared(point, known) for point in known.throughput]


def _compared(point: Published, known: Catalogue) -> Compared:
    """A llama.cpp run prefills before its clock starts."""
    rig, shape = rig_of(point, known), shape_of(point)
    kind = kind_of(rig)
    if rig.reads_gguf_alone:
        return Compared(point, kind, 1 / step_s(rig, 1, shape.held_tokens))
    found = throughput(rig, shape, point.concurrent or _let_in(rig, shape))
    return Compared(point, kind, None if isinstance(found, DoesNotFit) else found)


def _let_in(rig: Rig, shape: Shape) -> int | None:
    """At once, where a source asked for the most; None: as many as the roofline thinks."""
    if rig.engine.name != "TensorRT-LLM":
        return None
    return max(1, int(room_tokens(rig) / (shape.input_tokens + shape.output_tokens)))


def ratios_of(rows: Iterable[Compared], kind: Kind | None = None) -> list[float]:
    """Computed over published; rows that nothing explains are left out."""
    return [row.ratio for row in rows if row.is_explained and row.ratio and kind in (None, row.kind)]


def errors_of(rows: Iterable[Compared], kind: Kind | None = None) -> list[float]:
    """How far computed over published is from 1, the smallest first."""
    return sorted(abs(ratio - 1) for ratio in ratios_of(rows, kind))


def halves_of(rows: Iterable[Compared], kind: Kind) -> Iterator[list[float]]:
    """Errors of every other row, and of the rest: what suits one half by chance does not suit the other."""
    found = ratios_of(rows, kind)
    for first in (0, 1):
        yield [abs(ratio - 1) for ratio in found[first::2]] or [0.0]


def log_sd_of(rows: Iterable[Compared], kind: Kind) -> float:
    """Around 1 and not around their mean: what leans one way is an error too."""
    return pstdev(map(log, ratios_of(rows, kind)), mu=0.0)


def share_within_2x(rows: Iterable[Compared]) -> float:
    """Of all rows that can be computed, the unexplained ones too."""
    ratios = [row.ratio for row in rows if row.ratio is not None]
    return sum(0.5 <= ratio <= 2 for ratio in ratios) / len(ratios)


def row_by_row(rows: Sequence[Compared]) -> Result:
    lines: list[Row] = [
        {
            "hardware": f"{row.point.units} x {row.point.hardware}",
            "model": row.point.model,
            "quantisation": row.point.quantisation,
            "engine": row.point.engine,
            "load": _load(row.point),
            "published": row.point.output_tokens_per_s,
            "computed": row.computed,
            "ratio": row.ratio,
        }
        for row in sorted(rows, key=lambda row: list(Kind).index(row.kind))
    ]
    return Result(load="capacity", title="output tokens a second, computed and published", rows=lines)


def _load(point: Published) -> str:
    users = "most" if point.concurrent is None else f"{point.concurrent} at once"
    tokens = f"{point.input_tokens or '?'}/{point.output_tokens or '?'}"
    return f"{users}, {tokens}"


def by_kind(rows: Sequence[Compared]) -> Result:
    lines: list[Row] = []
    for kind in Kind:
        errors, stated = errors_of(rows, kind), STATED.get(kind)
        lines.append(
            {
                "kind": kind.value,
                "rows": len(errors),
                "median": f"{median(errors):.0%}",
                "stated": f"{stated.median:.0%}" if stated else None,
                "of rows": stated.rows if stated else None,
                "P90": f"{percentile(errors, 0.9):.0%}",
                "by halves": " and ".join(f"{median(half):.0%}" for half in halves_of(rows, kind)),
                "lean": f"{median(ratios_of(rows, kind)):.2f}",
                "log-sd": f"{log_sd_of(rows, kind):.2f}",
                "paths draw": stated.log_sd if stated else None,
            }
        )
    return Result(load="errors", title="of computed speeds, by kind", rows=lines, verdicts=_verdicts(rows))


def _verdicts(rows: Sequence[Compared]) -> list[Verdict]:
    """To the percent, as they are stated."""
    found = [
        at_most(
            f"{kind.value}: median error, stated {stated.median:.0%}",
            round(median(errors_of(rows, kind)), 2),
            stated.median,
        )
        for kind, stated in STATED.items()
    ]
    p90 = round(percentile(errors_of(rows, Kind.DENSE), 0.9), 2)
    found.append(at_most(f"{Kind.DENSE.value}: P90, stated {STATED_P90_DENSE:.0%}", p90, STATED_P90_DENSE))
    title = f"within a factor of 2, stated {STATED_WITHIN_2X:.0%} of {STATED_ROWS}; here of {len(rows)}"
    return [*found, at_least(title, round(share_within_2x(rows), 2), STATED_WITHIN_2X)]


@dataclass(frozen=True, slots=True)
class Check:
    """A published number that is no throughput, and how near ours has to be."""

    name: str
    published: float
    computed: float
    within: float
    """As a share of the published one."""

    @property
    def is_met(self) -> bool:
        return abs(self.computed / self.published - 1) <= self.within


USERS = {(1024, 128): 108, (2048, 2048): 52, (8192, 512): 10}
"""Qwen3 8B fp8 on an H100, users whose first token comes within 2 s at P99.
Source: github.com/tgarg01/silybench-data, derived/csv/capacity.csv, read 2026-11-22."""
PATIL_USD_PER_H = 6.98
PATIL = {255.118: 7.600, 9271.03: 0.2091}
"""USD per Mtok of one machine at two loads, in tokens a second. Source: arXiv 2606.11690, read 2026-11-22."""


def checks(known: Catalogue) -> list[Check]:
    return [*_users(known), *_costs()]


def _users(known: Catalogue) -> Iterable[Check]:
    rig = Rig(
        hardware=known.hardware["H100 SXM 80GB"],
        model=known.models["Qwen3 8B"],
        quantisation=known.quantisations["fp8"],
        engine=known.engines["vLLM"],
    )
    for (input_tokens, output_tokens), users in USERS.items():
        found = users_within(rig, Shape(input_tokens=input_tokens, output_tokens=output_tokens), 2.0)
        computed = 0 if isinstance(found, DoesNotFit) else found
        yield Check(f"silybench: users at {input_tokens}/{output_tokens}, 2 s", users, computed, 0.15)


def _costs() -> Iterable[Check]:
    for tokens_per_s, usd in PATIL.items():
        computed = float(usd_per_mtok(PATIL_USD_PER_H, tokens_per_s))
        yield Check(f"Patil: USD per Mtok at {tokens_per_s:,g} tokens/s", usd, computed, 0.001)


def other_checks(found: Sequence[Check]) -> Result:
    lines: list[Row] = [
        {
            "what": one.name,
            "published": one.published,
            "computed": one.computed,
            "ratio": one.computed / one.published,
        }
        for one in found
    ]
    verdicts = [
        Verdict(requirement=f"{one.name}, within {one.within:.1%}", measured=one.computed, met=one.is_met)
        for one in found
    ]
    return Result(load="checks", title="other published numbers", rows=lines, verdicts=verdicts)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.capacity", description="Computed against published speeds."
    )
    parser.add_argument("--short", action="store_true", help="the errors by kind only, not row by row")
    options, known = parser.parse_args(arguments), catalogue()
    rows = compared(known)
    results = [by_kind(rows), other_checks(checks(known))]
    print("\n\n".join(map(render_result, results if options.short else [row_by_row(rows), *results])))
    return 0 if all(result.met for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
