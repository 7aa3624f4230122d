"""What providers and servers really send, and what is made of it: tokens, cost, and what the client sees."""

from decimal import Decimal
from typing import Any

import pytest

from ledger.money import render_usd
from ledger.rating import Charge, rate
from ledger.timings import Timings
from ledger.usage import MAX_TOKENS, TokenUsage
from proxy.dialects import DIALECTS, dialect_of
from proxy.dialects.dialect import Framing
from proxy.dialects.openai_document import read
from proxy.dialects.openai_usage import usage_of
from proxy.dialects.reading import LONGEST_NAME, Item, Reading, name_of
from proxy.record import NO_TOKENS
from proxy.tap import DocumentTap, StreamTap, Tap
from tests.proxy.bodies import compact
from tests.proxy.recorded import FOLDERS, Recorded, dialect_named, recorded

DOCUMENTS, STREAMS, LINES = recorded(".json"), recorded(".sse"), recorded(".ndjson")
HIDDEN = [case for case in STREAMS if case.dialect.asks_for_usage]


def name_of_case(case: Recorded) -> str:
    return case.name


def check(case: Recorded, tap: Tap) -> None:
    expected, learned = case.expected, tap.learned
    assert learned.usage == case.usage
    assert (learned.units, learned.timings) == (case.units, case.timings)
    assert (learned.model, learned.service_tier) == (expected["model"], expected["service_tier"])
    assert learned.problem == expected["problem"]
    assert learned.done == expected.get("done", False)
    claimed = None if learned.upstream_cost is None else render_usd(learned.upstream_cost)
    assert claimed == expected.get("upstream_cost")
    assert [told(item) for item in tap.take_items()] == expected.get("items", [])
    if expected.get("list_cost_usd") is not None:
        charge = rate(learned.usage or NO_TOKENS, case.price, learned.units)
        assert isinstance(charge, Charge), charge
        assert render_usd(charge.list_cost) == expected["list_cost_usd"]


def told(item: Item) -> dict[str, Any]:
    usage = item.reading.usage
    counts = {name: getattr(usage, name) for name in TokenUsage.__struct_fields__} if usage else {}
    return {
        "operation": item.operation,
        "key": item.key,
        "is_failed": item.is_failed,
        "model": item.reading.model,
        "usage": {name: count for name, count in counts.items() if count is not None} or None,
    }


@pytest.mark.parametrize("case", DOCUMENTS, ids=name_of_case)
def test_tokens_and_cost_of_a_document_are_those_counted_by_hand(case: Recorded) -> None:
    tap = DocumentTap(case.dialect)
    assert tap.feed(case.body) == case.body
    tap.finish()
    check(case, tap)


@pytest.mark.parametrize("case", STREAMS, ids=name_of_case)
def test_tokens_and_cost_of_a_stream_are_those_counted_by_hand(case: Recorded) -> None:
    tap = StreamTap(case.dialect, hide=False)
    assert tap.feed(case.body) + tap.finish() == case.body
    check(case, tap)


@pytest.mark.parametrize("case", LINES, ids=name_of_case)
def test_tokens_and_cost_of_lines_are_those_counted_by_hand(case: Recorded) -> None:
    tap = StreamTap(case.dialect, Framing.LINES, hide=False)
    assert tap.feed(case.body) + tap.finish() == case.body
    check(case, tap)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64])
@pytest.mark.parametrize("case", [*STREAMS, *LINES], ids=name_of_case)
def test_what_a_stream_tells_does_not_depend_on_where_it_is_cut(case: Recorded, size: int) -> None:
    framing = Framing.LINES if case.file.suffix == ".ndjson" else Framing.EVENTS
    tap = StreamTap(case.dialect, framing, hide=False)
    pieces = [case.body[place : place + size] for place in range(0, len(case.body), size)]
    assert b"".join(map(tap.feed, pieces)) + tap.finish() == case.body
    check(case, tap)


@pytest.mark.parametrize("case", [*STREAMS, *LINES], ids=name_of_case)
def test_a_stream_that_comes_in_two_pieces_tells_the_same_wherever_it_is_cut(case: Recorded) -> None:
    framing = Framing.LINES if case.file.suffix == ".ndjson" else Framing.EVENTS
    whole = StreamTap(case.dialect, framing, hide=False)
    whole.feed(case.body)
    whole.finish()
    for place in range(1, len(case.body)):
        tap = StreamTap(case.dialect, framing, hide=False)
        assert tap.feed(case.body[:place]) + tap.feed(case.body[place:]) + tap.finish() == case.body
        assert tap.learned == whole.learned


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("case", DOCUMENTS, ids=name_of_case)
def test_what_a_document_tells_does_not_depend_on_where_it_is_cut(case: Recorded, size: int) -> None:
    tap = DocumentTap(case.dialect)
    pieces = [case.body[place : place + size] for place in range(0, len(case.body), size)]
    assert b"".join(map(tap.feed, pieces)) + tap.finish() == case.body
    check(case, tap)


