"""Ollama's generation: its last line grows with the context, and so does its document."""

from ledger.timings import Timings
from ledger.usage import TokenUsage
from proxy.dialects import dialect_of, ollama_generate
from proxy.dialects.dialect import Framing
from proxy.sse import MAX_EVENT_BYTES
from proxy.tap import MAX_DOCUMENT_BYTES, DocumentTap, StreamTap
from tests.proxy.bodies import MODEL, compact

COUNTS = {"total_duration": 9_000, "load_duration": 1_000, "prompt_eval_count": 11, "eval_count": 18}


def test_generation_is_spoken_at_its_path() -> None:
    assert dialect_of("POST", "/api/generate") == (ollama_generate.DIALECT, None)
    assert dialect_of("POST", "/ollama/api/generate/") == (ollama_generate.DIALECT, None)
    assert dialect_of("POST", "/api/generated") == (None, None)


def answer(context: list[int]) -> bytes:
    """With its members in the order in which Ollama writes them."""
    done = {"model": MODEL, "response": "Hi", "done": True, "done_reason": "stop", "context": context}
    return compact({**done, **COUNTS})


def test_counts_behind_a_long_context_are_read_from_a_document() -> None:
    body = answer(list(range(100_000)))
    assert len(body) > MAX_DOCUMENT_BYTES
    tap = DocumentTap(ollama_generate.DIALECT)
    tap.feed(body)
    tap.finish()
    assert (tap.learned.model, tap.learned.problem, tap.learned.is_partial) == (MODEL, None, False)
    assert tap.learned.usage == TokenUsage(input_tokens=11, output_tokens=18)
    assert tap.learned.timings == Timings(load_us=1)


def test_counts_behind_a_long_context_are_read_from_the_last_line_of_a_stream() -> None:
    body = answer(list(range(100_000))) + b"\n"
    assert len(body) > MAX_EVENT_BYTES
    tap = StreamTap(ollama_generate.DIALECT, Framing.LINES, hide=False)
    for start in range(0, len(body), 65_536):
        tap.feed(body[start : start + 65_536])
    tap.finish()
    assert (tap.learned.model, tap.learned.problem, tap.learned.done) == (MODEL, None, True)
    assert tap.learned.usage == TokenUsage(input_tokens=11, output_tokens=18)
