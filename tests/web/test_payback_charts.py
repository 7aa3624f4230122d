from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.charts.fan import Fan, bounds_of, fan_chart
from web.charts.heat_map import HOURS, heat_map
from web.charts.histogram import PLOT_HEIGHT, Bin, bins_of, histogram
from web.charts.scales import lines_between
from web.charts.tornado import Swung, tornado_chart

HOSTILE = '"><script>alert(1)</script>'


def elements(svg: str, kind: str, name: str = "") -> list[ET.Element]:
    return [
        each
        for each in ET.fromstring(svg).iter(kind)
        if name in each.attrib.get("class", "").split() or not name
    ]


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12))
def test_lines_are_few_round_and_hold_everything(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    lines = lines_between(low, high)
    slack = 1e-6 * max(abs(low), abs(high))
    assert lines[0] <= min(low, 0) + slack
    assert lines[-1] >= max(high, 0) - slack
    assert 2 <= len(lines) <= 7
    assert 0.0 in lines


def test_bars_of_months_are_as_high_as_their_shares_and_never_stands_apart() -> None:
    svg = histogram([Bin(first=1, last=1, share=0.2), Bin(first=2, last=2, share=0.4)], 0.4, "a title")
    bars = elements(svg, "rect", "bar")
    heights = [float(bar.attrib["height"]) for bar in bars]
    assert heights == pytest.approx([PLOT_HEIGHT / 2, PLOT_HEIGHT, PLOT_HEIGHT])
    assert [float(bar.attrib["x"].rstrip("%")) > 86 for bar in elements(svg, "rect", "never")] == [True]


def test_months_in_which_nothing_pays_back_have_no_bar() -> None:
    svg = histogram([Bin(first=1, last=1, share=0.0)], 1.0, "a title")
    assert [bar.attrib["class"] for bar in elements(svg, "rect", "bar")] == ["bar never"]
    assert elements(histogram([], 0.0, "nothing"), "rect", "bar") == []


@given(st.lists(st.floats(0, 1), max_size=120))
def test_no_path_is_lost_between_bins(shares: list[float]) -> None:
    bins = bins_of(shares)
    assert len(bins) <= 18
    assert sum(each.share for each in bins) == pytest.approx(sum(shares))
    assert [month for each in bins for month in range(each.first, each.last + 1)] == [
        *range(1, len(shares) + 1)
    ]


def test_a_fan_goes_through_its_numbers() -> None:
    """From -100 to 100 over 150 pixels: lines at -100, -50, ... 100; 0 is in the middle."""
    fan = Fan(p10=[-100, -50], p50=[-50, 0], p90=[0, 100])
    svg = fan_chart(fan, bounds_of([fan]), "a title")
    (middle,) = elements(svg, "polyline", "middle")
    assert middle.attrib["points"] == "0,120.5 1,83"
    (band,) = elements(svg, "polygon", "band")
    assert band.attrib["points"] == "0,83 1,8 1,120.5 0,158"


def test_a_fan_of_one_month_or_of_zeros_can_be_drawn() -> None:
    for fan in (Fan(p10=[0], p50=[0], p90=[0]), Fan(p10=[0, 0], p50=[0, 0], p90=[0, 0])):
        assert elements(fan_chart(fan, bounds_of([fan]), "nothing"), "polyline", "middle")


def test_an_hour_that_was_not_seen_is_crossed_out_and_not_taken_for_an_idle_one() -> None:
    loads: list[float | None] = [None, 0.0, 0.9, *([0.1] * (7 * HOURS - 3))]
    svg = heat_map(loads, "a title")
    titles = [each.text for each in elements(svg, "title")]
    assert titles[:3] == ["Monday 0:00: not seen", "Monday 1:00: 0% taken", "Monday 2:00: 90.0% taken"]
    assert titles[-1] == "Sunday 23:00: 10.0% taken"
    kinds = [each.attrib["class"] for each in elements(svg, "rect", "cell")]
    assert kinds[:4] == ["cell unseen-hour", "cell heat-0", "cell heat-4", "cell heat-0"]
    assert len(kinds) == 168
    assert len(elements(svg, "line", "cross")) == 2  # one is the key's


def test_a_machine_that_idles_still_shows_when_it_is_used_and_the_key_says_how_little_that_is() -> None:
    """The busiest hour has 2.9 %: five levels of 1 % each."""
    svg = heat_map([0.029, 0.011, 0.01, 0.0] * 42, "a title")
    kinds = [each.attrib["class"] for each in elements(svg, "rect", "cell")]
    assert kinds[:4] == ["cell heat-2", "cell heat-1", "cell heat-0", "cell heat-0"]
    words = [each.text for each in elements(svg, "text", "tick")]
    assert words[-6:] == ["0", "1%", "2%", "3%", "4%", "5%"]
    assert elements(svg, "line", "cross") == []


def test_a_swing_reaches_from_one_end_to_the_other_whichever_is_larger() -> None:
    """From -100 to 300: lines at -100, 0, ... 300; -100 is at 0 %, 100 at 50 %."""
    falls = Swung(name="a", low="1", high="2", usd_at_low=300, usd_at_high=-100)
    rises = Swung(name="b", low="1", high="2", usd_at_low=100, usd_at_high=300)
    svg = tornado_chart([falls, rises], "a title")
    bars = [(bar.attrib["x"], bar.attrib["width"]) for bar in elements(svg, "rect", "bar")]
    assert bars == [("0%", "100%"), ("50%", "50%")]
    assert [each.attrib["cx"] for each in elements(svg, "circle", "low")] == ["100%", "50%"]
    assert [each.attrib["cx"] for each in elements(svg, "circle", "high")] == ["0%", "100%"]


def test_a_line_goes_through_all_swings_where_the_answer_is_as_assumed() -> None:
    """From 0 to 400: 100 is at 25 %; and an answer beyond all swings is not cut off."""
    swing = Swung(name="a", low="1", high="2", usd_at_low=0, usd_at_high=400)
    (line,) = elements(tornado_chart([swing], "a title", 100), "line", "assumed")
    assert line.attrib["x1"] == line.attrib["x2"] == "25%"
    (line,) = elements(tornado_chart([swing], "a title", 800), "line", "assumed")
    assert line.attrib["x1"] == "100%"
    assert elements(tornado_chart([swing], "a title"), "line", "assumed") == []


def test_an_input_that_moves_nothing_is_still_seen() -> None:
    svg = tornado_chart([Swung(name="a", low="1", high="2", usd_at_low=0, usd_at_high=0)], "a title")
    assert [bar.attrib["width"] for bar in elements(svg, "rect", "bar")] == ["0.4%"]


@pytest.mark.parametrize(
    "svg",
    [
        histogram([], 1.0, HOSTILE),
        fan_chart(Fan(p10=[0], p50=[0], p90=[0]), (0, 0), HOSTILE),
        heat_map([0.5] * 168, HOSTILE),
        tornado_chart([Swung(name=HOSTILE, low=HOSTILE, high="2", usd_at_low=0, usd_at_high=1)], HOSTILE),
    ],
)
def test_no_title_closes_the_element_it_is_in(svg: str) -> None:
    assert "<script" not in svg
    assert ET.fromstring(svg).attrib["aria-label"] == HOSTILE
    assert "style=" not in svg
