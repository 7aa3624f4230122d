"""Ollama's own requests: test_needs sees images and tools; here, what is said of the longest output."""

import msgspec
import pytest

from proxy.needs_ollama import OllamaChat, OllamaGenerate
from proxy.top import most_output_in


@pytest.mark.parametrize(
    ("options", "most"),
    [
        ({"num_predict": 100}, 100),
        ({"num_predict": -1}, None),
        ({"num_predict": -2}, None),
        ({"num_predict": "100"}, None),
        ({"num_ctx": 4096}, None),
        ("odd", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("shape", [OllamaChat, OllamaGenerate])
def test_minus_one_is_no_limit_and_odd_options_say_nothing(
    shape: type[OllamaChat | OllamaGenerate], options: object, most: int | None
) -> None:
    """-1 is without end, -2 to the end of the context."""
    body = msgspec.json.encode({"model": "m", "options": options})
    assert most_output_in(msgspec.json.decode(body, type=shape)) == most
