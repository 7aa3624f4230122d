"""A claimed speed, for people and for programs."""

import json

import pytest

from payback.claim_text import claim_as_json, render_claim
from projection.catalogue import catalogue
from projection.claim import Claim, Credibility, check_claim


@pytest.fixture(scope="module")
def impossible() -> Claim:
    """42.8 GB do not fit into 24 GiB."""
    return check_claim("Llama 3.3 70B q4_k_m on 1x RTX 4090: 60 tok/s", catalogue())


def test_the_verdict_comes_first_and_what_was_taken_for_granted_after_it(impossible: Claim) -> None:
    lines = render_claim(impossible).splitlines()
    assert lines[0].startswith("Impossible: Llama 3.3 70B in q4_k_m")
    assert all(note in lines for note in impossible.notes)


def test_what_was_published_is_shown_with_its_source(impossible: Claim) -> None:
    text = render_claim(impossible)
    assert impossible.nearest
    assert all(row.source in text and f"{row.output_tokens_per_s:,.1f}" in text for row in impossible.nearest)


def test_programs_get_every_number(impossible: Claim) -> None:
    told = json.loads(json.dumps(claim_as_json(impossible), allow_nan=False))
    assert (told["credibility"], told["hardware"], told["units"]) == (Credibility.IMPOSSIBLE, "RTX 4090", 1)
    assert (told["tokens_per_s"], told["computed_tokens_per_s"]) == (60.0, None)
    assert told["ceiling_tokens_per_s"] == round(impossible.ceiling_tokens_per_s, 2)
    assert len(told["nearest"]) == len(impossible.nearest)
