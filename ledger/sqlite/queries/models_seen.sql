-- models_seen: which models the calls of a period went to, under all names that decide their price.
-- in:  :from_id inclusive, :to_id exclusive (call ids sort by time)
-- out: provider, request_model, response_model, service_tier, self_hosted (0 or 1), calls
WITH seen AS (
    SELECT provider_label, request_model_label, response_model_label, service_tier_label,
           pricing = 'self_hosted' AS self_hosted, count(*) AS calls
      FROM call
     WHERE call_id >= :from_id AND call_id < :to_id AND state > 0 AND pricing <> 'not_billed'
     GROUP BY 1, 2, 3, 4, 5
)
SELECT provider.text, request_model.text, response_model.text, tier.text, self_hosted, calls
  FROM seen
  LEFT JOIN label AS provider ON provider.label_id = provider_label
  LEFT JOIN label AS request_model ON request_model.label_id = request_model_label
  LEFT JOIN label AS response_model ON response_model.label_id = response_model_label
  LEFT JOIN label AS tier ON tier.label_id = service_tier_label
 ORDER BY calls DESC, request_model.text, response_model.text, provider.text
 LIMIT 200
