"""Ollama's embeddings: long numbers, and the counts behind them."""

from typing import Any

import pytest

from ledger.timings import Timings
from ledger.usage import TokenUsage
from proxy.dialects import dialect_of, ollama_embed, openai_embeddings
from proxy.dialects.ollama_embed import read
from proxy.tap import MAX_DOCUMENT_BYTES, DocumentTap
from tests.proxy.bodies import compact


def test_embeddings_are_spoken_at_their_path_and_the_older_one_is_openais() -> None:
    assert dialect_of("POST", "/api/embed") == (ollama_embed.DIALECT, None)
    assert dialect_of("POST", "/api/embeddings") == (openai_embeddings.DIALECT, None)


def test_counts_behind_many_numbers_are_read() -> None:
    counts = {"total_duration": 14_143_917, "load_duration": 1_019_500, "prompt_eval_count": 8}
    body = compact({"model": "all-minilm", "embeddings": [[0.123456789] * 50_000], **counts})
    assert len(body) > MAX_DOCUMENT_BYTES
    tap = DocumentTap(ollama_embed.DIALECT)
    tap.feed(body)
    tap.finish()
    assert (tap.learned.model, tap.learned.problem) == ("all-minilm", None)
    assert tap.learned.usage == TokenUsage(input_tokens=8)
    assert tap.learned.timings == Timings(load_us=1019, prefill_us=13_124)


@pytest.mark.parametrize(("total", "load"), [(None, 1), (1, None), ("9", 1), (1, 9_000), (1.5, 1)])
def test_durations_that_cannot_be_subtracted_are_left_out(total: Any, load: Any) -> None:
    reading = read(compact({"prompt_eval_count": 8, "total_duration": total, "load_duration": load}))
    assert reading is not None
    assert reading.usage == TokenUsage(input_tokens=8)
    assert reading.timings is None or reading.timings.prefill_us is None
