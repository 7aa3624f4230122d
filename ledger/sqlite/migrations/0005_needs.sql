-- What a call needs of a model beside text: which calls an open model could answer too.

-- Flags: 1 tools are offered, 2 images or documents go in, 4 sound goes in or out. NULL: not known; 0: text will do.
ALTER TABLE call ADD COLUMN needs INTEGER
    CHECK (needs BETWEEN 0 AND 7);

DROP VIEW call_named;
-- For people with a SQL prompt: calls with their names. Money stays in nano-USD, exact.
CREATE VIEW call_named AS
SELECT lower(hex(call_id)) AS call_id,
       strftime('%Y-%m-%dT%H:%M:%S', started_us / 1000000, 'unixepoch') || 'Z' AS started_at,
       upstream.text AS upstream, operation.text AS operation,
       request_model.text AS request_model, response_model.text AS response_model, service_tier.text AS service_tier,
       http_status, outcome, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
       usage_basis, pricing, list_cost_nusd, reason.text AS unpriced_reason,
       workload.text AS workload, project.text AS project, user.text AS user, key.text AS key,
       cache_write_1h_tokens, input_audio_tokens, cache_read_audio_tokens, output_audio_tokens,
       input_image_tokens, cache_read_image_tokens, output_image_tokens,
       rejected_prediction_tokens, inferred_tokens, tokenizer.text AS tokenizer,
       images, audio_ms, characters, web_searches, file_searches, search_units, pages,
       upstream_cost_nusd, load_us, prefill_us, decode_us, reported_usage, needs
  FROM call
  JOIN label AS upstream ON upstream.label_id = upstream_label
  JOIN label AS operation ON operation.label_id = operation_label
  LEFT JOIN label AS request_model ON request_model.label_id = request_model_label
  LEFT JOIN label AS response_model ON response_model.label_id = response_model_label
  LEFT JOIN label AS service_tier ON service_tier.label_id = service_tier_label
  LEFT JOIN label AS reason ON reason.label_id = unpriced_reason_label
  LEFT JOIN label AS workload ON workload.label_id = workload_label
  LEFT JOIN label AS project ON project.label_id = project_label
  LEFT JOIN label AS user ON user.label_id = user_label
  LEFT JOIN label AS key ON key.label_id = key_label
  LEFT JOIN label AS tokenizer ON tokenizer.label_id = tokenizer_label;
