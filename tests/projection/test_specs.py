"""Numbers that no datasheet can hold are refused where they are written down, in one sentence."""

import re
from dataclasses import FrozenInstanceError, replace
from datetime import date
from decimal import Decimal

import pytest

from projection.specs import Engine, Hardware, Link, Maker, Model, Published, Quantisation, Spec

READ = date(2026, 11, 22)
CARD = Hardware(
    name="a card",
    memory_bytes=24e9,
    bandwidth_bytes_s=1e12,
    flops_16=100e12,
    flops_8=200e12,
    flops_4=400e12,
    link=Link.CONSUMER_PCIE,
    idle_w=30,
    busy_w=450,
    new_usd=Decimal(2000),
    maker=Maker.NVIDIA,
    source="a datasheet",
    read=READ,
)
DENSE = Model(
    name="dense 8B",
    layers=32,
    hidden=4096,
    heads=32,
    kv_heads=8,
    head_size=128,
    parameters=8e9,
    active_parameters=8e9,
    shared_parameters=8e9,
    context_tokens=8192,
    source="config.json",
    read=READ,
)
OF_EXPERTS = replace(DENSE, active_parameters=2e9, shared_parameters=1e9, experts=8, experts_used=1)
QUANTISATION = Quantisation(name="q", bytes_per_parameter=0.5, compute_bits=16, source="a page", read=READ)
ENGINE = Engine(name="e", batches=True, most_sequences=256, bandwidth_share=0.65, source="a page", read=READ)
SPEED = Published(
    hardware="a card",
    model="dense 8B",
    quantisation="q",
    engine="e",
    output_tokens_per_s=100,
    source="a page",
    read=READ,
)


def test_a_token_keeps_a_key_and_a_value_of_two_bytes_for_each_layer_and_kv_head() -> None:
    assert DENSE.kv_bytes_per_token == 2 * 32 * 8 * 128 * 2 == 131_072


@pytest.mark.parametrize(
    ("spec", "field", "value"),
    [
        (CARD, "memory_bytes", 0.0),
        (CARD, "bandwidth_bytes_s", -1.0),
        (CARD, "flops_16", float("nan")),
        (CARD, "flops_4", float("inf")),
        (CARD, "units", 0),
        (CARD, "new_usd", Decimal(0)),
        (CARD, "used_usd", Decimal("NaN")),
        (CARD, "rent_usd_per_h", Decimal("-0.5")),
        (DENSE, "layers", 0),
        (DENSE, "context_tokens", -1),
        (QUANTISATION, "bytes_per_parameter", 0.0),
        (ENGINE, "most_sequences", 0),
        (SPEED, "output_tokens_per_s", 0.0),
        (SPEED, "concurrent", 0),
        (SPEED, "prefill_tokens_per_s", float("nan")),
    ],
)
def test_what_has_to_be_above_zero_is_named_when_it_is_not(spec: Spec, field: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^{field} is .*, and has to be a number above 0$"):
        replace(spec, **{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spec", "changes", "sentence"),
    [
        (CARD, {"idle_w": -1.0}, "idle_w is -1.0, and has to be a number of 0 or more"),
        (CARD, {"idle_w": 451}, "idle_w (451) exceeds busy_w (450)"),
        (CARD, {"flops_8": 99e12}, "flops_16 (100000000000000.0) exceeds flops_8 (99000000000000.0)"),
        (CARD, {"units": 2, "link": None}, "2 units of a card have no link between them"),
        (DENSE, {"kv_heads": 64}, "kv_heads (64) exceeds heads (32)"),
        (OF_EXPERTS, {"experts_used": 9}, "experts_used (9) exceeds experts (8)"),
        (OF_EXPERTS, {"active_parameters": 9e9}, "active_parameters (9000000000.0) exceeds parameters"),
        (
            OF_EXPERTS,
            {"shared_parameters": 3e9},
            "shared_parameters (3000000000.0) exceeds active_parameters",
        ),
        (
            DENSE,
            {"shared_parameters": 7e9},
            "shared_parameters differ from parameters, but there is one expert",
        ),
        (DENSE, {"experts": 8}, "all parameters are shared, so that nothing is left for 8 experts"),
        (QUANTISATION, {"compute_bits": 6}, "compute_bits is 6; 16, 8 or 4 are known"),
        (ENGINE, {"bandwidth_share": 1.2}, "bandwidth_share is 1.2, and cannot exceed 1"),
    ],
)
def test_numbers_that_contradict_each_other_are_told_together(
    spec: Spec, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        replace(spec, **changes)  # type: ignore[arg-type]


def test_what_a_card_cannot_do_and_what_nobody_has_priced_may_be_missing() -> None:
    bare = replace(CARD, flops_8=None, flops_4=None, new_usd=None, link=None)
    assert (bare.flops_8, bare.used_usd, bare.units) == (None, None, 1)


def test_several_cards_with_a_link_are_one_machine_of_several_units() -> None:
    assert replace(CARD, units=2).memory_bytes == CARD.memory_bytes  # memory stays that of one


def test_a_spec_is_never_changed_after_it_was_checked() -> None:
    with pytest.raises(FrozenInstanceError):
        CARD.units = 2  # type: ignore[misc]
