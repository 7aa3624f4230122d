import re
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from ledger.money import NanoUsd
from web.charts.bars import PLOT_HEIGHT, Bar, bar_chart, round_steps, share_bar

DOLLAR = 1_000_000_000


def bar(amount: int, title: str = "a day", **others: object) -> Bar:
    return Bar(amount=NanoUsd(amount), title=title, **others)  # type: ignore[arg-type]


def heights_of(svg: str) -> list[float]:
    root = ET.fromstring(svg)
    return [float(rect.attrib["height"]) for rect in root.iter("rect") if rect.attrib["class"] == "bar"]


def test_bars_are_as_high_as_their_amounts() -> None:
    svg = bar_chart([bar(10 * DOLLAR), bar(5 * DOLLAR), bar(0)], "three days")
    assert heights_of(svg) == [PLOT_HEIGHT, PLOT_HEIGHT / 2]  # nothing is drawn for nothing


def test_a_tiny_amount_beside_a_huge_one_is_still_seen() -> None:
    assert heights_of(bar_chart([bar(10_000 * DOLLAR), bar(1)], "two days"))[1] >= 1


def test_lines_are_drawn_at_round_amounts_and_say_them() -> None:
    svg = bar_chart([bar(37 * DOLLAR)], "one day")
    assert re.findall(r">(\$[^<]+)<", svg) == ["$10", "$20", "$30", "$40"]
    small = bar_chart([bar(7_000_000)], "one day")
    assert re.findall(r">(\$[^<]+)<", small) == ["$0.002", "$0.004", "$0.006", "$0.008"]


@given(st.integers(1, 2**62))
def test_steps_hold_every_amount_in_at_most_four_lines(largest: int) -> None:
    step, top = round_steps(NanoUsd(largest))
    assert top - step < largest <= top
    assert top // step <= 4
    assert str(step).rstrip("0") in ("1", "2", "5")


def test_a_chart_of_no_spend_at_all_can_be_drawn() -> None:
    assert heights_of(bar_chart([bar(0), bar(0)], "nothing")) == []
    assert heights_of(bar_chart([], "nothing")) == []


def test_a_negative_day_has_no_bar_and_breaks_nothing() -> None:
    assert heights_of(bar_chart([bar(-5 * DOLLAR), bar(DOLLAR)], "a correction")) == [PLOT_HEIGHT]


def test_titles_and_ticks_cannot_close_the_element_they_are_in() -> None:
    svg = bar_chart([bar(1, title="</title><script>", tick="<b>")], '"><script>')
    assert "<script>" not in svg
    assert [element.text for element in ET.fromstring(svg).iter("title")] == ["</title><script>"]


def test_a_day_with_calls_of_unknown_cost_carries_a_mark() -> None:
    assert "<circle" in bar_chart([bar(1, incomplete=True)], "one day")
    assert "<circle" not in bar_chart([bar(1)], "one day")


def test_the_day_that_is_not_over_looks_different() -> None:
    assert 'class="going-on"' in bar_chart([bar(1, going_on=True)], "one day")
    assert 'class="going-on"' not in bar_chart([bar(1)], "one day")


def test_a_share_is_as_long_as_its_part_and_never_longer_than_the_whole() -> None:
    assert [_length(share_bar(part, 200)) for part in (50, 200, 400)] == ["25%", "100%", "100%"]
    assert [_length(share_bar(part, whole)) for part, whole in ((0, 200), (1, 0), (-5, 10))] == [
        None,
        None,
        None,
    ]


def _length(svg: str) -> str | None:
    rects = list(ET.fromstring(svg).iter("rect"))
    return rects[1].attrib["width"] if len(rects) > 1 else None
