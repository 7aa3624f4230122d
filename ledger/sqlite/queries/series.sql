-- series: sums by spans of hours and by value of a dimension.
-- in:  :dimension, :from_hour inclusive, :to_hour exclusive, :unit_hours of a span
-- out: span (hour / unit_hours), label_id, the measures in the order of ledger.rollup.MEASURES
SELECT hour / :unit_hours AS span, label_id,
       sum(calls), sum(input_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(output_tokens),
       sum(reasoning_tokens), sum(list_cost_nusd), sum(unpriced_calls), sum(self_hosted_calls),
       sum(not_billed_calls), sum(estimated_calls), sum(interrupted_calls), sum(failed_calls),
       sum(upstream_cost_nusd), sum(upstream_cost_list_nusd), sum(estimated_list_cost_nusd)
  FROM rollup_hour
 WHERE dimension = :dimension AND hour >= :from_hour AND hour < :to_hour
 GROUP BY span, label_id
