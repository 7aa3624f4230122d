"""People write claims in many ways; each part is found wherever it stands, and what is missing is noted."""

import re

import pytest

from projection.catalogue import NotListed, catalogue
from projection.claim_text import EXAMPLE, Claimed, estimated, read_claim

CATALOGUE = catalogue()


def read(text: str) -> Claimed:
    return read_claim(text, CATALOGUE)


@pytest.mark.parametrize(
    ("text", "units", "hardware", "model", "quantisation", "engine", "concurrent", "tokens_per_s"),
    [
        (EXAMPLE, 2, "RTX 4090", "Llama 3.3 70B", "q4_k_m", "llama.cpp", 1, 20),
        ("llama3:8b on a 4090 at 120 tokens/sec", 1, "RTX 4090", "Llama 3 8B", "q4_k_m", "llama.cpp", 1, 120),
        (
            "H100 Llama-3.1-8B-Instruct fp8 vLLM 8,155 tok/s N=256",
            *(1, "H100 SXM 80GB", "Llama 3.1 8B", "fp8", "vLLM", 256, 8155),
        ),
        (
            "gpt-oss-20b on RTX 5090 with ollama, 200 tps",
            *(1, "RTX 5090", "gpt-oss 20b", "mxfp4", "Ollama", 1, 200),
        ),
        (
            "Llama 70B q4 on dual RTX 3090s 16 t/s",
            *(2, "RTX 3090", "Llama 3.3 70B", "q4_k_m", "llama.cpp", 1, 16),
        ),
        (
            "DeepSeek R1 AWQ, 8x H100 80GB, 64 concurrent users: 2000 tokens per second",
            *(8, "H100 SXM 80GB", "DeepSeek R1", "awq", "vLLM", 64, 2000),
        ),
        (
            "Mac Studio M2 Ultra (192GB): Llama 3 70B F16 4.7 tok/s",
            *(1, "Mac Studio M2 Ultra", "Llama 3 70B", "fp16", "llama.cpp", 1, 4.7),
        ),
        (
            "8B 4-bit on RTX 4060 Ti 8GB: 30 tok/s",
            *(1, "RTX 4060 Ti 8GB", "a model of 8B", "q4_k_m", "llama.cpp", 1, 30),
        ),
        ("7B int8 on A100-40GB PCIe: 90 tok/s", 1, "A100 40GB PCIe", "a model of 7B", "int8", "vLLM", 1, 90),
        ("4xRTX4090 qwen3 32b 8-bit 25 tok/s", 4, "RTX 4090", "Qwen3 32B", "q8_0", "llama.cpp", 1, 25),
    ],
)
def test_the_parts_of_a_claim_are_found(
    text: str,
    units: int,
    hardware: str,
    model: str,
    quantisation: str,
    engine: str,
    concurrent: int,
    tokens_per_s: float,
) -> None:
    claimed = read(text)
    assert (claimed.units, claimed.hardware.name, claimed.model.name) == (units, hardware, model)
    assert (claimed.quantisation.name, claimed.engine.name) == (quantisation, engine)
    assert (claimed.concurrent, claimed.tokens_per_s) == (concurrent, tokens_per_s)


def test_what_was_taken_for_granted_is_noted() -> None:
    assert read("13B on A100: 60 tok/s").notes == (
        "Which one is not said: A100 80GB SXM is taken.",
        "Its shape is estimated from its size: 40 layers of 5120.",
        "No quantisation is named: q4_k_m is taken.",
        "No engine is named: llama.cpp is taken.",
        "One request at a time is taken; N=32 would say 32 at once.",
    )
    assert read("Llama 3 8B fp16 on RTX 4090, vLLM, N=1: 50 tok/s").notes == ()


@pytest.mark.parametrize(("billions", "layers"), [(7, 33), (8, 34), (13, 40), (70, 71)])
def test_an_estimated_shape_is_about_that_of_llama(billions: float, layers: int) -> None:
    """Llama has 32 layers at 7B and 8B, 40 at 13B, 80 at 70B."""
    model = estimated(billions)
    assert (model.layers, model.hidden, model.parameters) == (layers, 128 * layers, billions * 1e9)


@pytest.mark.parametrize("text", ["fast", "", "13B on RTX 4090", "8B on RTX 4090: 0 tok/s", "1 tok/s " * 100])
def test_a_claim_without_a_speed_gets_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=f'^no speed is claimed; write it as "{re.escape(EXAMPLE)}"$'):
        read(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("8B 10 tok/s", "no hardware is named; write it as"),
        ("RTX 4090: 10 tok/s", "no model is named, nor a size such as 13B; write it as"),
        ("0B on RTX 4090: 10 tok/s", "no model is named"),
        ("Mixtral 8x7B q4 on RTX 4090: 50 tok/s", "8x7B does not tell the shape of its experts"),
        ("Foo 21B-A4B q4 on RTX 4090: 50 tok/s", "21B-A4B does not tell the shape of its experts"),
    ],
)
def test_what_is_missing_is_told(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(complaint)}"):
        read(text)


@pytest.mark.parametrize(
    ("text", "name", "nearest"),
    [
        ("8B on RTX 3060 Ti: 40 tok/s", "RTX 3060 Ti", "RTX 4060 Ti 8GB"),
        ("8B on 1x RTX 3060 8GB: 40 tok/s", "RTX 3060 8GB", "RTX 3060 12GB"),
        ("8B on a 4090 laptop: 40 tok/s", "4090 laptop", "RTX 4090"),
        ("Mixtral 8x7B on RX 7900 XTX: 9 tok/s", "RX 7900 XTX", "RTX 5090"),
        ("2x MI300X: 70B, 40 tok/s", "MI300X", ""),
    ],
)
def test_a_card_of_another_kind_is_not_taken_for_a_known_one(text: str, name: str, nearest: str) -> None:
    with pytest.raises(NotListed, match=f"^no hardware {name}; nearest: {nearest}"):
        read(text)
