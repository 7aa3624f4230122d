"""Which machines and models are looked at, which are not, and the reason."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from projection.candidates import (
    MOST_MACHINES,
    Candidates,
    candidates_of,
    dearest_of,
    kinds_of,
    substitutes_of,
)
from projection.catalogue import NotListed, catalogue
from projection.outcome import Binding
from projection.plan import Constraints, Kind, MeasuredSpeed, Plan, Wanted
from projection.replay import Limits
from projection.traffic import Billed, Needs, Traffic
from tests.projection.workloads import steady, workload

CATALOGUE = catalogue()
LAX = Limits(first_token_s=10, per_token_s=0.5)
IN_HOUSE = Constraints(limits=LAX, must_stay_in_house=True)
MINI = steady(0.1, 100)
"""On gpt-4o-mini, for which the catalogue has Llama 3.1 8B and Llama 3.3 70B."""


def found(
    traffic: Traffic,
    *wanted: Wanted,
    constraints: Constraints | None = None,
    measured: Sequence[MeasuredSpeed] = (),
) -> Candidates:
    plan = Plan(wanted=wanted, constraints=constraints or Constraints(limits=LAX), measured=tuple(measured))
    return candidates_of(traffic, plan, CATALOGUE)


def machines(candidates: Candidates) -> list[tuple[str, str]]:
    return [(each.rig.hardware.name, each.rig.model.name) for each in candidates.open]


def test_an_empty_plan_offers_machines_for_each_substitute_of_the_cloud_model() -> None:
    offers = found(MINI)
    assert len(offers.open) == MOST_MACHINES
    assert {model for _, model in machines(offers)} == {"Llama 3.1 8B", "Llama 3.3 70B"}
    assert offers.refused == ()
    for each in offers.open:
        assert each.wanted is None
        assert each.substitute is not None
        assert each.substitute.cloud_model == "gpt-4o-mini*"
        assert each.substitute.open_model == each.rig.model.name
        assert len(each.moved.traffic) == 100
    assert any(Kind.RENT in each.kinds for each in offers.open)
    assert any(Kind.BUY in each.kinds for each in offers.open)


def test_calls_of_the_same_kind_are_kept_once_for_all_models() -> None:
    some = found(workload(range(9), needs=[Needs.IMAGES, *[0] * 8])).open
    assert {each.rig.model.name for each in some} == {"Llama 3.1 8B", "Llama 3.3 70B"}
    assert {len(each.moved.traffic) for each in some} == {8}
    assert len({id(each.moved.traffic) for each in some}) == 1


def test_a_named_machine_and_model_are_taken_as_they_are() -> None:
    wanted = Wanted(model="llama-3.3-70b", hardware="rtx 4090", units=4, kinds=(Kind.BUY,))
    (only,) = found(MINI, wanted).open
    assert (only.rig.hardware.name, only.rig.model.name) == ("RTX 4090", "Llama 3.3 70B")
    assert (only.wanted, only.substitute, only.kinds) == (wanted, None, (Kind.BUY,))
    assert not only.is_speed_measured


def test_a_named_model_takes_calls_of_any_cloud_model() -> None:
    two = workload(range(2), models=("gpt-4o-mini", "nobody-knows"), billed=[0, 1])
    (named,) = found(two, Wanted(model="Llama 3.1 8B", hardware="RTX 4090")).open
    assert len(named.moved.traffic) == 2
    covered = found(two, Wanted(hardware="RTX 4090")).open
    assert {len(each.moved.traffic) for each in covered} == {1}


def test_a_model_that_is_not_named_is_a_substitute_of_the_dearest_cloud_model() -> None:
    models = ("gpt-4o-mini", "claude-haiku-4-5")
    two = workload(range(2), models=models, billed=[0, 1], usd=[1, 2])
    assert machines(found(two, Wanted(hardware="RTX PRO 6000"))) == [("RTX PRO 6000", "gpt-oss 120b")]
    both = {model for _, model in machines(found(two))}
    assert both == {"gpt-oss 120b", "Llama 3.1 8B", "Llama 3.3 70B"}


def test_hardware_that_is_not_named_is_all_of_it_up_to_the_most() -> None:
    offers = found(MINI, Wanted(model="Llama 3.1 8B"))
    assert len({name for name, _ in machines(offers)}) == len(offers.open) == MOST_MACHINES
    assert all(each.wanted is not None and each.substitute is None for each in offers.open)


def test_machines_that_the_plan_names_are_all_kept() -> None:
    wanted = [Wanted(model="Llama 3.1 8B", hardware="RTX 4090", units=units) for units in range(1, 15)]
    offers = found(MINI, *wanted, Wanted(model="Qwen3 8B"))
    assert [each.wanted for each in offers.open] == wanted


def test_a_cloud_model_without_a_substitute_is_refused_by_name() -> None:
    odd = workload(range(3), models=("gpt-4o-mini", "o3", "o3"), billed=[0, 1, 2], usd=[1, 2, 3])
    offers = found(odd)
    assert offers.open
    (refused,) = offers.refused
    assert (refused.name, refused.binding) == ("o3", Binding.NO_SUBSTITUTE)
    assert refused.reason == "no open model is known to take the place of o3; a plan may name one"


def test_only_the_dearest_of_many_models_without_a_substitute_are_told() -> None:
    names = tuple(f"unheard-of-{index}" for index in range(9))
    offers = found(workload(range(9), models=names, billed=range(9), usd=range(1, 10)))
    assert offers.open == ()
    assert [each.name for each in offers.refused] == ["unheard-of-8", "unheard-of-7", "unheard-of-6"]


def test_calls_that_cannot_move_leave_nothing_to_look_at() -> None:
    offers = found(workload(range(3), needs=Needs.IMAGES), Wanted(model="Llama 3.1 8B"))
    assert offers.open == ()
    (refused,) = offers.refused
    reason = "no call can move: images, which Llama 3.1 8B does not see"
    assert (refused.name, refused.reason) == ("Llama 3.1 8B", reason)


def test_traffic_without_a_call_has_no_candidates() -> None:
    for offers in (found(workload([])), found(workload([]), Wanted(model="Llama 3.1 8B"))):
        assert (offers.open, offers.refused) == ((), ())


def test_a_named_machine_that_a_model_does_not_fit_on_is_refused_with_the_size() -> None:
    offers = found(MINI, Wanted(model="Llama 3.3 70B", hardware="RTX 4090", units=1, quantisation="q4_k_m"))
    (refused,) = offers.refused
    assert (refused.binding, refused.name) == (Binding.DOES_NOT_FIT, "Llama 3.3 70B on RTX 4090")
    assert refused.reason == "Llama 3.3 70B in q4_k_m is 42.8 GB; 1 x RTX 4090 has 25.8 GB"


def test_a_model_that_fits_nowhere_is_refused_once_on_the_largest_machine() -> None:
    offers = found(MINI, Wanted(model="DeepSeek V3", units=1, quantisation="fp16"))
    assert offers.open == ()
    (refused,) = offers.refused
    assert refused.name == "DeepSeek V3 on Mac Studio M3 Ultra"


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(NotListed, match="no hardware RTX 4091; nearest: RTX 4090"):
        found(MINI, Wanted(hardware="RTX 4091"))


def test_nothing_is_rented_that_must_stay_in_house() -> None:
    offers = found(MINI, constraints=IN_HOUSE)
    assert offers.open
    assert all(each.kinds == (Kind.BUY,) for each in offers.open)
    ours = Constraints(limits=LAX, must_stay_in_house=True, rented_is_in_house=True)
    (rented,) = found(MINI, Wanted(model="Llama 3.1 8B", hardware="L40S"), constraints=ours).open
    assert rented.kinds == (Kind.RENT, Kind.RENT_BUSY_HOURS)


def test_a_machine_that_is_only_for_rent_is_refused_in_house() -> None:
    (refused,) = found(MINI, Wanted(model="Llama 3.1 8B", hardware="L40S"), constraints=IN_HOUSE).refused
    assert (refused.name, refused.binding) == ("Llama 3.1 8B on L40S", Binding.IN_HOUSE)


def test_a_machine_without_a_price_is_refused_until_the_plan_states_one() -> None:
    priceless = Wanted(model="Llama 3.1 8B", hardware="A100 40GB PCIe")
    (refused,) = found(MINI, priceless).refused
    assert refused.binding is Binding.NO_PRICE
    assert "no price of A100 40GB PCIe is known" in refused.reason
    hardware = CATALOGUE.hardware["A100 40GB PCIe"]
    assert kinds_of(Wanted(hardware_usd=5000.0), hardware, Constraints()) == (Kind.BUY, Kind.HYBRID)
    assert kinds_of(Wanted(rent_usd_per_h=1.0), hardware, Constraints()) == (
        Kind.RENT,
        Kind.RENT_BUSY_HOURS,
    )


KNOWN_PRICES: Mapping[str, tuple[Kind, ...]] = {
    "RTX 4090": (Kind.RENT, Kind.RENT_BUSY_HOURS, Kind.BUY, Kind.HYBRID),
    "Mac Studio M3 Ultra": (Kind.BUY, Kind.HYBRID),
    "L40S": (Kind.RENT, Kind.RENT_BUSY_HOURS),
    "RTX 3090": (Kind.RENT, Kind.RENT_BUSY_HOURS, Kind.BUY, Kind.HYBRID),
}


@pytest.mark.parametrize("name", KNOWN_PRICES)
def test_what_has_a_price_new_or_used_or_by_the_hour_can_be_had(name: str) -> None:
    assert kinds_of(Wanted(), CATALOGUE.hardware[name], Constraints()) == KNOWN_PRICES[name]


def test_a_measured_speed_is_known_as_measured() -> None:
    speed = MeasuredSpeed(
        hardware="RTX 4090",
        model="Llama 3.1 8B",
        concurrent=4,
        input_tokens=500,
        output_tokens=100,
        output_tokens_per_s=123.0,
        measured_at="2026-11-20",
    )
    wanted = [Wanted(model="Llama 3.1 8B", hardware=name) for name in ("RTX 4090", "RTX 3090")]
    measured, computed = found(MINI, *wanted, measured=[speed]).open
    assert measured.is_speed_measured
    assert measured.rig.speed < 0.5
    assert not computed.is_speed_measured
    assert computed.rig.speed == 1


def test_the_dearest_is_told_by_cost_and_where_nothing_is_priced_by_tokens() -> None:
    models = ("a", "b", "c")
    priced = workload(range(4), [9, 1, 1, 1], 1, models=models, billed=[0, 1, 1, 1], usd=[1, 1, 1, 1])
    assert [each.name for each in dearest_of(priced)] == ["b", "a"]
    unpriced = workload(range(2), [1, 9], 1, models=models, billed=[2, 0], usd=-1e-9)
    assert [each.name for each in dearest_of(unpriced)] == ["a", "c"]
    with_unknown = workload(range(2), [-1, 9], 1, models=models, billed=[0, 1], usd=-1e-9)
    assert [each.name for each in dearest_of(with_unknown)] == ["b", "a"]


def test_substitutes_are_found_by_the_first_name_that_any_pattern_knows() -> None:
    billed = Billed(provider=None, models=("mystery", "openai/gpt-4o-mini"))
    assert {each.open_model for each in substitutes_of(CATALOGUE, billed)} == {
        "Llama 3.1 8B",
        "Llama 3.3 70B",
    }
    assert substitutes_of(CATALOGUE, Billed(provider=None, models=())) == ()


def test_a_million_calls_are_kept_once() -> None:
    many = workload(np.arange(1_000_000) * 2.0, span_s=2e6)
    offers = found(many)
    assert all(each.moved.traffic is many for each in offers.open)
