from datetime import date
from enum import StrEnum

import pytest

from ledger.errors import BadPeriod
from ledger.period import Period
from web.api.failures import TYPES, failure, is_api
from web.api.parameters import CALLS
from web.api.params import BadParameter, at_most, period_in, read_params, whole_in, word_in

TODAY = date(2026, 11, 22)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def test_days_are_a_month_or_two_days_or_those_up_to_today() -> None:
    assert period_in({}, TODAY) == Period(date(2026, 11, 1), date(2026, 12, 1))
    assert period_in({"month": "2026-02"}, TODAY) == Period(date(2026, 2, 1), date(2026, 3, 1))
    assert period_in({"from": "2026-11-20"}, TODAY) == Period(date(2026, 11, 20), date(2026, 11, 23))
    with pytest.raises(BadPeriod):
        period_in({"from": "2026-11-23"}, TODAY)
    with pytest.raises(BadParameter):
        period_in({"to": "2026-11-23"}, TODAY)


def test_a_period_that_is_too_long_says_how_long_it_may_be() -> None:
    month = Period(date(2026, 10, 1), date(2026, 11, 1))
    assert at_most(month, 31, "hours") is month
    with pytest.raises(BadParameter, match="hours are for 30 days at most"):
        at_most(month, 30, "hours")


def test_a_name_that_nobody_knows_is_never_taken_for_another_question() -> None:
    assert read_params([("by", "model")], ("by", "month")) == {"by": "model"}
    with pytest.raises(BadParameter, match='"mont" is no parameter here; nearest: month'):
        read_params([("mont", "2026-10")], ("by", "month"))
    with pytest.raises(BadParameter, match="there are: none"):
        read_params([("x", "1")], ())
    with pytest.raises(BadParameter, match="500 characters"):
        read_params([("x" * 500, "1")], ("by",))


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "0", "11", "\u0661", "1" * 5000, " 1"])
def test_a_whole_number_is_plain_digits_within_its_bounds(text: str) -> None:
    with pytest.raises(BadParameter, match="a whole number from 1 to 10"):
        whole_in({"most": text}, "most", 1, 10, 5)


def test_what_is_left_out_is_as_documented() -> None:
    assert whole_in({}, "most", 1, 10, 5) == 5
    assert whole_in({"most": "010"}, "most", 1, 10, 5) == 10
    assert word_in({}, "colour", Colour, Colour.RED) is Colour.RED
    assert word_in({"colour": "blue"}, "colour", Colour, Colour.RED) is Colour.BLUE
    with pytest.raises(BadParameter, match='colour is "green"; write one of red, blue'):
        word_in({"colour": "green"}, "colour", Colour, Colour.RED)


def test_only_what_is_below_the_api_is_the_api() -> None:
    assert [is_api(path) for path in ("/-/api", "/-/api/x", "/-/apis", "/-/report")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("status", TYPES)
def test_an_error_is_one_object_whatever_the_message_holds(status: int) -> None:
    assert (failure(status, "\ud800 \u202e").text or "").isascii()


def test_every_parameter_has_words_and_an_example() -> None:
    assert [told["name"] for told in CALLS if not (told["description"] and told["example"])] == []
