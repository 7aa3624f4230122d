"""A user's rows: they add to what is shipped or change it; what is wrong in them is told in one sentence."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from projection.catalogue import catalogue
from projection.catalogue.loading import OWN

READ = date(2026, 11, 1)
RIG: dict[str, Any] = {
    "name": "my rig",
    "memory_gib": 48,
    "bandwidth_gb_s": 900.5,
    "tflops_16": Decimal("70.5"),
    "idle_w": 0,
    "busy_w": 300,
    "used_usd": "1234.56",
    "maker": "amd",
    "read": READ,
}
SPEED: dict[str, Any] = {
    "hardware": "RTX 4090",
    "model": "Llama 3.1 8B",
    "quantisation": "fp8",
    "engine": "vLLM",
    "concurrent": 32,
    "output_tokens_per_s": 1800,
    "read": READ,
}
EXPERTS: dict[str, Any] = {
    "name": "Mixture",
    "layers": 2,
    "hidden": 8,
    "heads": 2,
    "kv_heads": 1,
    "head_size": 4,
    "parameters_b": 10,
    "experts": 4,
    "experts_used": 1,
    "active_parameters_b": 4,
    "shared_parameters_b": 2,
    "context_tokens": 100,
    "read": READ,
}


def test_a_new_row_is_found_beside_those_that_are_shipped() -> None:
    rig = catalogue({"hardware": [RIG]}).hardware["My Rig"]
    assert (rig.memory_bytes, rig.bandwidth_bytes_s, rig.flops_16) == (48 * 2**30, 900.5e9, 70.5e12)
    assert (rig.used_usd, rig.new_usd, rig.flops_8, rig.idle_w) == (Decimal("1234.56"), None, None, 0)
    assert (rig.source, rig.read) == (OWN, READ)
    assert "my rig" not in catalogue().hardware  # nothing is kept from call to call


def test_a_row_with_a_known_name_changes_what_it_says_and_keeps_the_rest() -> None:
    shipped = catalogue()
    changed = catalogue({"hardware": [{"name": "rtx-4090", "used_usd": 1500}]})
    was, now = shipped.hardware["RTX 4090"], changed.hardware["RTX 4090"]
    assert (now.used_usd, now.new_usd, now.memory_bytes) == (Decimal(1500), was.new_usd, was.memory_bytes)
    assert now.source == f"{OWN}, over {was.source}"
    assert len(changed.hardware) == len(shipped.hardware)


def test_a_measurement_of_ones_own_replaces_the_published_one_of_the_same_load() -> None:
    shipped = catalogue().throughput
    known = next(speed for speed in shipped if speed.hardware == "RTX 5090")
    row = {
        "hardware": "rtx 5090",
        "model": known.model,
        "quantisation": "NVFP4",
        "engine": "vllm",
        "output_tokens_per_s": 5000,
        "read": READ,
    }
    speeds = catalogue({"throughput": [row, SPEED]}).throughput
    assert [speed.output_tokens_per_s for speed in speeds if speed.model == known.model].count(8691) == 0
    assert len(speeds) == len(shipped) + 1
    assert speeds[-1].concurrent == 32


def test_a_dense_models_parameters_change_together() -> None:
    model = catalogue({"model": [{"name": "Llama 3 8B", "parameters_b": 9}]}).models["Llama 3 8B"]
    assert (model.parameters, model.active_parameters, model.shared_parameters) == (9e9, 9e9, 9e9)


def test_a_model_of_experts_says_what_is_shared() -> None:
    model = catalogue({"model": [EXPERTS]}).models["mixture"]
    assert (model.experts, model.shared_parameters, model.kv_bytes_per_token) == (4, 2e9, 2 * 2 * 1 * 4 * 2)
    without = {key: value for key, value in EXPERTS.items() if key != "shared_parameters_b"}
    with pytest.raises(ValueError, match=r"^model Mixture: shared_parameters_b is missing, as there is more"):
        catalogue({"model": [without]})


def test_a_substitute_of_ones_own_stands_beside_the_shipped_ones() -> None:
    own = {"cloud_model": "whisper-*", "open_model": "qwen3-8b", "gap": "cannot hear", "read": READ}
    (found,) = catalogue({"substitute": [own]}).substitutes_for("whisper-1")
    assert (found.gap, found.source) == ("cannot hear", OWN)


def without(key: str) -> dict[str, Any]:
    return {each: value for each, value in RIG.items() if each != key}


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({"hardwear": []}, "no table hardwear is known; nearest: hardware"),
        ({"hardware": RIG}, "hardware is not a list of tables; write [[hardware]]"),
        ({"hardware": "RTX 4090"}, "hardware is not a list of tables; write [[hardware]]"),
        ({"hardware": ["RTX 4090"]}, "hardware 1 is not a table; write [[hardware]]"),
        ({"hardware": [RIG, RIG | {"name": "MY-RIG"}]}, "hardware MY-RIG stands there twice"),
        ({"hardware": [RIG | {"memory_gb": 24}]}, "hardware my rig: no key memory_gb; nearest: memory_gib"),
        ({"hardware": [without("busy_w")]}, "hardware my rig: busy_w is missing"),
        ({"hardware": [without("read")]}, "hardware my rig: read is missing"),
        ({"hardware": [without("name")]}, "hardware 1: name is missing"),
        ({"hardware": [RIG | {"name": " "}]}, "hardware  : name is  ; write text in quotes"),
        ({"hardware": [RIG | {"memory_gib": 0}]}, "hardware my rig: memory_gib is 0; write a number above 0"),
        (
            {"hardware": [RIG | {"memory_gib": "24"}]},
            "hardware my rig: memory_gib is 24; write a number above 0",
        ),
        (
            {"hardware": [RIG | {"tflops_16": True}]},
            "hardware my rig: tflops_16 is True; write a number above 0",
        ),
        (
            {"hardware": [RIG | {"tflops_16": Decimal("NaN")}]},
            "hardware my rig: tflops_16 is NaN; write a number",
        ),
        ({"hardware": [RIG | {"idle_w": -1}]}, "hardware my rig: idle_w is -1; write a number of 0 or more"),
        (
            {"hardware": [RIG | {"units": 1.5}]},
            "hardware my rig: units is 1.5; write a whole number of 1 or more",
        ),
        ({"hardware": [RIG | {"new_usd": "cheap"}]}, "hardware my rig: new_usd is cheap; write USD above 0"),
        ({"hardware": [RIG | {"new_usd": "1e300"}]}, "hardware my rig: new_usd is 1e300; write USD above 0"),
        ({"hardware": [RIG | {"idle_w": 1e300}]}, "hardware my rig: idle_w is 1e+300; write a number"),
        ({"hardware": [RIG | {"new_usd": "-5"}]}, "hardware my rig: new_usd is -5; write USD above 0"),
        ({"hardware": [RIG | {"new_usd": False}]}, "hardware my rig: new_usd is False; write USD above 0"),
        (
            {"hardware": [RIG | {"maker": "intel"}]},
            "hardware my rig: maker is intel; write one of nvidia, apple",
        ),
        (
            {"hardware": [RIG | {"read": "today"}]},
            "hardware my rig: read is today; write a day without quotes",
        ),
        (
            {"hardware": [RIG | {"read": datetime(2026, 1, 1, tzinfo=UTC)}]},
            "hardware my rig: read is 2026-01-01 00:00:00+00:00;",
        ),
        ({"hardware": [RIG | {"idle_w": 301}]}, "hardware my rig: idle_w (301.0) exceeds busy_w (300.0)"),
        ({"hardware": [RIG | {"units": 2}]}, "hardware my rig: 2 units of my rig have no link between them"),
        (
            {"model": [{"name": "Llama 3 8B", "slides": 1}]},
            "model Llama 3 8B: slides is 1; write true or false",
        ),
        ({"throughput": [{}]}, "throughput 1: hardware is missing"),
        (
            {"throughput": [SPEED | {"hardware": "RTX 4091"}]},
            "throughput of Llama 3.1 8B on RTX 4091: no hardware",
        ),
        (
            {"throughput": [SPEED | {"engine": "vllmm"}]},
            "throughput of Llama 3.1 8B on RTX 4090: no engine vllmm;",
        ),
        (
            {"substitute": [{"cloud_model": "gpt-4o", "open_model": "Llama 4", "gap": "none", "read": READ}]},
            "substitute for gpt-4o: no model Llama 4; nearest: Llama",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_remedy(own: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        catalogue(own)
