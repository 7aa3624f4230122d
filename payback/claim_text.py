"""Whether a claimed speed is possible, for people and for programs."""

from typing import Any

from payback.terminal import Column, clean, render_table
from projection.claim import Claim
from projection.specs import Published

_LEFT = False
_LONGEST = 500


def render_claim(claim: Claim) -> str:
    parts = [clean(claim.sentence, _LONGEST)]
    if claim.notes:
        parts.append("\n".join(clean(note, _LONGEST) for note in claim.notes))
    if claim.nearest:
        parts.append("Published on the same hardware:\n" + _published(claim.nearest))
    return "\n\n".join(parts)


def _published(rows: tuple[Published, ...]) -> str:
    lines = [
        [
            f"{row.units} x {row.hardware}",
            f"{row.model} {row.quantisation}",
            row.engine,
            _at_once(row),
            f"{row.output_tokens_per_s:,.1f}",
            row.source,
        ]
        for row in rows
    ]
    left = (Column(title, _LEFT) for title in ("hardware", "model", "engine", "at once"))
    table = render_table([*left, Column("tok/s"), Column("source", _LEFT)], lines)
    return "\n".join(f"  {line}" for line in table.splitlines())


def _at_once(row: Published) -> str:
    return "its best" if row.concurrent is None else f"{row.concurrent}"


def claim_as_json(claim: Claim) -> dict[str, Any]:
    rig = claim.rig
    return {
        "claim": claim.text,
        "credibility": claim.credibility.value,
        "sentence": claim.sentence,
        "hardware": rig.hardware.name,
        "units": rig.units,
        "model": rig.model.name,
        "quantisation": rig.quantisation.name,
        "engine": rig.engine.name,
        "concurrent": claim.concurrent,
        "tokens_per_s": claim.tokens_per_s,
        "does_not_fit": claim.does_not_fit and claim.does_not_fit.reason,
        "ceiling_tokens_per_s": _rounded(claim.ceiling_tokens_per_s),
        "ceiling_at_once_tokens_per_s": _rounded(claim.ceiling_at_once_tokens_per_s),
        "computed_tokens_per_s": _rounded(claim.computed_tokens_per_s),
        "offloaded_tokens_per_s": _rounded(claim.offloaded_tokens_per_s),
        "nearest": [
            {
                "hardware": row.hardware,
                "units": row.units,
                "model": row.model,
                "quantisation": row.quantisation,
                "engine": row.engine,
                "concurrent": row.concurrent,
                "output_tokens_per_s": row.output_tokens_per_s,
                "source": row.source,
            }
            for row in claim.nearest
        ],
        "notes": list(claim.notes),
    }


def _rounded(speed: float | None) -> float | None:
    return None if speed is None else round(speed, 2)
