"""What is measured, without a server: text, one answer, one step, when to stop, the row of a plan."""

import json
import tomllib
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payback.errors import SettingsError
from payback.measure.answer import Answered, Failed, Reading, message_of
from payback.measure.endpoint import endpoint_at
from payback.measure.growth import best_of, why_stop
from payback.measure.plan_row import Machine, append_row, checked, row_of
from payback.measure.prompts import prompts, words_for
from payback.measure.step import Step, percentile, step_of
from projection.plan import MeasuredSpeed
from projection.plan_file import plan_of
from tests.proxy.bodies import ASKED_EVENTS, DONE, PLAIN_EVENTS, chunk, event


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8000/",
        "http://127.0.0.1:8000/v1",
        "http://127.0.0.1:8000/v1/",
        "http://127.0.0.1:8000/v1/chat/completions",
    ],
)
def test_an_address_may_be_written_with_or_without_its_v1(address: str) -> None:
    assert str(endpoint_at(address, "m").url) == "http://127.0.0.1:8000/v1/chat/completions"


def test_a_path_before_v1_stays() -> None:
    assert str(endpoint_at("https://lab.test/llm/v1", "m").url) == "https://lab.test/llm/v1/chat/completions"


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://lab.test", "http://", "http://lab.test/v1?a=1"])
def test_what_is_no_address_is_a_sentence(address: str) -> None:
    with pytest.raises(SettingsError, match=r"is no address of a server; write one such as"):
        endpoint_at(address, "m")


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError) as raised:
        endpoint_at("http://me:hunter2@lab.test/v1", "m")
    assert "hunter2" not in str(raised.value)


def test_a_call_asks_for_a_stream_with_usage_and_as_many_tokens_as_wanted() -> None:
    asked = json.loads(endpoint_at("http://lab.test", "m").body("hi", 7))
    assert (asked["model"], asked["max_tokens"], asked["stream"]) == ("m", 7, True)
    assert asked["stream_options"] == {"include_usage": True}


def test_no_two_prompts_begin_alike_unless_that_is_wanted() -> None:
    """Servers keep what they computed for a beginning; a speed measured so would flatter them."""
    rng = np.random.default_rng(1)
    different = [text.split()[:4] for text in islice(prompts(64, rng), 20)]
    assert len({tuple(words) for words in different}) == 20
    shared = list(islice(prompts(64, rng, shared_prefix=True), 20))
    assert len({text[:200] for text in shared}) == 1
    assert len(set(shared)) == 20


