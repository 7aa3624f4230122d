"""What is shipped: a number that contradicts a name, a sheet or another number is a typing error."""

import re
from datetime import date
from decimal import Decimal

import pytest

from projection.catalogue import NotListed, catalogue
from projection.catalogue.columns import COLUMNS, Row
from projection.catalogue.shelf import folded
from projection.catalogue.shipped import FILES, shipped
from projection.specs import Hardware, Link, Maker, Model, Published

WRITTEN = date(2026, 11, 22)
CATALOGUE = catalogue()
EVERY_ROW = [(table, row) for table, rows in shipped().items() for row in rows]
MODELS = [CATALOGUE.models[name] for name in CATALOGUE.models]
HARDWARE = [CATALOGUE.hardware[name] for name in CATALOGUE.hardware]
COUNTED_BY_THEIR_MAKERS = {"Mistral 7B": 7.25, "gpt-oss 20b": 20.9}
"""Models whose names round by more than 3 %, in billions of parameters."""


@pytest.mark.parametrize(("table", "row"), EVERY_ROW)
def test_every_row_says_where_it_is_from_and_when_that_was_read(table: str, row: Row) -> None:
    assert row["read"] == WRITTEN
    assert len(str(row["source"])) > 10


def test_no_two_rows_are_the_same_one() -> None:
    rows = [(table, *((key, str(value)) for key, value in row.items())) for table, row in EVERY_ROW]
    assert len(rows) == len(set(rows))
    for table in ("hardware", "model", "quantisation", "engine"):
        names = [folded(str(row["name"])) for row in shipped()[table]]
        assert len(names) == len(set(names)), table


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_has_as_many_parameters_as_its_name_says(model: Model) -> None:
    billions = re.search(r"(\d+)b\b", model.name, re.IGNORECASE)
    named = COUNTED_BY_THEIR_MAKERS.get(model.name) or (float(billions[1]) if billions else None)
    if named is not None:
        assert model.parameters == pytest.approx(named * 1e9, rel=0.03)


