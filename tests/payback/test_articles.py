"""The page on two articles is what is computed; where an article miscounted, the page says so."""

from pathlib import Path

import pytest

from payback.articles import Row, projected, render_articles, row_of
from projection.plan import Plan
from projection.scenarios import Finding, Scenario, scenarios

PAGE = Path(__file__).parents[2] / "docs" / "articles.md"
BY_NAME = {each.name: each for each in scenarios()}


def row(name: str) -> Row:
    return row_of(BY_NAME[name], projected(BY_NAME[name]))


def test_what_does_not_fit_is_not_said_to_pay_off() -> None:
    found = row("a08_sonnet_100m")
    assert found.published.startswith("$1,050.00 a month by API, $10.00 a month of one's own, ~2 months")
    assert found.own_arithmetic == "1.9 months"
    assert found.computed == "$1,050 a month by API, does not fit"
    assert found.why.startswith("Llama 3.3 70B in q4_k_m is 42.8 GB; 1 x RTX 4090 has 25.8 GB.")


def test_an_articles_own_miscount_is_named() -> None:
    """$2,000 over 50 cents a month are 4,000 months; the article prints about 200."""
    found = row("a05_sonnet_1m")
    assert found.own_arithmetic == "4,000 months"
    assert found.why.startswith("The article's own numbers give 4,000 months, not 200.")


def test_what_is_rented_is_compared_by_its_cost() -> None:
    assert row("a11_sonnet_rented_500m").own_arithmetic == "5.53 times the cost"


def test_a_course_that_does_not_pay_off_says_what_its_month_costs() -> None:
    found = row("a01_nano_1m")
    assert found.own_arithmetic == "never"
    assert "does not pay off within 36 months: saving below running cost" in found.computed
    assert "A month costs operation $" in found.why


def test_a_scenario_without_a_volume_cannot_be_computed_here() -> None:
    bare = Scenario(name="x", plan=Plan(), finding=Finding(article="a", where="w", verdict="v"))
    with pytest.raises(ValueError, match=r"^x has no \[volume\]"):
        projected(bare)


def test_a_page_has_a_table_for_each_article() -> None:
    cells = Row("a | b", "c", "d", "e", "f")
    page = render_articles({"First": [cells, cells], "Second": [cells]})
    assert page.count("| a / b | c | d | e | f |") == 3
    assert [line for line in page.splitlines() if line.startswith("## ")] == ['## "First"', '## "Second"']


@pytest.mark.parametrize("name", ["a08_sonnet_100m", "b02_gpt_4o_two_4090"])
def test_the_page_in_docs_is_what_is_computed(name: str) -> None:
    """Of the rows that take least; python -m payback.articles > docs/articles.md prints all of them again."""
    line = f"| {' | '.join(row(name))} |"
    assert line in PAGE.read_text("utf-8").splitlines()


def test_every_scenario_has_its_row_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    missing = [name for name, each in BY_NAME.items() if f"| {each.plan.name} (" not in page]
    assert missing == []
    assert page.count("\n| ") == len(BY_NAME) + 4  # two tables, each with two lines above