@given(st.integers(1, 3000), st.booleans())
def test_prompts_of_one_run_are_of_one_size(words: int, shared: bool) -> None:
    rng = np.random.default_rng(2)
    sizes = [len(text.split()) for text in islice(prompts(words, rng, shared_prefix=shared), 3)]
    assert max(sizes) - min(sizes) <= 2 + words // 20
    assert sizes[0] - 17 == pytest.approx(words, abs=2 + words // 20)  # the task has 17 words


def test_a_prompt_is_sized_by_how_the_server_counts() -> None:
    assert words_for(512, (1, 31), (501, 631)) == 402  # 1.2 tokens a word, and 29.8 besides
    assert words_for(512, (1, 40), (1, 40)) == 512
    assert words_for(8, (1, 31), (501, 631)) == 1


def read(*events: bytes) -> Answered | Failed:
    """One event each tenth of a second, asked at 1.0."""
    reading = Reading(1.0)
    for number, one in enumerate(events, start=1):
        reading.feed(one, 1.0 + number / 10)
    return reading.finish()


def answered(*events: bytes) -> Answered:
    answer = read(*events)
    assert isinstance(answer, Answered), answer
    return answer


def test_tokens_are_the_servers_where_it_says_so() -> None:
    answer = answered(*ASKED_EVENTS)
    assert (answer.input_tokens, answer.output_tokens, answer.tokens) == (11, 5, 5)
    assert answer.first_token_s == pytest.approx(0.1)
    assert answer.per_token_s == pytest.approx(0.1 / 4)  # 0.1 s for the four after the first


def test_tokens_are_events_where_it_does_not() -> None:
    answer = answered(*PLAIN_EVENTS)
    assert (answer.input_tokens, answer.output_tokens, answer.tokens) == (None, None, 2)


def test_what_a_model_thinks_or_calls_is_output_too() -> None:
    thought = event({"choices": [{"delta": {"reasoning_content": "hm"}, "finish_reason": None}]})
    called = event({"choices": [{"delta": {"tool_calls": [{"index": 0}]}, "finish_reason": "tool_calls"}]})
    role = event({"choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}]})
    assert answered(role, thought, called).pieces_s == (1.2, 1.3)


@given(st.integers(1, 60))
def test_an_answer_does_not_depend_on_where_chunks_break(cut: int) -> None:
    whole, reading = b"".join(ASKED_EVENTS), Reading(0.0)
    for start in range(0, len(whole), cut):
        reading.feed(whole[start : start + cut], 1.0)
    assert reading.finish() == Answered(0.0, (1.0, 1.0), 11, 5)


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ((chunk("Hel"),), "broke off in the middle of an answer"),
        ((DONE,), "answers without a single token"),
        ((event({"choices": [], "usage": {"completion_tokens": 0}}), DONE), "answers without a single token"),
        (
            (chunk("Hel"), event({"error": {"message": "out of\nmemory"}})),
            "reports an error in the middle of an answer: out of memory",
        ),
    ],
)
def test_an_answer_that_is_none_says_why(events: tuple[bytes, ...], reason: str) -> None:
    assert read(*events) == Failed(reason)


@pytest.mark.parametrize("odd", [b"data: 7\n\n", b"data: {\n\n", b'data: {"choices":[7,{"delta":[]}]}\n\n'])
def test_events_that_are_nothing_known_are_passed_over(odd: bytes) -> None:
    assert answered(odd, *ASKED_EVENTS).tokens == 5


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":{"message":"no such model","type":"x"}}', "no such model"),
        (b'{"error":"model not found"}', "model not found"),
        (b'{"detail":"Not Found"}', "Not Found"),
        (b"<h1>\x1b[31mgone</h1>", "<h1>?[31mgone</h1>"),
        (b"", "it says nothing more"),
    ],
)
def test_an_error_is_told_in_the_servers_words_on_one_harmless_line(body: bytes, said: str) -> None:
    assert message_of(body) == said


def test_only_what_came_while_all_were_under_way_is_throughput() -> None:
    """Two answers of 10 tokens in 5 events; by 3.0 all of the first are there, two of the second."""
    first = Answered(0.0, (1.0, 1.5, 2.0, 2.5, 3.0), 100, 10)
    second = Answered(0.0, (2.0, 3.0, 4.0, 5.0, 6.0), 200, 10)
    step = step_of(2, [first, second], 0.0, 3.0)
    assert step.output_tokens_per_s == pytest.approx((10 + 4) / 3)
    assert (step.input_tokens, step.output_tokens, step.is_reported) == (150, 10, True)
    assert (step.first_token_p50_s, step.first_token_p99_s) == (1.0, 2.0)
    assert step.per_token_p50_s == pytest.approx(2.0 / 9)
    assert step.per_token_p99_s == pytest.approx(4.0 / 9)


def test_failures_are_counted_by_their_reason_and_answers_without_usage_by_events() -> None:
    calls: list[Answered | Failed] = [
        Answered(0.0, (1.0, 2.0), None, None),
        Failed("broke off"),
        Failed("broke off"),
    ]
    step = step_of(1, calls, 0.0, 2.0)
    assert (step.calls, step.failed, dict(step.failures)) == (3, 2, {"broke off": 2})
    assert (step.is_reported, step.output_tokens_per_s) == (False, 1.0)


def test_a_step_without_an_answer_has_no_speed_and_no_percentiles() -> None:
    step = step_of(1, [Failed("broke off")], 5.0, 5.0)
    assert (step.output_tokens_per_s, step.first_token_p50_s, step.per_token_p99_s) == (0.0, None, None)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert [percentile([3.0, 1.0, 2.0], share) for share in (0.5, 0.99)] == [2.0, 3.0]
    assert percentile([], 0.5) is None


