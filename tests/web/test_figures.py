import pytest

from web.figures import brief_dollars, dollars, many, month, per_mtok, percent, plain


@pytest.mark.parametrize("figure", [dollars, many, per_mtok, percent, plain])
@pytest.mark.parametrize("unknown", [None, float("nan"), float("inf")])
def test_what_nobody_knows_is_a_dash_and_never_zero(figure: object, unknown: float | None) -> None:
    assert figure(unknown) == "—"  # type: ignore[operator]


def test_a_month_that_does_not_come_is_never_and_not_a_dash() -> None:
    assert month(None) == "never"


def test_nothing_and_hardly_anything_look_different() -> None:
    assert (percent(0.0), percent(0.004), percent(0.996), percent(1.0)) == ("0%", "<1%", ">99%", "100%")
    assert (dollars(0.0), dollars(0.004)) == ("$0", "$0.00")


def test_a_cost_has_its_sign_in_front_of_the_currency() -> None:
    assert dollars(-1234.0) == "\N{MINUS SIGN}$1,234"
    assert brief_dollars(-1234.0) == "\N{MINUS SIGN}$1.23k"
    assert percent(-0.3) == "\N{MINUS SIGN}30%"
    assert percent(-0.001) == "0%"


def test_a_rate_of_return_that_means_nothing_any_more_is_cut() -> None:
    assert percent(67_031_772_768.0) == ">1,000%"
