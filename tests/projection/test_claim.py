"""Claims of the articles and of others, judged by numbers that can be checked by hand."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projection.catalogue import NotListed, catalogue
from projection.claim import Claim, Credibility, check_claim

CATALOGUE = catalogue()
WORDS = [
    "13B",
    "0B",
    "999999999B",
    "70b",
    "Llama 3",
    "8x7B",
    "fp16",
    "q4",
    "on",
    "2x",
    "0x",
    "64x",
    "RTX 4090",
    "H100",
    "M2 Ultra",
    "24GB",
    "0GB",
    "20 tok/s",
    "0 t/s",
    "1,000 tps",
    "N=0",
    "N=9",
    "100000 users",
    ":",
    "(",
    "4090s",
]


def check(text: str) -> Claim:
    return check_claim(text, CATALOGUE)


def test_a_13b_at_16_bit_does_not_fit_12_gb_and_would_be_too_fast_if_it_did() -> None:
    claim = check("13B fp16 on 1x RTX 3060 12GB: 60 tok/s")
    assert claim.credibility is Credibility.IMPOSSIBLE
    assert claim.does_not_fit is not None  # 26 GB of weights; the card has 12 GiB, 12.9 GB
    assert claim.ceiling_tokens_per_s == pytest.approx(360 / 26)
    assert claim.sentence == (
        "Impossible: a model of 13B in fp16 is 26.0 GB; 1 x RTX 3060 12GB has 12.9 GB."
        " With the rest in the computer's own memory, 5 tok/s at most."
        " Were there room, one request reads 26.0 GB a token at 360 GB/s and gets 13.8 tok/s at most."
    )


def test_the_first_articles_70b_on_one_4090_is_impossible() -> None:
    """42.8 GB of weights: 1,008 GB/s read them 23.6 times a second, but the card has 25.8 GB."""
    claim = check("Llama 3 70B q4 on 1x RTX 4090: 20 tok/s")
    assert claim.credibility is Credibility.IMPOSSIBLE
    assert claim.ceiling_tokens_per_s == pytest.approx(1008 / (70.554 * 4.85 / 8))
    assert claim.computed_tokens_per_s is None


def test_a_slow_run_from_the_computers_own_memory_is_plausible() -> None:
    claim = check("Llama 3 70B q4 on 1x RTX 4090 + offload: 2 tok/s")
    assert (claim.credibility, claim.does_not_fit is None) == (Credibility.PLAUSIBLE, False)
    # Of 42.77 GB, 0.95 * 25.77 - 1.5 = 22.98 fit; the other 19.79 come at 89.6 GB/s.
    assert claim.offloaded_tokens_per_s == pytest.approx(1 / (22.98 / 1008 + 19.79 / 89.6), rel=1e-3)


@pytest.mark.parametrize(
    ("text", "credibility"),
    [
        ("2x RTX 4090: Llama 3.3 70B q4_k_m 20 tok/s N=1", Credibility.PLAUSIBLE),
        ("2x RTX 4090: Llama 3.3 70B q4_k_m 40 tok/s N=1", Credibility.ABOVE_KNOWN),
        ("2x RTX 4090: Llama 3.3 70B q4_k_m 50 tok/s N=1", Credibility.IMPOSSIBLE),
        ("RTX 4090: Llama 3 8B q4, 130 tok/s", Credibility.PLAUSIBLE),
        ("7B q4 on 4090: 250 tok/s", Credibility.IMPOSSIBLE),
        ("8B fp16 on H100: 5 tok/s", Credibility.SLOW),
        ("13B q4 on RTX 4090: 45 tokens/second", Credibility.PLAUSIBLE),
        ("H100 Llama 3.1 8B fp8 vLLM: 8,155 tok/s N=256", Credibility.PLAUSIBLE),
        ("H100 Llama 3.1 8B fp8 vLLM: 8,155 tok/s", Credibility.IMPOSSIBLE),
        ("Llama 3.1 405B fp16 on M2 Ultra: 0.5 tok/s", Credibility.IMPOSSIBLE),
        ("Qwen3-30B-A3B q4 on RTX 4090: 150 tok/s", Credibility.PLAUSIBLE),
    ],
)
def test_a_claim_is_judged(text: str, credibility: Credibility) -> None:
    assert check(text).credibility is credibility


@pytest.mark.parametrize("row", [row for row in CATALOGUE.throughput if row.concurrent == 1])
def test_what_was_measured_of_one_request_is_never_called_impossible(row: Any) -> None:
    text = f"{row.model} {row.quantisation} on {row.units}x {row.hardware}, {row.engine} N=1"
    claim = check(f"{text}: {row.output_tokens_per_s} tok/s")
    assert (claim.rig.hardware.name, claim.rig.model.name) == (row.hardware, row.model)
    assert claim.credibility is not Credibility.IMPOSSIBLE or claim.rig.hardware.name == "Mac Studio M3 Ultra"


def test_many_requests_share_one_reading_of_the_weights_until_arithmetic_binds() -> None:
    claim = check("H100: Llama 3.1 8B fp16 vLLM 3000 tok/s N=32")
    one_read_s = 16.06 / 3350
    assert claim.ceiling_tokens_per_s == pytest.approx(1 / one_read_s, rel=1e-3)
    assert claim.ceiling_at_once_tokens_per_s == pytest.approx(32 / one_read_s, rel=1e-3)
    assert "32 at once 6,675 tok/s" in claim.sentence
    busy = check("H100: Llama 3.1 8B fp16 vLLM 3000 tok/s N=4096")
    assert busy.ceiling_at_once_tokens_per_s == pytest.approx(1978.9e12 / (2 * 8.03e9))


def test_the_nearest_measurements_are_of_the_same_machine_and_a_model_of_that_size() -> None:
    nearest = check("Llama 3 70B q4 on 2x RTX 4090: 20 tok/s").nearest
    assert len(nearest) == 3
    assert {row.hardware for row in nearest} == {"RTX 4090"}
    assert (nearest[0].model, nearest[0].units) == ("Llama 3 70B", 2)


def test_what_is_possible_by_guessing_ahead_is_said() -> None:
    assert "unless a smaller model guesses ahead" in check("7B q4 on 4090: 250 tok/s").sentence
    assert "guesses ahead" not in check("7B q4 on 4090: 250000 tok/s N=8").sentence


def test_two_machines_without_a_link_are_refused() -> None:
    with pytest.raises(ValueError, match="2 units of Mac Studio M2 Ultra have no link between them"):
        check("8B on 2x M2 Ultra: 3 tok/s")


def test_hardware_that_nobody_knows_is_told_with_the_nearest() -> None:
    with pytest.raises(
        NotListed, match="no hardware RTX 4091; nearest: RTX 4090; the claim can be judged once"
    ):
        check("8B on RTX 4091: 20 tok/s")


def test_a_users_own_machine_is_known() -> None:
    rig = {
        "name": "Radeon 7900",
        "memory_gib": 24,
        "bandwidth_gb_s": 960,
        "tflops_16": 123,
        "idle_w": 20,
        "busy_w": 355,
        "maker": "amd",
        "read": next(iter(CATALOGUE.hardware.specs())).read,
    }
    claim = check_claim("8B q4 on Radeon 7900: 100 tok/s", catalogue({"hardware": [rig]}))
    assert (claim.rig.hardware.name, claim.credibility) == ("Radeon 7900", Credibility.PLAUSIBLE)


def test_what_fits_when_all_weights_are_shared_out_is_not_called_impossible() -> None:
    """Maverick in FP8 is 401 GB. With what is no expert on each of six cards it is 472, and too large."""
    claim = check("Llama 4 Maverick fp8 on 6x H100 SXM TensorRT-LLM: 40 tok/s")
    assert claim.does_not_fit is None
    assert claim.ceiling_tokens_per_s > 40


@given(st.lists(st.sampled_from(WORDS), max_size=8))
def test_any_words_are_judged_or_told(words: list[str]) -> None:
    """Never another exception, and never a division by what was not said."""
    try:
        claim = check(" ".join(words))
    except ValueError:
        return
    assert claim.ceiling_tokens_per_s > 0
    assert claim.sentence.endswith(".")
