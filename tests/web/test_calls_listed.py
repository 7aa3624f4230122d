"""What the list says of an answer: its sums, its cursors, and how far it was searched."""

from datetime import UTC, datetime

from ledger.asking import CallsPage
from ledger.rollup import Rollup
from web.calls.listed import Answers, list_page
from web.calls.query import read_query

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_an_empty_answer_leads_nowhere_and_is_not_narrowed() -> None:
    page = list_page(Answers(page=CallsPage((), None, None, None), sums=Rollup()), read_query([]), NOW)
    assert (page.older, page.newer, page.searched_to_us, page.calls) == (None, None, None, ())
    assert not page.is_narrowed


def test_a_search_whose_time_was_used_up_goes_on_from_where_it_was() -> None:
    cursor = bytes(range(16))
    found = CallsPage((), cursor, None, 1_000_000)  # type: ignore[arg-type]
    page = list_page(Answers(page=found, sums=None), read_query([("tag", "a=b")]), NOW)
    assert page.searched_to_us == 1_000_000
    assert page.go_on == page.older
    assert page.go_on is not None
    assert "tag=a%3Db" in page.go_on


def test_a_count_beside_the_sums_leads_to_those_calls_alone() -> None:
    sums = Rollup(calls=3, unpriced_calls=1)
    page = list_page(
        Answers(page=CallsPage((), None, None, None), sums=sums), read_query([("model", "m")]), NOW
    )
    assert any("pricing=unpriced" in query and "model=m" in query for _, query in page.marks)
