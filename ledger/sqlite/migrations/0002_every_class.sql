-- All classes of tokens, units charged for beside tokens, upstream's own cost, local servers' timings, batches.

-- Parts of input_tokens and output_tokens. NULL in any column here: upstream did not say.
ALTER TABLE call ADD COLUMN input_image_tokens INTEGER;          -- part of input
ALTER TABLE call ADD COLUMN output_image_tokens INTEGER;         -- part of output
ALTER TABLE call ADD COLUMN cache_read_audio_tokens INTEGER;     -- part of cache_read and of input_audio
ALTER TABLE call ADD COLUMN cache_read_image_tokens INTEGER;     -- part of cache_read and of input_image
ALTER TABLE call ADD COLUMN rejected_prediction_tokens INTEGER;  -- part of output, beside reasoning
ALTER TABLE call ADD COLUMN inferred_tokens INTEGER;             -- part of output that no field states
ALTER TABLE call ADD COLUMN tokenizer_label INTEGER;             -- what an estimate was counted with

-- Charged for beside tokens, or in place of them; then there are 0 tokens.
ALTER TABLE call ADD COLUMN images INTEGER;         -- made
ALTER TABLE call ADD COLUMN audio_ms INTEGER;       -- transcribed or made
ALTER TABLE call ADD COLUMN characters INTEGER;     -- that speech was made from
ALTER TABLE call ADD COLUMN web_searches INTEGER;
ALTER TABLE call ADD COLUMN file_searches INTEGER;
ALTER TABLE call ADD COLUMN search_units INTEGER;   -- a reranker's
ALTER TABLE call ADD COLUMN pages INTEGER;          -- of documents

-- What upstream itself says that the call costs. It stands beside list_cost_nusd, never in it.
ALTER TABLE call ADD COLUMN upstream_cost_nusd INTEGER;

-- What a local server says of its own time: the model into memory, the prompt where not cached, the output.
ALTER TABLE call ADD COLUMN load_us INTEGER;
ALTER TABLE call ADD COLUMN prefill_us INTEGER;

-- The rules of all columns above stand with the last: SQLite reads every row again for a column with a rule.
ALTER TABLE call ADD COLUMN decode_us INTEGER
    CHECK (input_image_tokens BETWEEN 0 AND coalesce(input_tokens, 0))
    CHECK (output_image_tokens BETWEEN 0 AND coalesce(output_tokens, 0))
    CHECK (cache_read_audio_tokens BETWEEN 0 AND coalesce(cache_read_tokens, 0))
    CHECK (cache_read_image_tokens BETWEEN 0 AND coalesce(cache_read_tokens, 0))
    CHECK (rejected_prediction_tokens BETWEEN 0 AND coalesce(output_tokens, 0))
    CHECK (inferred_tokens BETWEEN 0 AND coalesce(output_tokens, 0))
    CHECK (images >= 0)
    CHECK (audio_ms >= 0)
    CHECK (characters >= 0)
    CHECK (web_searches >= 0)
    CHECK (file_searches >= 0)
    CHECK (search_units >= 0)
    CHECK (pages >= 0)
    CHECK (upstream_cost_nusd BETWEEN 0 AND 1000000000000000)  -- a million USD
    CHECK (load_us >= 0)
    CHECK (prefill_us >= 0)
    CHECK (decode_us >= 0);

ALTER TABLE rollup_hour ADD COLUMN upstream_cost_nusd INTEGER NOT NULL DEFAULT 0;       -- where upstream says one
ALTER TABLE rollup_hour ADD COLUMN upstream_cost_list_nusd INTEGER NOT NULL DEFAULT 0;  -- list cost of those calls

-- Results of batches. They may be fetched any number of times; each is one call.
CREATE TABLE batch_item (
    item_key  BLOB PRIMARY KEY,  -- sha256 of what names the result
    call_id   BLOB NOT NULL,     -- the call that it was written as
    CHECK (length(item_key) = 32),
    CHECK (length(call_id) = 16)
) STRICT, WITHOUT ROWID;

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
       upstream_cost_nusd, load_us, prefill_us, decode_us
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
