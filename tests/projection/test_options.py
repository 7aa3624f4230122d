"""Which courses are reckoned in full. Fleets and moves are those of tests.projection.cases."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from ledger.usage import TokenUsage
from projection.candidates import Candidate
from projection.catalogue.loading import OWN
from projection.hosting import Destination
from projection.machines import buy, rent
from projection.moving import moved_of
from projection.options import MOST_COURSES, Placed, by_machine, cost_usd_of, machine_of, unit_usd
from projection.plan import Constraints, Kind, Wanted
from projection.rig import Rig
from tests.projection.cases import base, fleet, machine, move
from tests.projection.priced import traffic
from tests.projection.rigs import LLAMA_8B, M2_ULTRA, RTX_4090
from tests.projection.rigs import rig as rig_of

PRICED = replace(RTX_4090, new_usd=Decimal(2500), used_usd=Decimal(1800), rent_usd_per_h=Decimal("0.5"))


def placed(
    rig: Rig | None = None, wanted: Wanted | None = None, copies: int = 1, usd: float = 1000
) -> Placed:
    chosen = rig or rig_of(PRICED, LLAMA_8B)
    calls = traffic([TokenUsage(input_tokens=1000, output_tokens=100)], list_cost_nusd=[10**9])
    candidate = Candidate(
        rig=chosen,
        substitute=None,
        moved=moved_of(calls, chosen.model, None),
        kinds=(Kind.RENT, Kind.RENT_BUSY_HOURS, Kind.BUY, Kind.HYBRID),
        wanted=wanted,
        is_speed_measured=False,
    )
    return Placed(candidate=candidate, fleet=fleet(copies, rig=chosen), move=move(usd))


def kinds(*all_placed: Placed) -> list[Kind]:
    return [recipe.kind for recipe in by_machine(all_placed, Constraints(), base())]


def test_a_mix_that_is_the_purchase_by_another_name_is_left_out() -> None:
    assert kinds(placed()) == [Kind.BUY, Kind.RENT]


def test_what_has_no_price_is_neither_bought_nor_rented() -> None:
    assert kinds(placed(rig_of(RTX_4090, LLAMA_8B))) == []
    assert kinds(placed(rig_of(replace(RTX_4090, rent_usd_per_h=Decimal("0.5")), LLAMA_8B))) == [Kind.RENT]


def test_the_cheapest_of_each_kind_survives_and_no_more_than_the_most() -> None:
    many = [
        placed(rig_of(replace(PRICED, new_usd=Decimal(usd)), LLAMA_8B)) for usd in range(1000, 11_000, 500)
    ]
    found = by_machine(many, Constraints(), base())
    assert len(found) == MOST_COURSES
    assert {recipe.kind for recipe in found} == {Kind.BUY, Kind.RENT}
    cheapest = next(recipe.course(base()) for recipe in found if recipe.kind is Kind.BUY)
    assert cheapest is not None
    assert cheapest.upfront_usd[0] == pytest.approx(1000 + 1500)


def test_new_is_bought_and_used_where_it_is_not_sold_new() -> None:
    assert unit_usd(PRICED) == 2500
    assert unit_usd(replace(PRICED, new_usd=None)) == 1800
    assert unit_usd(M2_ULTRA) is None


def test_a_stated_price_is_that_of_all_units_and_a_stated_number_of_units_does_not_grow() -> None:
    wanted = Wanted(hardware="RTX 4090", units=2, hardware_usd=5500, host_usd=300, rent_usd_per_h=0.9)
    found = machine_of(placed(wanted=wanted, copies=2), Constraints())
    assert (found.unit_usd, found.host_usd, found.rent_usd_per_h, found.grows) == (2750, 300, 0.9, False)
    assert machine_of(placed(), Constraints()).grows


def test_a_price_of_the_catalogue_is_as_old_as_its_row_and_a_stated_one_is_of_today() -> None:
    """The rows here were read on 2026-11-22; 730.5 days are two years."""
    stated = placed(wanted=Wanted(hardware="RTX 4090", units=1, hardware_usd=1500))
    later = date(2026, 11, 22) + timedelta(days=1461)
    assert machine_of(placed(), Constraints(), later).unit_read_years == 4
    assert machine_of(placed(), Constraints(), later).rent_read_years == 4
    assert machine_of(stated, Constraints(), later).unit_read_years == 0
    assert machine_of(placed(), Constraints(), date(2026, 1, 1)).unit_read_years == 0
    own = placed(rig_of(replace(PRICED, source=OWN), LLAMA_8B))
    assert machine_of(own, Constraints(), later).unit_read_years == 0


def test_what_is_sold_at_the_end_is_no_cost() -> None:
    told = base(electricity_usd_per_kwh=0.0, resale_decay_per_year=0.0)
    sold = 2000 * 0.72 * 0.85
    assert cost_usd_of(buy(told, move(), machine())) == pytest.approx(2000 - sold)
    assert cost_usd_of(rent(told, move(), machine())) == pytest.approx(12 * 365.25)


def test_a_destination_that_nobody_sells_is_one_all_the_same() -> None:
    assert Destination(move=move(), offer=None, substitute=None).offer is None
    assert np.isclose(move().tokens_by_hour.sum(), 1)
