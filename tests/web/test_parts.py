"""What tables share: exact for programs, rounded for people, and nothing of a client's text is markup."""

import pytest

from ledger.money import NanoUsd
from web import parts
from web.costs import Cost

HOSTILE = '"><script>alert(1)</script>'
SHOWN = "&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"


def test_an_amount_is_rounded_for_people_and_exact_for_programs_and_on_hover() -> None:
    assert parts.money(Cost(NanoUsd(1_284_415_585_000), reason="openai gpt-4o"), 2) == (
        '<data class="money" value="1284.415585" title="1284.415585 USD · openai gpt-4o">$1,284.42</data>'
    )
    assert 'title="0.50 USD"' in parts.money(Cost(NanoUsd(500_000_000)), 2)


def test_an_amount_too_small_to_show_is_less_than_a_cent_and_no_tag() -> None:
    assert parts.money(Cost(NanoUsd(1)), 2).endswith(">&lt;$0.01</data>")


def test_no_amount_is_a_word_or_a_dash_and_never_zero() -> None:
    assert parts.money(Cost(None, "self-hosted", "not billed"), 2) == (
        '<span class="word" title="not billed">self-hosted</span>'
    )
    assert parts.money(Cost(None, reason="no price"), 2) == parts.dash("cost not known")


def test_a_count_that_nobody_knows_is_a_dash_that_is_read_out() -> None:
    assert parts.known(1234, "in") == '<td role="cell" class="count" data-label="in">1,234</td>'
    assert '<span class="unseen">not known</span>' in parts.known(None, "in")


@pytest.mark.parametrize(
    "made",
    [
        parts.name(HOSTILE, "none"),
        parts.name(None, HOSTILE),
        parts.dash(HOSTILE),
        parts.money(Cost(NanoUsd(7), reason=HOSTILE), 6),
        parts.money(Cost(None, HOSTILE, HOSTILE), 6),
        parts.cell(HOSTILE, HOSTILE),
    ],
)
def test_text_from_outside_is_text(made: str) -> None:
    assert SHOWN in made
    assert "<script" not in made
