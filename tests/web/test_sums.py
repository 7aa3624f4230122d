"""Sums that lead to their calls: where to, for whom, and where to nowhere."""

import pytest

from ledger.money import NanoUsd
from ledger.rollup import Rollup
from web import sums
from web.costs import Cost, Mark

HREF = "/-/report/calls?from=2026-10-01&model=a"
AS_WRITTEN = 'href="/-/report/calls?from=2026-10-01&amp;model=a"'
HOSTILE = '"><script>alert(1)</script>'
UNPRICED = Mark(2, "unpriced", "not known", is_warning=True, query="pricing=unpriced")
FAILED = Mark(3, "failed", "refused", query="outcome=failed")
SILENT = Mark(4, "odd", "nothing asks for them")


def test_a_sum_without_an_address_is_a_sum() -> None:
    assert sums.leads("7", "") == sums.again("7", "") == "7"
    assert "<a" not in sums.name("gpt-4o", "no model", "")
    assert "<a" not in sums.more(3, "")


def test_a_number_of_nothing_and_a_cost_that_is_not_known_lead_nowhere() -> None:
    assert "<a" not in sums.count(0, HREF, "calls")
    assert "<a" not in sums.money(Cost(None), 2, HREF)
    assert AS_WRITTEN in sums.count(1, HREF, "calls")
    assert AS_WRITTEN in sums.money(Cost(NanoUsd(0)), 2, HREF)


def test_the_keyboard_meets_each_row_once() -> None:
    assert 'tabindex="-1"' not in sums.name("gpt-4o", "no model", HREF)
    assert 'tabindex="-1"' not in sums.calls(7, HREF, "calls")
    for number in (sums.count(7, HREF, "in"), sums.money(Cost(NanoUsd(7)), 2, HREF)):
        assert 'tabindex="-1"' in number


def test_what_is_not_known_of_a_sum_stands_apart_from_what_else_is_to_be_known() -> None:
    marks = (UNPRICED, FAILED, SILENT)
    link = f'<a class="to-calls" {AS_WRITTEN[:-1]}&amp;pricing=unpriced">2 unpriced</a>'
    assert sums.unknown_of(marks, HREF) == f'<span class="beside warning">{link}</span>'
    others = sums.others_of(marks, HREF)
    assert "unpriced" not in others
    assert (
        f'{AS_WRITTEN[:-1]}&amp;outcome=failed">3 failed</a></span> <span class="mark">4 odd</span>' in others
    )
    assert sums.unknown_of((FAILED,), HREF) == sums.others_of((UNPRICED,), HREF) == ""


def test_tokens_are_one_number_with_its_parts_on_hover() -> None:
    both = sums.tokens_of(Rollup(calls=1, input_tokens=1200, cache_read_tokens=200, output_tokens=34), "")
    assert 'title="1,200 in, 200 of them cached; 34 out">1,234</span>' in both


@pytest.mark.parametrize(
    "made",
    [
        sums.leads(HOSTILE, HOSTILE, HOSTILE),
        sums.again(HOSTILE, HOSTILE),
        sums.name(HOSTILE, "none", HOSTILE),
        sums.calls(7, HOSTILE, HOSTILE),
        sums.others_of((Mark(1, HOSTILE, ""),), HREF),
    ],
)
def test_text_from_outside_is_text(made: str) -> None:
    assert "&lt;script" in made
    assert "<script" not in made
