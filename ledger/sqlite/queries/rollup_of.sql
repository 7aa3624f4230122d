-- rollup_of: the sums of one value of a dimension, looked up hour by hour: however many other values there are.
-- in:  :dimension, :label_id, :from_hour inclusive, :to_hour exclusive
-- out: one row, the measures in the order of ledger.rollup.MEASURES; none where there were no calls
SELECT sum(named.calls), sum(named.input_tokens), sum(named.cache_read_tokens), sum(named.cache_write_tokens),
       sum(named.output_tokens), sum(named.reasoning_tokens), sum(named.list_cost_nusd), sum(named.unpriced_calls),
       sum(named.self_hosted_calls), sum(named.not_billed_calls), sum(named.estimated_calls),
       sum(named.interrupted_calls), sum(named.failed_calls), sum(named.upstream_cost_nusd),
       sum(named.upstream_cost_list_nusd), sum(named.estimated_list_cost_nusd)
  FROM rollup_hour AS every
 CROSS JOIN rollup_hour AS named
    ON named.dimension = :dimension AND named.hour = every.hour AND named.label_id = :label_id
 WHERE every.dimension = 'total' AND every.hour >= :from_hour AND every.hour < :to_hour
HAVING count(*) > 0