def stepped(*speeds: float, failed: int = 0) -> list[Step]:
    answers = Answered(0.0, (0.01,), 8, 1)
    lost: list[Answered | Failed] = [Failed("broke off")] * failed
    steps = [step_of(1 << at, [answers] * 20 + lost, 0.0, 20 / speed) for at, speed in enumerate(speeds)]
    assert [step.output_tokens_per_s for step in steps] == pytest.approx(list(speeds))
    return steps


def test_the_ramp_ends_once_two_steps_have_brought_less_than_5_percent() -> None:
    assert why_stop(stepped(10, 18, 18.5)) is None
    assert why_stop(stepped(10, 10.4, 12)) is None
    assert why_stop(stepped(10, 18, 18.5, 18)) == "more at once has brought less than 5% more output, twice"


def test_the_ramp_ends_where_more_than_5_percent_fail() -> None:
    assert why_stop(stepped(10, failed=1)) is None  # 1 of 21
    assert why_stop(stepped(10, failed=2)) == "9% of the calls failed"


def test_the_best_step_is_the_fastest_of_those_that_held() -> None:
    assert best_of([*stepped(10, 18, 15), *stepped(99, failed=2)]) == stepped(10, 18)[1]
    assert best_of(stepped(99, failed=2)) is None


MACHINE = Machine(hardware="RTX 4090", model="Llama 3.1 8B", quantisation="fp8", engine="vLLM")
NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
MEASURED = MeasuredSpeed(
    hardware="RTX 4090",
    model="Llama 3.1 8B",
    quantisation="fp8",
    engine="vLLM",
    concurrent=1,
    input_tokens=8,
    output_tokens=1,
    output_tokens_per_s=10.0,
    measured_at="2026-11-22T20:00:00Z",
)


def test_a_row_says_what_was_measured_and_not_what_was_asked_for() -> None:
    (step,) = stepped(123.456)
    assert row_of(MACHINE, step, 512, NOW) == {
        "hardware": "RTX 4090", "model": "Llama 3.1 8B", "quantisation": "fp8", "engine": "vLLM",
        "units": 1, "concurrent": 1, "input_tokens": 8, "output_tokens": 1, "output_tokens_per_s": 123.46,
        "measured_at": "2026-11-22T20:00:00Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    "before", [None, "", 'workload = "support-bot"', "[constraints]\nmost_units = 2\n\n"]
)
def test_a_row_is_added_below_what_a_plan_says(before: str | None, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    if before is not None:
        plan.write_text(before)
    (step,) = stepped(10)
    for _ in range(2):
        append_row(plan, row_of(MACHINE, step, 512, NOW))
    found = tomllib.loads(plan.read_text())
    assert plan_of(found, "plan").measured == (MEASURED, MEASURED)
    del found["measured"]
    assert found == tomllib.loads(before or "")


@pytest.mark.parametrize(
    "before", ["measured = []\n", "not TOML", "[measured]\na = 1\n", "workloads = 'x'\n"]
)
def test_a_file_that_is_no_plan_is_left_as_it_is(before: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(before)
    (step,) = stepped(10)
    with pytest.raises(SettingsError, match=r"plan\.toml"):
        append_row(plan, row_of(MACHINE, step, 512, NOW))
    assert plan.read_text() == before


def test_names_are_spelled_as_the_catalogue_does(tmp_path: Path) -> None:
    told = Machine(hardware="rtx-4090", model="llama 3.1 8b", quantisation="FP8")
    expected = Machine(hardware="RTX 4090", model="Llama 3.1 8B", quantisation="fp8")
    assert checked(told, tmp_path / "none.toml") == expected


def test_a_name_that_nobody_knows_is_refused_unless_the_plan_has_it(tmp_path: Path) -> None:
    plan, told = tmp_path / "plan.toml", Machine(hardware="RTX 4090", model="tiny-random")
    with pytest.raises(SettingsError, match=r"^no model tiny-random; nearest: .*; name it with --open-model"):
        checked(told, plan)
    shape = "layers = 2\nhidden = 64\nheads = 4\nkv_heads = 2\nhead_size = 16\nparameters_b = 0.001"
    plan.write_text(
        f'[[catalogue.model]]\nname = "tiny-random"\n{shape}\ncontext_tokens = 2048\nread = 2026-11-22\n'
    )
    assert checked(told, plan).model == "tiny-random"
