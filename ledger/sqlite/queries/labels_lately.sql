-- labels_lately: what the latest calls name that no rollup is kept of, the latest first.
-- in:  :from_us inclusive, :rows (of call; so many are read of a ledger of any size)
-- out: response_model_label, http_request_label, service_tier_label
WITH latest AS (
    SELECT started_us, response_model_label, http_request_label, service_tier_label
      FROM call
     ORDER BY call_id DESC
     LIMIT :rows
)
SELECT response_model_label, http_request_label, service_tier_label
  FROM latest
 WHERE started_us >= :from_us
