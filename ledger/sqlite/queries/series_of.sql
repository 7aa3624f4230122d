-- series_of: sums by spans of hours of some values of a dimension, looked up hour by hour.
-- in:  :dimension, :labels the values, a JSON array of their labels
--      :from_hour inclusive, :to_hour exclusive, :unit_hours of a span
-- out: span (hour / unit_hours), label_id, the measures in the order of ledger.rollup.MEASURES
SELECT named.hour / :unit_hours AS span, named.label_id,
       sum(named.calls), sum(named.input_tokens), sum(named.cache_read_tokens), sum(named.cache_write_tokens),
       sum(named.output_tokens), sum(named.reasoning_tokens), sum(named.list_cost_nusd), sum(named.unpriced_calls),
       sum(named.self_hosted_calls), sum(named.not_billed_calls), sum(named.estimated_calls),
       sum(named.interrupted_calls), sum(named.failed_calls), sum(named.upstream_cost_nusd),
       sum(named.upstream_cost_list_nusd), sum(named.estimated_list_cost_nusd)
  FROM json_each(:labels) AS wanted
 CROSS JOIN rollup_hour AS every
 CROSS JOIN rollup_hour AS named
    ON named.dimension = :dimension AND named.hour = every.hour AND named.label_id = wanted.value
 WHERE every.dimension = 'total' AND every.hour >= :from_hour AND every.hour < :to_hour
 GROUP BY span, named.label_id
