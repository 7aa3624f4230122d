"""The page of metrics, as Prometheus reads it, from a payback with real calls behind it."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as families

from tests.architecture.house import ROOT
from tests.proxy.bodies import (
    ASKED_EVENTS,
    CHAT,
    CHAT_REQUEST,
    STREAM_REQUEST,
    chat_request,
)
from tests.proxy.budgets import budget, with_budgets
from tests.proxy.client import Answer, call, connected, post
from tests.proxy.message import chunked
from tests.proxy.running import Payback, configuration, eventually, running
from tests.proxy.upstream import Upstream, Visit, answer_chat, scripted_upstream

PAGE = b"GET /-/metrics HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
LAB = {"upstream": "lab", "operation": "chat", "model": "small-model"}
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream)) as started:
        yield started


async def page(port: int, *headers: bytes) -> Answer:
    return await call(port, PAGE % b"".join(header + b"\r\n" for header in headers))


async def samples(port: int) -> Samples:
    text = (await page(port)).body.decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


async def streams(visit: Visit) -> None:
    if b'"stream":true' in visit.received.body:
        await visit.stream(*ASKED_EVENTS)
        await visit.send(chunked())
    else:
        await answer_chat(visit)


async def test_calls_tokens_and_cost_are_those_of_the_ledger(upstream: Upstream, payback: Payback) -> None:
    """Two calls of 11 and 5 tokens, 61 millionths each."""
    upstream.script = streams
    await call(payback.port, post(CHAT, CHAT_REQUEST))
    await call(payback.port, post(CHAT, STREAM_REQUEST))
    await payback.ended(2)
    found = await samples(payback.port)
    assert value(found, "payback_calls_total", **LAB, outcome="ok") == 2
    assert value(found, "gen_ai_client_token_usage_total", **LAB, gen_ai_token_type="input") == 22
    assert value(found, "gen_ai_client_token_usage_total", **LAB, gen_ai_token_type="output") == 10
    assert value(found, "payback_list_cost_usd_total", **LAB) == 0.000122
    assert value(found, "payback_unpriced_calls_total", **LAB) == 0
    assert value(found, "payback_estimated_calls_total", **LAB) == 0
    assert value(found, "payback_interrupted_calls_total", **LAB) == 0
    duration = "gen_ai_client_operation_duration_seconds"
    assert value(found, f"{duration}_count", **LAB, outcome="ok") == 2
    assert value(found, f"{duration}_bucket", **LAB, outcome="ok", le="+Inf") == 2
    assert value(found, "gen_ai_client_operation_time_to_first_chunk_seconds_count", **LAB) == 1


async def test_every_commit_that_a_call_waited_for_is_measured(upstream: Upstream, payback: Payback) -> None:
    """Three for one call: before it is sent, when its tokens are known, at its end."""
    await call(payback.port, post(CHAT, CHAT_REQUEST))
    found = await samples(payback.port)
    number = value(found, "payback_ledger_commit_duration_seconds_count")
    assert number is not None
    assert 2 <= number <= 3
    seconds = value(found, "payback_ledger_commit_duration_seconds_sum")
    assert seconds is not None
    assert 0 < seconds < 10


async def test_calls_under_way_are_told_while_they_are(upstream: Upstream, payback: Payback) -> None:
    async def never_answers(visit: Visit) -> None:
        await visit.left()

    upstream.script = never_answers
    async with connected(payback.port) as client:
        await client.send(post(CHAT, CHAT_REQUEST))
        await eventually(lambda: bool(upstream.received))
        assert value(await samples(payback.port), "payback_in_flight_calls") == 1
        client.leave()
    await payback.ended(1)
    found = await samples(payback.port)
    assert value(found, "payback_in_flight_calls") == 0


async def test_a_ledger_that_cannot_be_written_is_told_with_what_waits(payback: Payback) -> None:
    assert value(await samples(payback.port), "payback_ledger_problem") == 0
    with payback.locked():
        await call(payback.port, post(CHAT, CHAT_REQUEST))
        found = await samples(payback.port)
        assert value(found, "payback_ledger_problem") == 1
        assert value(found, "payback_spool_problem") == 0
        assert (value(found, "payback_spool_records") or 0) >= 2


async def test_hostile_names_of_models_make_neither_the_page_long_nor_unreadable(
    upstream: Upstream, payback: Payback
) -> None:
    names = ['"} 1\n# HELP x', "\\", "\ud800", "ü" * 5000, 'a",upstream="b', *map(str, range(150))]
    for name in names:
        body = json.dumps({"model": name, "messages": []}).encode()
        await call(payback.port, post(CHAT, body))
    await payback.ended(len(names))
    found = await samples(payback.port)
    calls = {labels: count for (name, labels), count in found.items() if name == "payback_calls_total"}
    models = {dict(labels)["model"] for labels in calls}
    assert sum(calls.values()) == len(names)
    assert "other" in models
    assert len(models) <= 101
    assert {dict(labels)["upstream"] for labels in calls} == {"lab"}


async def test_no_key_user_session_or_text_of_a_call_is_on_the_page(
    upstream: Upstream, payback: Payback
) -> None:
    who = [
        ("Authorization", "Bearer sk-canary-key-0123456789"),
        ("X-Payback-User", "canary-user"),
        ("X-Payback-Session", "canary-session"),
        ("X-Payback-Workload", "canary-workload"),
        ("X-Payback-Tags", "canary=tag"),
        ("User-Agent", "canary/1"),
    ]
    body = chat_request(messages=[{"role": "user", "content": "canary"}], user="canary")
    await call(payback.port, post(f"{CHAT}?key=canary", body, *who))
    text = (await page(payback.port)).body
    assert b"payback_calls_total{" in text
    assert b"canary" not in text
    assert b"key-" not in text


async def test_openmetrics_is_spoken_with_those_who_ask_for_it(payback: Payback) -> None:
    await call(payback.port, post(CHAT, CHAT_REQUEST))
    plain = await page(payback.port)
    assert plain.head.value("Content-Type") == b"text/plain; version=0.0.4; charset=utf-8"
    asked = await page(payback.port, b"Accept: application/openmetrics-text;version=1.0.0")
    assert (asked.head.value("Content-Type") or b"").startswith(b"application/openmetrics-text")
    names = {family.name for family in open_metrics(asked.body.decode())}  # type: ignore[no-untyped-call]
    assert {"payback_calls", "gen_ai_client_token_usage", "process_cpu_seconds"} <= names


async def test_the_page_asks_for_the_reports_password_and_takes_no_other_name(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hush")
    report = {"password": {"file": str(tmp_path / "password")}}
    async with (
        scripted_upstream() as upstream,
        running(tmp_path, configuration(upstream, report=report)) as payback,
    ):
        assert (await page(payback.port)).status == 401
        given = await page(payback.port, b"Authorization: Basic cHJvbWV0aGV1czpodXNo")  # prometheus:hush
        assert (given.status, b"payback_build_info" in given.body) == (200, True)
    async with scripted_upstream() as upstream, running(tmp_path, configuration(upstream)) as payback:
        rebound = b"GET /-/metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n"
        assert (await call(payback.port, rebound)).status == 403


def names_in(dashboard: object) -> set[str]:
    """Everything in the dashboard's questions that is spelled as a metric of ours, or of the process."""
    return set(re.findall(r"\b(?:gen_ai|payback|process)_\w+", " ".join(questions(dashboard))))


def questions(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["expr"]] if isinstance(part.get("expr"), str) else []
        own += [part["query"]] if isinstance(part.get("query"), str) else []
        return own + [text for value in part.values() for text in questions(value)]
    return [text for value in part for text in questions(value)] if isinstance(part, list) else []


async def test_the_dashboard_asks_for_metrics_that_there_are_by_labels_that_they_have(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script = streams
    async with running(tmp_path, with_budgets(upstream, budget("5"))) as payback:
        await call(payback.port, post(CHAT, STREAM_REQUEST))
        await payback.ended(1)
        found = await samples(payback.port)
    dashboard = json.loads((ROOT / "docs" / "grafana.json").read_text("utf-8"))
    labels = {label for _, labels in found for label, _ in labels}
    asked = names_in(dashboard) - labels
    assert len(asked) > 12
    assert asked - {name for name, _ in found} == set()
    grouped = re.findall(r"\bby \(([^)]*)\)", " ".join(questions(dashboard)))
    assert {label.strip() for group in grouped for label in group.split(",")} <= labels
