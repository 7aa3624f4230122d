"""The roofline's errors: how rows are told apart and summed up, and that what is printed is all of them."""

from datetime import date

import pytest

from bench.capacity import (
    Compared,
    Kind,
    by_kind,
    checks,
    compared,
    errors_of,
    halves_of,
    kind_of,
    log_sd_of,
    main,
    rig_of,
    share_within_2x,
)
from projection.catalogue import catalogue
from projection.specs import Published

CATALOGUE = catalogue()


def published(hardware: str, model: str, engine: str, quantisation: str = "fp8", units: int = 1) -> Published:
    return Published(
        hardware=hardware,
        units=units,
        model=model,
        quantisation=quantisation,
        engine=engine,
        output_tokens_per_s=100,
        source="a test",
        read=date(2026, 11, 22),
    )


@pytest.mark.parametrize(
    ("point", "kind"),
    [
        (published("RTX 4090", "Llama 3.1 8B", "vLLM"), Kind.DENSE),
        (published("H100 SXM 80GB", "Llama 3.3 70B", "vLLM", units=2), Kind.DENSE),
        (published("L40S", "Llama 3.3 70B", "vLLM", units=4), Kind.DENSE_PCIE),
        (published("L40S", "Qwen3 30B-A3B", "vLLM", units=4), Kind.MIXTURE),
        (published("RTX 4090", "Llama 3 8B", "llama.cpp", "q4_k_m"), Kind.GGUF),
    ],
)
def test_speeds_that_have_different_errors_are_kept_apart(point: Published, kind: Kind) -> None:
    assert kind_of(rig_of(point, CATALOGUE)) is kind


def test_nvidias_narrow_checkpoints_keep_the_cache_in_8_bits_under_nvidias_engine_only() -> None:
    bits = [
        rig_of(
            published("H100 SXM 80GB", "Llama 3.1 8B", engine, quantisation), CATALOGUE
        ).cache_bytes_per_value
        for engine in ("TensorRT-LLM", "vLLM")
        for quantisation in ("fp8", "fp16")
    ]
    assert bits == [1, 2, 2, 2]


def rows_with(*ratios: float, kind: Kind = Kind.DENSE) -> list[Compared]:
    point = published("RTX 4090", "Llama 3.1 8B", "vLLM")
    return [Compared(point, kind, 100 * ratio) for ratio in ratios]


def test_errors_are_of_one_kind_and_leave_out_what_is_unexplained() -> None:
    unexplained = Compared(published("A100 40GB PCIe", "Llama 3.1 8B", "vLLM"), Kind.DENSE, 319.0)
    too_large = Compared(published("RTX 4090", "Llama 3.1 405B", "vLLM"), Kind.DENSE, None)
    rows = [*rows_with(1.3, 0.9), *rows_with(3.0, kind=Kind.MIXTURE), unexplained, too_large]
    assert errors_of(rows, Kind.DENSE) == pytest.approx([0.1, 0.3])
    assert errors_of(rows) == pytest.approx([0.1, 0.3, 2.0])
    assert share_within_2x(rows) == 2 / 4  # 3.0 and the unexplained 3.19 are not; too large is not asked


def test_halves_are_every_other_row() -> None:
    halves = list(halves_of(rows_with(1.1, 1.3, 0.8, 1.5), Kind.DENSE))
    assert halves == [pytest.approx([0.1, 0.2]), pytest.approx([0.3, 0.5])]


def test_what_leans_one_way_counts_as_spread() -> None:
    assert log_sd_of(rows_with(2.0, 2.0), Kind.DENSE) == pytest.approx(0.6931, rel=1e-4)  # ln 2


def test_what_is_not_as_stated_is_plain_to_see() -> None:
    rows = [
        *rows_with(1.05, 1.2),  # median 12.5 %
        *rows_with(1.1, kind=Kind.DENSE_PCIE),
        *rows_with(0.5, kind=Kind.MIXTURE),
        *rows_with(1.0, kind=Kind.GGUF),
    ]
    found = by_kind(rows)
    assert [verdict.met for verdict in found.verdicts] == [False, True, False, True, True]
    assert [row["rows"] for row in found.rows] == [2, 1, 1, 1]


def test_the_other_published_numbers_are_met() -> None:
    found = checks(CATALOGUE)
    assert [check.published for check in found] == [108, 52, 10, 7.6, 0.2091]
    assert all(check.is_met for check in found), found


def test_every_row_of_the_catalogue_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    table = capsys.readouterr().out.partition("\n\n")[0].splitlines()
    assert len(table) == 2 + len(compared(CATALOGUE)) == 2 + len(CATALOGUE.throughput)


def test_the_errors_alone_are_printed_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--short"]) in (0, 1)
    assert capsys.readouterr().out.startswith("errors: of computed speeds, by kind\n")