@pytest.mark.parametrize(
    ("name", "billions", "active_billions"),
    [
        ("Llama 4 Maverick", 400, 17),
        ("DeepSeek V3", 671, 37),
        ("DeepSeek R1", 671, 37),
        ("Qwen3 30B-A3B", 30.5, 3.3),
        ("Qwen3 235B-A22B", 235, 22),
        ("gpt-oss 20b", 20.9, 3.6),
        ("gpt-oss 120b", 117, 5.1),
    ],
)
def test_of_a_model_of_experts_as_much_is_active_as_its_maker_says(
    name: str, billions: float, active_billions: float
) -> None:
    model = CATALOGUE.models[name]
    assert model.parameters == pytest.approx(billions * 1e9, rel=0.03)
    assert model.active_parameters == pytest.approx(active_billions * 1e9, rel=0.03)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_shared_part_and_the_chosen_experts_make_the_active_parameters(model: Model) -> None:
    of_experts = (model.parameters - model.shared_parameters) * model.experts_used / model.experts
    # OpenAI does not count the embedding (201,088 x 2,880 = 0.58e9) as active, but it is outside the experts.
    uncounted = 0.58e9 if model.name.startswith("gpt-oss") else 0
    assert model.shared_parameters + of_experts - uncounted == pytest.approx(
        model.active_parameters, rel=0.02
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_dense_shape_makes_the_parameters_up(model: Model) -> None:
    """Attention, 2 h (n_heads + n_kv) d for each layer, is between an eighth and a half of a dense model."""
    attention = 2 * model.hidden * (model.heads + model.kv_heads) * model.head_size * model.layers
    if model.experts == 1:
        assert 1 / 8 < attention / model.parameters < 1 / 2


@pytest.mark.parametrize(
    ("name", "kv_bytes"),
    [
        ("Llama 3 8B", 131_072),
        ("Llama 3.1 8B", 131_072),
        ("Llama 3.3 70B", 327_680),
        ("Llama 3.1 405B", 516_096),
        ("Qwen3 8B", 147_456),
        ("gpt-oss 20b", 49_152),
        ("DeepSeek V3", 70_272),
    ],
)
def test_the_cache_of_a_token_is_as_large_as_published(name: str, kv_bytes: int) -> None:
    assert CATALOGUE.models[name].kv_bytes_per_token == kv_bytes  # DeepSeek's report: 70 KB


@pytest.mark.parametrize("hardware", HARDWARE, ids=lambda hardware: hardware.name)
def test_hardware_is_of_the_order_of_hardware(hardware: Hardware) -> None:
    """A number in the wrong unit is off by a thousand."""
    assert 8 * 2**30 <= hardware.memory_bytes <= 512 * 2**30
    assert 200e9 <= hardware.bandwidth_bytes_s <= 8e12
    assert 20e12 <= hardware.flops_16 <= 5e15
    assert 5 <= hardware.idle_w < hardware.busy_w <= 1200
    for usd in (hardware.new_usd, hardware.used_usd):
        assert usd is None or 100 < usd < 50_000
    assert hardware.rent_usd_per_h is None or Decimal("0.1") < hardware.rent_usd_per_h < 10


@pytest.mark.parametrize("hardware", HARDWARE, ids=lambda hardware: hardware.name)
def test_each_halving_of_the_bits_doubles_the_speed_at_least(hardware: Hardware) -> None:
    """True of every card that has them; a sparse number beside a dense one would be found."""
    for bits, half in ((hardware.flops_16, hardware.flops_8), (hardware.flops_8, hardware.flops_4)):
        assert bits is None or half is None or 1.99 <= half / bits <= 4.01


def test_only_nvidias_cards_from_ada_on_have_eight_bit_floats_and_only_blackwell_has_four() -> None:
    eight = {hardware.name for hardware in HARDWARE if hardware.flops_8 is not None}
    four = {hardware.name for hardware in HARDWARE if hardware.flops_4 is not None}
    assert not any(name.startswith(("A100", "Mac", "RTX 3")) for name in eight)
    assert four == {"RTX 5060 Ti 16GB", "RTX 5090", "RTX PRO 6000"}


def test_a_mac_is_one_unit_and_a_card_can_be_one_of_several() -> None:
    for hardware in HARDWARE:
        assert (hardware.link is None) == (hardware.maker is Maker.APPLE), hardware.name
    assert CATALOGUE.hardware["H100 SXM 80GB"].link is Link.NVLINK


@pytest.mark.parametrize(
    ("model", "quantisation", "gib"),
    [
        ("Llama 3 8B", "q4_k_m", 4.58),
        ("Llama 3 70B", "q4_k_m", 39.59),
        ("Llama 3 70B", "q8_0", 69.83),
        ("Llama 3 70B", "fp16", 131.42),
        ("Llama 2 70B", "q4_0", 36.37),
        ("gpt-oss 120b", "mxfp4", 60.8),
    ],
)
def test_weights_are_as_large_as_the_published_files(model: str, quantisation: str, gib: float) -> None:
    bytes_each = CATALOGUE.quantisations[quantisation].bytes_per_parameter
    assert CATALOGUE.models[model].parameters * bytes_each / 2**30 == pytest.approx(gib, rel=0.015)


@pytest.mark.parametrize("speed", [speed for speed in CATALOGUE.throughput if speed.concurrent == 1])
def test_no_published_speed_of_one_stream_beats_the_memory(speed: Published) -> None:
    """Each token reads every active weight once; a row in the wrong column would be faster than that."""
    hardware, model = CATALOGUE.hardware[speed.hardware], CATALOGUE.models[speed.model]
    read = model.active_parameters * CATALOGUE.quantisations[speed.quantisation].bytes_per_parameter
    assert 0.05 < speed.output_tokens_per_s * read / hardware.bandwidth_bytes_s < 1


def test_the_sheet_of_the_h100_is_what_is_shipped() -> None:
    h100 = CATALOGUE.hardware["H100 SXM 80GB"]
    assert (h100.memory_bytes, h100.bandwidth_bytes_s) == (80 * 2**30, 3.35e12)
    assert (h100.flops_16, h100.flops_8) == pytest.approx((989.4e12, 1978.9e12))
    assert (h100.busy_w, h100.flops_4, h100.rent_usd_per_h) == (680, None, Decimal("3.35"))


def test_money_is_exact() -> None:
    assert CATALOGUE.hardware["RTX 4090"].rent_usd_per_h == Decimal("0.54")


@pytest.mark.parametrize("name", ["rtx 4090", "RTX-4090", "rtx4090", " RTX 4090 "])
def test_a_name_is_found_however_it_is_written(name: str) -> None:
    assert CATALOGUE.hardware[name].name == "RTX 4090"
    assert name in CATALOGUE.hardware


def test_a_name_that_is_not_there_is_told_with_the_nearest_one() -> None:
    with pytest.raises(NotListed, match=r"^no hardware RTX 4091; nearest: RTX 4090$"):
        CATALOGUE.hardware["RTX 4091"]
    with pytest.raises(ValueError, match=r"^no model llama 3\.1 9b; nearest: Llama 3\.1 8B$"):
        CATALOGUE.models["llama 3.1 9b"]
    assert "RTX 4091" not in CATALOGUE.hardware


@pytest.mark.parametrize(
    ("cloud_model", "open_models"),
    [
        ("gpt-4o-mini-2024-07-18", ["Llama 3.1 8B", "Llama 3.3 70B"]),
        ("gpt-4o", ["Llama 3.3 70B", "Llama 3.1 405B", "DeepSeek V3"]),
        ("GPT-5-nano", ["Llama 3.1 8B", "gpt-oss 20b"]),
        ("claude-sonnet-4-5", ["Llama 3.3 70B", "Qwen3 235B-A22B", "DeepSeek R1"]),
        ("claude-opus-4-1-20250805", ["gpt-oss 120b"]),
        ("claude-opus-4-5", []),
        ("whisper-1", []),
    ],
)
def test_the_most_telling_pattern_says_what_could_stand_in(cloud_model: str, open_models: list[str]) -> None:
    found = CATALOGUE.substitutes_for(cloud_model)
    assert [substitute.open_model for substitute in found] == open_models


def test_every_table_has_rows_and_every_key_of_them_a_column() -> None:
    known = {key for columns in COLUMNS.values() for key in columns}
    assert {key for _, row in EVERY_ROW for key in row} <= known
    assert {table for table, _ in EVERY_ROW} == FILES.keys()
