"""The proof that rollups are the sums of their calls."""

from collections.abc import Iterator

from ledger.period import US_PER_HOUR
from ledger.rollup import MEASURES, Dimension
from ledger.sqlite.conditions import label_sql
from ledger.sqlite.moment import Moment
from ledger.sqlite.rows import MEASURE_COLUMNS
from ledger.store import Disagreement

_ROLLUP_COLUMNS = ", ".join(["hour", "label_id", *MEASURE_COLUMNS])


def compared(moment: Moment, dimension: Dimension) -> Iterator[Disagreement]:
    kept = moment.connection.execute(
        f"SELECT {_ROLLUP_COLUMNS} FROM rollup_hour WHERE dimension = ?",  # noqa: S608
        (dimension,),
    )
    in_rollup = {(hour, label_id): sums for hour, label_id, *sums in kept}
    counted = moment.connection.execute(_recount_sql(dimension))
    in_calls = {(hour, label_id): sums for hour, label_id, *sums in counted}
    nothing = [0] * len(MEASURES)
    for cell in sorted(in_rollup.keys() | in_calls.keys()):
        kept_sums, counted_sums = in_rollup.get(cell, nothing), in_calls.get(cell, nothing)
        for measure, kept_sum, counted_sum in zip(MEASURES, kept_sums, counted_sums, strict=True):
            if kept_sum != counted_sum:
                value = moment.names.labels[cell[1]]
                yield Disagreement(dimension, cell[0], value, measure, kept_sum, counted_sum)


def _recount_sql(dimension: Dimension) -> str:
    """The rollup of one dimension, counted from the calls: what ledger.rollup says, said again in SQL."""
    return (
        f"SELECT started_us / {US_PER_HOUR} AS hour, {label_sql(dimension)} AS label_id,"  # noqa: S608
        " count(*), sum(coalesce(input_tokens, 0)), sum(coalesce(cache_read_tokens, 0)),"
        " sum(coalesce(cache_write_tokens, 0)), sum(coalesce(output_tokens, 0)),"
        " sum(coalesce(reasoning_tokens, 0)), sum(coalesce(list_cost_nusd, 0)),"
        " sum(pricing IS 'unpriced'), sum(pricing IS 'self_hosted'), sum(pricing IS 'not_billed'),"
        " sum(usage_basis IN ('estimated', 'partial')), sum(outcome IS 'interrupted'),"
        " sum(coalesce(outcome IN ('upstream_error', 'upstream_broke', 'timeout'), 0)),"
        " sum(coalesce(upstream_cost_nusd, 0)),"
        " sum(CASE WHEN upstream_cost_nusd IS NULL THEN 0 ELSE coalesce(list_cost_nusd, 0) END),"
        " sum(CASE WHEN usage_basis IN ('estimated', 'partial') THEN coalesce(list_cost_nusd, 0) ELSE 0 END)"
        " FROM call WHERE state > 0 GROUP BY 1, 2"
    )
