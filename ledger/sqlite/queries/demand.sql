-- demand: what the calls of a period asked for and how they were billed, in the order of time.
-- in:  :from_id inclusive, :to_id exclusive (call ids sort by time)
--      :abandoned 1 where nobody is there to end what is open: it is answered as interrupted
-- out: the columns of ledger.store.DEMAND_COLUMNS, all whole numbers; -1: not known
SELECT started_us, coalesce(ended_us, -1),
       coalesce(input_tokens, -1), coalesce(output_tokens, -1), coalesce(cache_read_tokens, -1),
       coalesce(cache_write_tokens, -1), coalesce(cache_write_1h_tokens, -1), coalesce(reasoning_tokens, -1),
       coalesce(input_image_tokens, -1), coalesce(input_audio_tokens, -1), coalesce(needs, -1),
       coalesce(list_cost_nusd, -1), coalesce(pricing = 'self_hosted', 0), state = 2,
       coalesce(outcome IN ('upstream_error', 'upstream_broke', 'timeout'), 0),
       usage_basis IN ('estimated', 'partial'), retry_number,
       coalesce(provider_label, -1), coalesce(request_model_label, -1), coalesce(response_model_label, -1),
       coalesce(service_tier_label, -1), operation_label, coalesce(workload_label, -1), upstream_label
  FROM call
 WHERE call_id >= :from_id AND call_id < :to_id AND (state = 2 OR :abandoned)
   AND (pricing IS NULL OR pricing <> 'not_billed')
 ORDER BY call_id
