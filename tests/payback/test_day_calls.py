"""A day's rows as columns: what is projected, what is only counted, and under which names."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from ledger.period import month_of
from ledger.sqlite.reader import SqliteReader
from ledger.store import DEMAND_COLUMNS
from payback.day_calls import KEPT_COLUMNS, LANGUAGE, NO_WORKLOAD, Beside, DayCalls, day_calls_of
from projection.columns import UNKNOWN
from projection.traffic import Billed, Needs
from proxy.dialects import DIALECTS
from proxy.dialects.sessions import SESSIONS
from tests.ledger.made_up import DAY

OTHERS = {
    "embeddings", "image_generation", "transcription", "speech", "moderation", "rerank", "realtime", "other",
}  # fmt: skip
"""Operations that no open language model takes over: realtime sessions speak."""


def calls_in(reader: SqliteReader) -> DayCalls:
    return day_calls_of(reader.demand(month_of(DAY)), reader.names_of)


def test_of_every_operation_it_is_decided_whether_a_language_model_answers_it() -> None:
    """A dialect more has to be put on one side or the other."""
    assert {dialect.operation for dialect in (*DIALECTS, *SESSIONS)} == LANGUAGE | OTHERS


def test_calls_at_home_and_other_operations_are_counted_and_left_out(told_reader: SqliteReader) -> None:
    """
    2026-11-02T08:00  gpt-4o       in=1 out=1 workload=support
    2026-11-02T08:01  llama3.1:8b  in=2 out=1 workload=support pricing=self_hosted
    2026-11-02T08:02  gpt-4o       in=4 out=0 workload=search operation=embeddings
    2026-11-02T08:03  llama3.1:8b  in=8 out=0 workload=search operation=embeddings pricing=self_hosted
    2026-11-02T08:04  gemini-2.5-flash  in=16 out=1 operation=generate_content
    2026-11-02T08:05  -            operation=other
    2026-11-02T08:06  -            operation=other pricing=not_billed
    """
    found = calls_in(told_reader)
    assert found.columns["input_tokens"].tolist() == [1, 16]
    assert [found.workloads[place] for place in found.columns["workload"]] == ["support", NO_WORKLOAD]
    beside = dict(zip(found.workloads, found.beside, strict=True))
    assert beside == {
        "support": Beside(self_hosted=1),
        "search": Beside(other=2),
        NO_WORKLOAD: Beside(other=1),
    }
    assert found.calls == 6


def test_a_call_is_billed_under_the_answers_name_and_then_the_requests(told_reader: SqliteReader) -> None:
    """
    2026-11-02T08:00  gpt-4o       in=1 out=1 response=gpt-4o-2024-08-06 tier=batch
    2026-11-02T08:01  gpt-4o       in=2 out=1 response=gpt-4o
    2026-11-02T08:02  gpt-4o       outcome=timeout
    2026-11-02T08:03  -            in=4 out=1
    """
    found = calls_in(told_reader)
    assert [found.billings[place] for place in found.columns["billed"]] == [
        Billed(provider="openai", models=("gpt-4o-2024-08-06", "gpt-4o"), service_tier="batch"),
        Billed(provider="openai", models=("gpt-4o",)),
        Billed(provider="openai", models=("gpt-4o",)),
        Billed(provider=None, models=()),
    ]


def test_audio_tells_what_a_call_needs_and_none_does_not_tell_that_it_needs_nothing(
    told_reader: SqliteReader,
) -> None:
    """There may be tools all the same: nobody has looked into these requests.

    2026-11-02T08:00  gpt-4o  in=10 audio_in=4 out=1
    2026-11-02T08:01  gpt-4o  in=10 audio_in=0 out=1
    2026-11-02T08:02  gpt-4o  in=10 out=1
    """
    assert calls_in(told_reader).columns["needs"].tolist() == [Needs.AUDIO, UNKNOWN, UNKNOWN]


def test_a_day_without_a_call_has_empty_columns() -> None:
    found = day_calls_of([], lambda labels: {})
    assert {name: len(found.columns[name]) for name in KEPT_COLUMNS} == dict.fromkeys(KEPT_COLUMNS, 0)
    assert (found.billings, found.workloads, found.calls, found.are_over) == ((), (), 0, True)


def row(**told: int) -> tuple[int, ...]:
    base = dict.fromkeys(DEMAND_COLUMNS, UNKNOWN) | {"operation_label": 1, "is_ended": 1, "is_failed": 0}
    return tuple((base | {"retry_number": 0, "is_self_hosted": 0} | told).values())


def names_of(labels: Iterable[int]) -> Mapping[int, str]:
    return {label: {0: "", 1: "chat", 2: "support"}[label] for label in labels}


def test_images_and_audio_are_two_needs_of_one_call() -> None:
    rows = [row(input_image_tokens=3, input_audio_tokens=2), row(input_image_tokens=3)]
    assert day_calls_of([rows], names_of).columns["needs"].tolist() == [
        Needs.IMAGES | Needs.AUDIO,
        Needs.IMAGES,
    ]


def test_what_a_request_showed_counts_together_with_what_its_tokens_tell() -> None:
    rows = [row(needs=0), row(needs=Needs.TOOLS), row(needs=Needs.TOOLS, input_image_tokens=3), row()]
    assert day_calls_of([rows], names_of).columns["needs"].tolist() == [
        Needs.NOTHING,
        Needs.TOOLS,
        Needs.TOOLS | Needs.IMAGES,
        UNKNOWN,
    ]


def test_an_empty_workload_and_none_are_one(tmp_path: Path) -> None:
    found = day_calls_of([[row(workload_label=0), row()], [row(workload_label=2)]], names_of)
    assert sorted(found.workloads) == sorted([NO_WORKLOAD, "support"])
    assert len({found.columns["workload"][0], found.columns["workload"][1]}) == 1


def test_calls_whose_ids_lie_otherwise_are_put_into_the_order_of_time() -> None:
    found = day_calls_of([[row(started_us=7, input_tokens=1), row(started_us=5, input_tokens=2)]], names_of)
    assert found.columns["started_us"].tolist() == [5, 7]
    assert found.columns["input_tokens"].tolist() == [2, 1]


def test_estimates_and_failures_are_two_columns() -> None:
    found = day_calls_of([[row(is_estimated=1), row(is_failed=1, is_estimated=0)]], names_of)
    assert found.columns["estimated"].tolist() == [1, 0]
    assert found.columns["failed"].tolist() == [0, 1]


@pytest.mark.parametrize("is_ended", [0, 1])
def test_a_day_with_a_call_left_open_is_not_over(is_ended: int) -> None:
    assert day_calls_of([[row(), row(is_ended=is_ended)]], names_of).are_over is bool(is_ended)