def test_letters_of_every_length_stand_in_what_is_cut() -> None:
    bodies = [case.body.decode() for case in (*STREAMS, *LINES) if "every_script" in case.name]
    assert [{len(letter.encode()) for letter in body} for body in bodies] == [{1, 2, 3, 4}] * 2


@pytest.mark.parametrize("case", HIDDEN, ids=name_of_case)
def test_a_client_that_did_not_ask_for_usage_sees_the_stream_it_would_have_had(case: Recorded) -> None:
    tap = StreamTap(case.dialect, hide=True)
    seen = b"".join(tap.feed(case.body[place : place + 7]) for place in range(0, len(case.body), 7))
    assert seen + tap.finish() == case.seen
    check(case, tap)


def test_every_recorded_answer_is_used() -> None:
    answers = {case.file for case in [*DOCUMENTS, *STREAMS, *LINES]}
    there = {file for folder in FOLDERS for file in folder.iterdir() if "." not in file.stem}
    assert there == answers


def test_every_dialect_has_recorded_answers() -> None:
    recorded_dialects = [dialect_named(folder.name) for folder in FOLDERS]
    assert [
        dialect.path for dialect in DIALECTS if dialect.is_billed and dialect not in recorded_dialects
    ] == []


WRONG: list[tuple[Any, str]] = [
    ("none", "not an object"),
    ([1], "not an object"),
    (7, "not an object"),
    (True, "not an object"),
    ({}, "input_tokens is not a count"),
    ({"completion_tokens": 5}, "input_tokens is not a count"),
    ({"prompt_tokens": None, "completion_tokens": 5}, "input_tokens is not a count"),
    ({"prompt_tokens": "11", "completion_tokens": 5}, "input_tokens is not a count"),
    ({"prompt_tokens": [11]}, "input_tokens is not a count"),
    ({"prompt_tokens": {"n": 11}}, "input_tokens is not a count"),
    ({"prompt_tokens": -1, "completion_tokens": 5}, "input_tokens is not a count"),
    ({"prompt_tokens": 11.0, "completion_tokens": 5}, "input_tokens is not a count"),
    ({"prompt_tokens": True, "completion_tokens": 5}, "input_tokens is not a count"),
    ({"prompt_tokens": 2**63, "completion_tokens": 5}, "input_tokens is not a count"),
    ({"prompt_tokens": MAX_TOKENS + 1, "completion_tokens": 5}, "input_tokens is not a count"),
    ({"prompt_tokens": int("9" * 400)}, "input_tokens is not a count"),
    ({"prompt_tokens": 11, "completion_tokens": None}, "output_tokens is not a count"),
    ({"prompt_tokens": 11, "completion_tokens": "5"}, "output_tokens is not a count"),
    ({"prompt_tokens": 11, "completion_tokens": -5}, "output_tokens is not a count"),
    ({"prompt_tokens": 11, "prompt_tokens_details": {"cached_tokens": 12}}, "cached tokens (12) exceed"),
    (
        {"prompt_tokens": 11, "prompt_tokens_details": {"cached_tokens": "3"}},
        "cache_read_tokens is not a count",
    ),
    ({"prompt_tokens": 11, "prompt_cache_hit_tokens": 12}, "cached tokens (12) exceed"),
    (
        {"prompt_tokens": 11, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 6}},
        "reasoning, audio, image and rejected tokens (6) exceed",
    ),
    ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, "no tokens at all"),
]


@pytest.mark.parametrize(("usage", "problem"), WRONG, ids=lambda value: repr(value)[:40])
def test_usage_that_cannot_be_is_a_problem_with_a_name_and_never_a_count(usage: Any, problem: str) -> None:
    reading = read(compact({"model": "m", "choices": [], "usage": usage}))
    assert reading is not None
    assert reading.usage is None
    assert problem in (reading.problem or "")
    assert reading.model == "m"


