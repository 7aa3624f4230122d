"""Which calls move, and what the others are told."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from projection.catalogue import catalogue
from projection.moving import Moved, covers, moved_of, names_of
from projection.specs import Substitute
from projection.traffic import Billed, Needs
from tests.projection.rigs import LLAMA_8B
from tests.projection.workloads import workload

HALF_A_MONTH_S = 30.4375 / 2 * 86_400
SHORT = replace(LLAMA_8B, context_tokens=1000)
SEEING = replace(SHORT, sees=True)


def substitute(cloud_model: str) -> Substitute:
    return Substitute(
        cloud_model=cloud_model, open_model="any", gap="none", source="a test", read=date(2026, 11, 22)
    )


def told(moved: Moved) -> list[tuple[str, int, float]]:
    return [(each.reason, each.calls, each.usd_per_month) for each in moved.stays]


EIGHT = workload(
    range(8),
    [500, -1, -1, 900, 901, 500, 500, 500],
    100,
    failed=[1, 1, 0, 0, 0, 0, 0, 0],
    needs=[0, 0, 0, -1, 0, Needs.IMAGES, Needs.AUDIO | Needs.TOOLS, Needs.TOOLS],
    usd=[1, 0, 2, 4, 8, 16, 32, 64],
    span_s=HALF_A_MONTH_S,
)


def test_each_call_that_stays_has_one_reason_with_what_it_costs_a_month() -> None:
    """Half a month was watched, so a month costs twice as much. A failed call that used tokens moves."""
    moved = moved_of(EIGHT, SHORT, None)
    assert moved.which.tolist() == [True, False, False, True, False, False, False, True]
    assert told(moved) == [
        ("sound, which Llama 3.1 8B does not hear", 1, 64.0),
        ("images, which Llama 3.1 8B does not see", 1, 32.0),
        ("longer than the 1,000 tokens that Llama 3.1 8B takes", 1, 16.0),
        ("their tokens are not known", 1, 4.0),
        ("failed before a token was counted", 1, 0.0),
    ]
    assert len(moved.traffic) == 3


def test_a_model_that_sees_takes_images() -> None:
    assert moved_of(EIGHT, SEEING, None).which.tolist()[5] is True


def test_one_model_of_the_catalogue_sees() -> None:
    assert [model.name for model in catalogue().models.specs() if model.sees] == ["Llama 4 Maverick"]


def test_moved_calls_with_tools_are_counted_and_those_not_recorded_are_none() -> None:
    assert moved_of(EIGHT, SHORT, None).tool_calls == 1


def test_only_calls_of_covered_models_move_unless_the_plan_names_the_model() -> None:
    two = workload(range(3), models=("gpt-4o-mini-2024-07-18", "o3"), billed=[0, 1, 0])
    moved = moved_of(two, LLAMA_8B, [substitute("gpt-4o-mini*")])
    assert moved.which.tolist() == [True, False, True]
    assert [(each.reason, each.calls) for each in moved.stays] == [
        ("Llama 3.1 8B is not known to take the place of their model", 1)
    ]
    assert moved_of(two, LLAMA_8B, None).which.all()


@pytest.mark.parametrize(
    "name",
    [
        "claude-haiku-4-5",
        "Claude-Haiku-4-5-20251001",
        "anthropic/claude-haiku-4.5",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "openrouter/anthropic/claude-haiku-4.5",
    ],
)
def test_a_model_is_known_by_whoever_resells_it(name: str) -> None:
    assert covers(substitute("claude-haiku-4*"), Billed(provider=None, models=(name,)))


def test_a_pattern_of_ones_own_may_have_the_resellers_part() -> None:
    billed = Billed(provider=None, models=("openrouter/x-ai/grok-4", "grok"))
    assert names_of(billed) == ("openrouter/x-ai/grok-4", "grok-4", "grok")
    assert covers(substitute("openrouter/*"), billed)
    assert not covers(substitute("x-ai*"), billed)


def test_an_unpriced_call_costs_nothing_that_is_known() -> None:
    one = workload([0], -1, usd=-1e-9, span_s=HALF_A_MONTH_S)
    assert one.unpriced_calls == 1
    assert told(moved_of(one, LLAMA_8B, None)) == [("their tokens are not known", 1, 0.0)]


def test_where_nothing_moves_nothing_is_asked_of_a_machine() -> None:
    for none in (workload([0], -1), workload([])):
        moved = moved_of(none, LLAMA_8B, [substitute("*")])
        assert len(moved.traffic) == 0
        with pytest.raises(ValueError, match="no call moved"):
            _ = moved.asked


def test_a_period_without_length_has_no_cost_a_month() -> None:
    assert moved_of(workload([0], -1, span_s=0), LLAMA_8B, None).stays[0].usd_per_month == 0


def test_the_same_calls_are_kept_once_though_their_reasons_differ() -> None:
    first = moved_of(EIGHT, SHORT, None)
    second = moved_of(EIGHT, replace(SHORT, name="Another"), None, [first])
    assert second.traffic is first.traffic
    assert second.asked is first.asked
    assert second.stays[0].reason == "sound, which Another does not hear"
    everything = moved_of(EIGHT.picked(first.which), SHORT, None)
    assert np.array_equal(everything.traffic.calls.started_us, first.traffic.calls.started_us)
