"""payback measure, against a real llama.cpp server, and against one that does what a test says."""

import asyncio
import json
import socket
import sys
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from payback.measure import told
from payback.measure.answer import Answered, Failed
from payback.measure.calling import calling, now_s
from payback.measure.endpoint import endpoint_at
from payback.measure.ramp import Load, Ramped, ramp
from payback.measure.step import Step
from tests.architecture.house import ROOT
from tests.llama.fixtures import LlamaServer
from tests.llama.test_llama_server import _wait_until_idle, metrics
from tests.proxy.bodies import ASKED_EVENTS, CHAT_ANSWER, PLAIN_EVENTS, chunk
from tests.proxy.upstream import Upstream, Visit, scripted_upstream

END = b"0\r\n\r\n"
PATIENCE_S = 60


async def payback(*argv: str, **environment: str) -> tuple[int, str, str]:
    """Status, stdout, stderr of the program itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "payback", "measure", *argv),
        cwd=environment.pop("cwd", None),
        env={"PYTHONPATH": str(ROOT), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_S):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


def streaming(*events: bytes) -> Callable[[Visit], Awaitable[None]]:
    async def script(visit: Visit) -> None:
        await visit.stream(*events)
        await visit.send(END)

    return script


def load(*concurrencies: int, seconds: float = 20, step_seconds: float = 5) -> Load:
    return Load(
        input_tokens=16,
        output_tokens=8,
        concurrencies=concurrencies,
        seconds=seconds,
        step_seconds=step_seconds,
    )


async def ramped(upstream: Upstream, asked: Load, seen: list[Step] | None = None) -> Ramped | Failed:
    steps = [] if seen is None else seen
    return await ramp(endpoint_at(upstream.base_url, "small-model"), asked, steps.append)


async def test_tokens_a_second_agree_with_the_servers_own_count(
    llama_server: LlamaServer, tmp_path: Path
) -> None:
    """All that a step says went out is what llama.cpp counts; and no faster than llama.cpp says it was."""
    _wait_until_idle(llama_server)
    before = metrics(llama_server)
    status, out, err = await payback(
        *(llama_server.base_url, "--model", "any", "--input-tokens", "128", "--output-tokens", "32"),
        *("--concurrency", "1,2,4", "--json"),
    )
    assert status == 0, err
    found, after = json.loads(out), metrics(llama_server)
    steps = found["steps"]
    assert [step["failed"] for step in steps] == [0] * len(steps)
    answered = sum(step["calls"] * step["output_tokens"] for step in steps)
    written = after["tokens_predicted_total"] - before["tokens_predicted_total"]
    assert 0 < written - answered <= 2 * 8  # the probes
    assert {step["counted_by"] for step in steps} == {"usage"}
    for step in steps:
        assert step["input_tokens"] == pytest.approx(128, rel=0.1)
        most = step["calls"] * step["output_tokens"] / step["window_s"]
        assert 0.5 * most < step["output_tokens_per_s"] <= most
    assert found["output_tokens_per_s"] == max(step["output_tokens_per_s"] for step in steps)


async def test_a_slower_server_is_measured_as_it_is(upstream: Upstream) -> None:
    """First token after 20 ms, then 4 events 10 ms apart: 10 tokens in 60 ms."""

    async def script(visit: Visit) -> None:
        await asyncio.sleep(0.02)
        await visit.stream(chunk("a"))
        for _ in range(4):
            await asyncio.sleep(0.01)
            piece = chunk("b")
            await visit.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        last = b'data: {"choices":[],"usage":{"prompt_tokens":16,"completion_tokens":10}}\n\ndata: [DONE]\n\n'
        await visit.send(b"%x\r\n%s\r\n" % (len(last), last), END)

    upstream.script = script
    found = await ramped(upstream, load(1, 4))
    assert isinstance(found, Ramped)
    one, four = found.steps
    assert 30 < one.output_tokens_per_s < 10 / 0.06
    assert 2 < four.output_tokens_per_s / one.output_tokens_per_s < 8
    assert one.first_token_p50_s is not None
    assert one.per_token_p50_s is not None
    assert 0.02 < one.first_token_p50_s < 0.1
    assert 0.04 / 9 < one.per_token_p50_s < 0.2 / 9  # 40 ms for the nine tokens after the first


async def test_as_many_calls_as_asked_for_are_under_way_and_no_more(upstream: Upstream) -> None:
    under_way, most = 0, 0

    async def script(visit: Visit) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.005)
        under_way -= 1
        await streaming(*ASKED_EVENTS)(visit)

    upstream.script = script
    seen: list[Step] = []
    await ramped(upstream, load(3), seen)
    assert most == 3
    assert [(step.concurrent, step.calls) for step in seen] == [(3, 30)]
    assert len(upstream.received) == load(3).most_calls == 32


async def test_what_is_sent_differs_from_call_to_call(upstream: Upstream) -> None:
    upstream.script = streaming(*ASKED_EVENTS)
    await ramped(upstream, load(2))
    asked = [json.loads(received.body) for received in upstream.received[2:]]
    assert len({one["messages"][0]["content"] for one in asked}) == 20
    assert {one["max_tokens"] for one in asked} == {8}


async def test_without_usage_events_are_counted_and_the_text_says_so(upstream: Upstream) -> None:
    upstream.script = streaming(*PLAIN_EVENTS)
    status, out, _ = await payback(upstream.base_url, "--model", "m", "--concurrency", "1")
    assert status == 0
    assert "counted by events, one token each, where the server reported no usage" in out


async def test_the_text_says_first_what_is_sent_and_last_what_to_do_with_it(upstream: Upstream) -> None:
    upstream.script = streaming(*ASKED_EVENTS)
    status, out, err = await payback(upstream.base_url, "--model", "m", "--concurrency", "1,2")
    assert status == 0
    first, *progress = err.splitlines()
    assert first.startswith("sending at most 32 calls to http://127.0.0.1")
    assert "at most 20,480 tokens, within 120 s. Whoever owns that server should agree" in first  # 32 x 640
    assert [line.partition(":")[0] for line in progress] == ["1 at once", "2 at once"]
    assert "Answers had 5 tokens, not 128: the model ended them itself." in out
    assert "To compute with it: --save plan.toml --hardware NAME." in out


async def test_a_saved_speed_is_a_row_of_a_plan(upstream: Upstream, tmp_path: Path) -> None:
    upstream.script = streaming(*ASKED_EVENTS)
    plan = tmp_path / "plan.toml"
    plan.write_text('workload = "support-bot"\n')
    status, out, err = await payback(
        *(upstream.base_url, "--model", "m", "--concurrency", "1", "--save", str(plan)),
        *("--hardware", "rtx 4090", "--open-model", "Llama 3.1 8B", "--quantisation", "fp8"),
    )
    assert status == 0, err
    found = tomllib.loads(plan.read_text())
    (row,) = found["measured"]
    assert (row["hardware"], row["model"], row["quantisation"]) == ("RTX 4090", "Llama 3.1 8B", "fp8")
    assert (row["concurrent"], row["input_tokens"], row["output_tokens"]) == (1, 11, 5)
    assert row["output_tokens_per_s"] > 0
    assert f"payback project --plan {plan} computes with that in place of its estimate." in out


async def refused(*argv: str, **environment: str) -> str:
    """The one sentence of a run that ends with 2, after the announcement."""
    status, out, err = await payback(*argv, **environment)
    assert (status, out) == (2, "")
    return err.splitlines()[-1]


def answering(status: str, body: bytes = b'{"error":{"message":"no"}}') -> Callable[[Visit], Awaitable[None]]:
    async def script(visit: Visit) -> None:
        await visit.answer(body, ("Content-Type", "application/json"), status=status)

    return script


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (answering("401 Unauthorized"), "answers 401 (no); name the variable that holds the key"),
        (
            answering("404 Not Found"),
            "answers 404 (no); it has no model m, or takes no chat completions there",
        ),
        (answering("500 Internal Server Error"), "answers 500 (no)"),
        (answering("302 Found"), "answers 302 (no)"),
        (answering("200 OK", CHAT_ANSWER), "answers with application/json where a stream was asked for"),
        (streaming(b"data: [DONE]\n\n"), "answers without a single token"),
        (streaming(chunk("Hel")), "broke off in the middle of an answer"),
    ],
)
async def test_a_server_that_cannot_be_measured_is_one_sentence_and_status_2(
    script: Callable[[Visit], Awaitable[None]], sentence: str, upstream: Upstream
) -> None:
    upstream.script = script
    assert (await refused(upstream.base_url, "--model", "m")).startswith(
        f"payback: {upstream.base_url} {sentence}"
    )
    assert len(upstream.received) == 1


async def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    said = await refused(f"http://127.0.0.1:{port}", "--model", "m")
    assert said.startswith(f"payback: http://127.0.0.1:{port} cannot be reached (")


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--concurrency", "4,2"], "'4,2' does not rise"),
        (["--output-tokens", "0"], "'0' is no number of 1 to"),
        (["--save", "p.toml"], "--save needs --hardware"),
        (["--save", "p.toml", "--hardware", "RTX 4090"], "no model m; nearest"),
        (
            ["--save", "p.toml", "--hardware", "RTX 4090", "--shared-prefix"],
            "--shared-prefix measures the prefix",
        ),
        (["--api-key-env", "NOT_SET_ANYWHERE"], "--api-key-env names NOT_SET_ANYWHERE, which is not set"),
    ],
)
async def test_what_cannot_be_is_refused_before_a_call_is_sent(
    argv: list[str], sentence: str, upstream: Upstream, tmp_path: Path
) -> None:
    assert sentence in await refused(upstream.base_url, "--model", "m", *argv, cwd=str(tmp_path))
    assert upstream.received == []


async def test_the_key_is_sent_and_never_shown(upstream: Upstream) -> None:
    upstream.script = answering("401 Unauthorized")
    said = await refused(upstream.base_url, "--model", "m", "--api-key-env", "LAB_KEY", LAB_KEY="sk-secret")
    assert upstream.only.head.value("Authorization") == b"Bearer sk-secret"
    assert said.endswith("answers 401 (no); the key is not the right one")


async def test_errors_in_the_middle_end_the_ramp_and_are_told_by_reason(upstream: Upstream) -> None:
    """Every fourth call breaks off; the probes and the first call do not."""
    seen = 0

    async def script(visit: Visit) -> None:
        nonlocal seen
        seen += 1
        if seen % 4 == 0:
            await visit.stream(chunk("Hel"))
            visit.close()
            return
        await streaming(*ASKED_EVENTS)(visit)

    upstream.script = script
    found = await ramped(upstream, load(2, 4))
    assert isinstance(found, Ramped)
    (step,) = found.steps
    assert (step.calls, dict(step.failures)) == (20, {"broke off in the middle of an answer": 5})
    assert found.stopped == "25% of the calls failed"
    shown = told.Shown(
        endpoint=endpoint_at(upstream.base_url, "m"), load=load(2, 4), ramped=found, best=None, saved=None
    )
    assert "5 calls failed: the server broke off in the middle of an answer." in told.as_text(shown)
    assert told.as_json(shown)["steps"][0]["failed"] == 5


async def test_a_server_that_stalls_is_given_up_when_the_time_is_over(upstream: Upstream) -> None:
    """The second step never ends: the first one stands."""

    async def script(visit: Visit) -> None:
        if len(upstream.received) > 2 + 10:
            await visit.stream(chunk("Hel"))
            await visit.left()
            return
        await streaming(*ASKED_EVENTS)(visit)

    upstream.script = script
    found = await ramped(upstream, load(1, 2, seconds=1, step_seconds=5))
    assert isinstance(found, Ramped)
    assert [step.concurrent for step in found.steps] == [1]
    assert found.stopped == "the 1 seconds were over"


async def test_a_server_that_never_answers_the_first_call_is_a_sentence(upstream: Upstream) -> None:
    async def script(visit: Visit) -> None:
        await visit.left()

    upstream.script = script
    assert await ramped(upstream, load(1, seconds=0.3)) in (
        Failed("has not answered one short call within 0.3 s"),
        Failed("falls silent in the middle of a call"),
    )


async def test_a_silence_in_one_call_is_that_calls_failure(upstream: Upstream) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(chunk("Hel"))
        await visit.left()

    upstream.script = script
    async with calling(endpoint_at(upstream.base_url, "m")) as caller:
        before_s = now_s()
        answer: Answered | Failed | Any = await caller.call("hi", 8, silence_s=0.1)
        assert answer == Failed("falls silent in the middle of a call")
        assert now_s() - before_s < 5
