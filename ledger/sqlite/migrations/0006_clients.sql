-- Sums by client; and the attempts of one call found without a look at all calls.

-- Attempts after the first, and results of batches: few, so that a row of an ordinary call costs nothing here.
CREATE INDEX call_again ON call (logical_call_id) WHERE logical_call_id <> call_id;  -- serves: attempts of one call

-- By client, of the calls that are there. Sums are those that payback check compares with.
INSERT INTO rollup_hour (
    dimension, hour, label_id, calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,
    reasoning_tokens, list_cost_nusd, unpriced_calls, self_hosted_calls, not_billed_calls, estimated_calls,
    interrupted_calls, failed_calls, upstream_cost_nusd, upstream_cost_list_nusd, estimated_list_cost_nusd
)
SELECT 'client', started_us / 3600000000 AS hour, coalesce(client_label, 0) AS client, count(*),
       sum(coalesce(input_tokens, 0)), sum(coalesce(cache_read_tokens, 0)), sum(coalesce(cache_write_tokens, 0)),
       sum(coalesce(output_tokens, 0)), sum(coalesce(reasoning_tokens, 0)), sum(coalesce(list_cost_nusd, 0)),
       sum(pricing IS 'unpriced'), sum(pricing IS 'self_hosted'), sum(pricing IS 'not_billed'),
       sum(usage_basis IN ('estimated', 'partial')), sum(outcome IS 'interrupted'),
       sum(coalesce(outcome IN ('upstream_error', 'upstream_broke', 'timeout'), 0)),
       sum(coalesce(upstream_cost_nusd, 0)),
       sum(CASE WHEN upstream_cost_nusd IS NULL THEN 0 ELSE coalesce(list_cost_nusd, 0) END),
       sum(CASE WHEN usage_basis IN ('estimated', 'partial') THEN coalesce(list_cost_nusd, 0) ELSE 0 END)
  FROM call
 WHERE state > 0
 GROUP BY hour, client;
