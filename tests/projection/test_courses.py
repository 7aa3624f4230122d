"""Courses without a machine, added up by hand: $1,000 a month today, $100 at somebody else's."""

from dataclasses import replace

import numpy as np
import pytest

from projection.courses import hosted, stay
from projection.hosted import PricedOffer
from projection.outcome import Course, Offer
from projection.plan import Kind
from tests.projection.cases import base, move

OFFER = PricedOffer(
    offer=Offer(provider="novita", model="m", input_usd_per_mtok=1.0, output_usd_per_mtok=1.0, source="list"),
    usd=np.full(4, 50.0),
)
"""Of the two months that were measured: $100 a month."""


def month_usd(course: Course, month: int = 0) -> float:
    assert np.ptp(course.monthly_usd[:, month]) == 0
    return float(course.monthly_usd[0, month])


def test_who_stays_pays_each_months_volume_at_its_price_and_nothing_first() -> None:
    course = stay(base(volume=np.array([1.0, 3.0]), months=2, api_price_factor=0.5), "gpt-4o")
    assert [month_usd(course, month) for month in range(2)] == [500, 1500]
    assert not course.upfront_usd.any()
    assert not course.resale_usd.any()


def test_an_offer_costs_its_price_the_calls_asked_again_and_those_that_stay() -> None:
    """700 move; at twice the volume 2 x 100 of theirs, 2 x 0.2 x 700 asked again, 2 x 300 that stay."""
    told = base(volume=2.0, fallback_share=0.2)
    course = hosted(told, move(usd_per_month=700), OFFER, 2.0, None)
    assert course.parts_usd == pytest.approx({"hosted": 200, "fallback": 280, "stays": 600})
    assert month_usd(course) == pytest.approx(200 + 280 + 600)
    assert (course.kind, course.name) == (Kind.HOSTED, "Llama 3.1 8B by novita")


def test_before_an_offer_is_taken_somebody_tries_it() -> None:
    course = hosted(base(switch_h=8, setup_h=99, labour_usd_per_h=50), move(), OFFER, 2.0, None)
    assert set(course.upfront_usd.tolist()) == {400.0}


def test_todays_price_and_the_offers_go_their_own_ways() -> None:
    told = base(fallback_share=0.5, api_price_factor=3.0)
    draws = replace(told.draws, hosted_price=np.full_like(told.draws.hosted_price, 0.1))
    course = hosted(replace(told, draws=draws), move(), OFFER, 2.0, None)
    assert month_usd(course) == pytest.approx(0.1 * 100 + 0.5 * 3 * 1000)


def test_the_parts_are_those_of_the_first_month() -> None:
    course = hosted(base(volume=np.array([1.0, 9.0, 9.0]), months=3), move(), OFFER, 2.0, None)
    assert course.parts_usd["hosted"] == pytest.approx(100)
