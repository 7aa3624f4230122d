import pytest

from ledger.call import Outcome, State, UsageBasis
from ledger.units import Units
from ledger.usage import TokenUsage
from tests.web.sample import entry_at
from web.lines import Ending, line_of


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_words(outcome: Outcome) -> None:
    line = line_of(entry_at(0, outcome=outcome))
    assert line.outcome
    assert (line.ending is Ending.WELL) == (outcome is Outcome.OK)


@pytest.mark.parametrize("basis", UsageBasis)
def test_tokens_that_upstream_did_not_say_are_marked(basis: UsageBasis) -> None:
    line = line_of(entry_at(0, usage=TokenUsage(input_tokens=1), usage_basis=basis))
    assert bool(line.basis) == (basis in (UsageBasis.ESTIMATED, UsageBasis.PARTIAL))


def test_a_call_under_way_has_neither_outcome_nor_duration() -> None:
    line = line_of(entry_at(0, outcome=None, http_status=None, state=State.OPEN, pricing=None))
    assert (line.ending, line.outcome, line.duration_us) == (Ending.NOT_YET, "under way", None)


def test_tokens_that_are_not_known_are_none_and_not_zero() -> None:
    line = line_of(entry_at(0, unpriced_reason="upstream answered an error"))
    assert (line.input_tokens, line.cache_read_tokens, line.output_tokens) == (None, None, None)


def test_cached_tokens_that_upstream_did_not_say_are_none_beside_known_input() -> None:
    line = line_of(entry_at(0, usage=TokenUsage(input_tokens=7, output_tokens=2)))
    assert (line.input_tokens, line.cache_read_tokens, line.output_tokens) == (7, None, 2)


@pytest.mark.parametrize("unit", Units.__struct_fields__)
def test_what_is_charged_for_beside_tokens_is_said(unit: str) -> None:
    """Or a call of 0 and 0 tokens has a cost that nothing explains."""
    usage = TokenUsage(input_tokens=0)
    assert line_of(entry_at(0, usage=usage, units=Units(**{unit: 2000}))).units.startswith("2")
    assert line_of(entry_at(0, usage=usage, units=Units(**{unit: 0}))).units == ""


def test_a_clock_that_was_set_back_gives_no_negative_duration() -> None:
    assert line_of(entry_at(1_000, ended_us=400)).duration_us == 0
    assert line_of(entry_at(1_000, ended_us=1_400)).duration_us == 400


def test_a_request_without_a_model_is_named_by_its_path() -> None:
    line = line_of(entry_at(0, operation="other", http_request="GET /v1/models"))
    assert (line.model, line.request) == (None, "GET /v1/models")


def test_what_went_wrong_is_said_once() -> None:
    same = entry_at(0, problem="cut", unpriced_reason="cut")
    other = entry_at(0, problem="cut after 3 s", unpriced_reason="cut")
    assert [line_of(entry).problem for entry in (same, other)] == ["", "cut after 3 s"]


def test_a_second_attempt_is_called_attempt_2() -> None:
    assert line_of(entry_at(0, retry_number=1)).attempt == 2
