from ledger.call import Call, Entry, Outcome, Pricing, State, UsageBasis
from ledger.ids import call_id_at
from ledger.rollup import Rollup
from ledger.tally import Tally, measures_of
from ledger.usage import TokenUsage


def entry(state: State, outcome: Outcome | None, usage: TokenUsage | None) -> Entry:
    call_id = call_id_at(0, bytes(8))
    basis = UsageBasis.REPORTED if usage else UsageBasis.NONE
    call = Call(
        call_id=call_id,
        logical_call_id=call_id,
        started_us=0,
        upstream="lab",
        operation="chat",
        outcome=outcome,
        usage=usage,
        usage_basis=basis,
    )
    return Entry(call=call, state=state, pricing=Pricing.SELF_HOSTED if usage else None)


def test_an_entry_is_counted_when_it_passes_and_an_open_one_only_as_a_row() -> None:
    tally = Tally()
    ended = entry(State.ENDED, Outcome.OK, TokenUsage(input_tokens=5, output_tokens=2))
    passing = tally.of([ended, ended, entry(State.OPEN, None, None)])
    assert next(passing) is ended
    assert (tally.rows, tally.sums.calls) == (1, 1)
    assert len(list(passing)) == 2
    assert (tally.rows, tally.sums) == (
        3, Rollup(calls=2, input_tokens=10, output_tokens=4, self_hosted_calls=2)
    )  # fmt: skip


def test_measures_are_whole_numbers_but_for_costs_which_are_exact_decimals() -> None:
    measures = measures_of(Rollup(calls=1, list_cost=1_093_500, upstream_cost=5))  # type: ignore[arg-type]
    costs = {name: value for name, value in measures.items() if not isinstance(value, int)}
    assert costs == {
        "list_cost_usd": "0.0010935",
        "upstream_cost_usd": "0.000000005",
        "upstream_cost_list_usd": "0.00",
        "estimated_list_cost_usd": "0.00",
    }
    assert not {"list_cost", "upstream_cost", "upstream_cost_list", "estimated_list_cost"} & measures.keys()