@pytest.mark.parametrize("number", ["1e999999", "9" * 5000, "NaN", "-0", "Infinity", "01"])
def test_numbers_that_no_machine_holds_raise_nothing(number: str) -> None:
    reading = read(b'{"usage":{"prompt_tokens":%s}}' % number.encode())
    assert reading is None or (reading.usage is None and reading.problem is not None)


def test_no_usage_is_not_a_problem_of_the_document() -> None:
    assert read(b'{"usage":null}') == read(b"{}") == Reading()


@pytest.mark.parametrize("details", [None, [], "x", 7, {}])
def test_details_that_are_no_object_say_nothing(details: Any) -> None:
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "prompt_tokens_details": details}
    assert usage_of({**usage, "completion_tokens_details": details}) == TokenUsage(
        input_tokens=11, output_tokens=5
    )


def test_a_detail_that_is_absent_is_unknown_and_a_zero_is_a_zero() -> None:
    assert usage_of({"prompt_tokens": 1}).cache_read_tokens is None
    assert (
        usage_of({"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 0}}).cache_read_tokens == 0
    )


@pytest.mark.parametrize("total", [16, 15, 0, -1, None, "21", 21.5, True])
def test_a_total_that_is_not_larger_or_no_number_changes_no_count(total: Any) -> None:
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": total}
    assert usage_of(usage) == TokenUsage(input_tokens=11, output_tokens=5)


@pytest.mark.parametrize(
    ("choices", "is_extra"),
    [
        (b"[]", True),
        (b"[ ]", True),
        (b"null", True),
        (b'[{"index":0}]', False),
        (b"{}", False),
        (b"0", False),
    ],
)
def test_only_an_event_with_usage_and_without_choices_is_extra(choices: bytes, is_extra: bool) -> None:
    with_usage = read(b'{"choices":%s,"usage":{"prompt_tokens":1}}' % choices)
    without = read(b'{"choices":%s,"usage":null}' % choices)
    assert with_usage is not None
    assert without is not None
    assert (with_usage.is_extra, without.is_extra) == (is_extra, False)


@pytest.mark.parametrize("name", [7, None, "", ["m"], {"m": 1}, True])
def test_a_name_that_is_no_text_is_none(name: Any) -> None:
    assert name_of(name) is None


def test_names_are_bounded_and_can_be_stored() -> None:
    assert name_of("m" * 1_000_000) == "m" * LONGEST_NAME
    found = read(b'{"model":"\\ud800x"}')
    assert found is None or (found.model or "").encode("utf-8")


def test_every_dialect_is_found_at_its_path() -> None:
    for ending, operation in (
        ("chat/completions", "chat"),
        ("completions", "text_completion"),
        ("embeddings", "embeddings"),
    ):
        for prefix in ("/v1", "/openai/v1", "/api/v3", ""):
            dialect, model = dialect_of("POST", f"{prefix}/{ending}")
            assert dialect is not None
            assert (dialect.operation, model) == (operation, None)
            assert dialect_of("POST", f"{prefix}/{ending}/1") == (None, None)
            assert dialect_of("GET", f"{prefix}/{ending}") == (None, None)
    assert dialect_of("POST", "/v1/models") == (None, None)


def test_timings_of_llama_cpp_count_the_whole_prompt() -> None:
    timings = {"cache_n": 23, "prompt_n": 1, "prompt_ms": 0.3, "predicted_n": 4}
    reading = read(compact({"model": "m", "choices": [{"finish_reason": "stop"}], "timings": timings}))
    usage = TokenUsage(input_tokens=24, output_tokens=4, cache_read_tokens=23)
    told = {"timings": {**timings, "prompt_ms": Decimal("0.3")}}
    assert reading == Reading(model="m", usage=usage, reported=told, timings=Timings(prefill_us=300))


def test_usage_goes_before_timings() -> None:
    both = read(compact({"usage": {"prompt_tokens": 11}, "timings": {"prompt_n": 1, "predicted_n": 1}}))
    assert both is not None
    assert both.usage == TokenUsage(input_tokens=11)


NO_TIMINGS = [
    "x",
    [],
    {},
    {"prompt_n": 24, "predicted_n": 4},
    {"cache_n": 0, "prompt_n": "1", "predicted_n": 2},
]
"""The fourth is of servers from before cache_n: how much of the prompt they left out is not known."""


@pytest.mark.parametrize("timings", NO_TIMINGS)
def test_timings_that_are_not_llama_cpps_are_no_count(timings: Any) -> None:
    reading = read(compact({"timings": timings}))
    assert reading is not None
    assert reading.usage is None
