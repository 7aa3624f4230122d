import re

from ledger.money import NanoUsd
from web.charts.bars import PLOT_HEIGHT
from web.charts.stacked import MOST_PARTS, Column, stacked_chart, swatch

DOLLAR = 1_000_000_000


def column(*dollars: float, **facts: object) -> Column:
    parts = tuple(NanoUsd(int(amount * DOLLAR)) for amount in dollars)
    return Column(**{"parts": parts, "title": "a day", "href": "/x", **facts})  # type: ignore[arg-type]


def parts_of(svg: str) -> list[tuple[int, float, float]]:
    """Of each part: its place in the legend, where it begins, how high it is."""
    found = re.findall(
        r'<rect class="part" fill="url\(#part-(\d)\)" x="[\d.]+%" y="([\d.]+)" .*?height="([\d.]+)"', svg
    )
    return [(int(place), float(y), float(height)) for place, y, height in found]


def test_parts_stand_on_each_other_and_are_as_high_as_their_amounts() -> None:
    """Lines go up to 10: 5 are half of the plot, 2.5 a quarter."""
    (_, low_y, low), (_, high_y, high) = parts_of(stacked_chart([column(5, 2.5), column(10, 0)], "two days"))[
        :2
    ]
    assert (low, high) == (PLOT_HEIGHT / 2, PLOT_HEIGHT / 4)
    assert high_y + high == low_y


def test_a_part_of_nothing_is_not_drawn_and_the_smallest_is_seen() -> None:
    drawn = parts_of(stacked_chart([column(0, 1000, 0.000001)], "a day"))
    assert [place for place, _, _ in drawn] == [1, 2]
    assert drawn[1][2] >= 1


def test_every_part_has_a_pattern_of_its_own_and_a_swatch_that_shows_it() -> None:
    svg = stacked_chart([column(*[1] * MOST_PARTS)], "a day")
    paths = re.findall(r'<pattern id="part-(\d)".*?<path d="([^"]+)"', svg)
    assert len(dict(paths)) == len({path for _, path in paths}) == MOST_PARTS
    assert all(f"url(#part-{place})" in swatch(place) for place in range(MOST_PARTS))


def test_a_column_leads_to_its_day_and_names_are_text() -> None:
    svg = stacked_chart(
        [column(1, title='<b>"x"</b>', href="/-/report/calls?from=1&to=2", tick="5")], "a day"
    )
    assert 'href="/-/report/calls?from=1&amp;to=2"' in svg
    assert "<b>" not in svg
    assert ">5</text>" in svg


def test_a_day_of_unknown_cost_is_marked_above_its_column() -> None:
    assert stacked_chart([column(1, incomplete=True), column(1)], "two days").count("<circle") == 1


def test_a_chart_of_no_days_is_a_baseline() -> None:
    assert parts_of(stacked_chart([], "nothing")) == []
