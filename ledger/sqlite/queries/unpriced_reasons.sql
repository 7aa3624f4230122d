-- unpriced_reasons: why calls of a period have no cost.
-- in:  :from_id inclusive, :to_id exclusive (call ids sort by time)
-- out: reason, calls
WITH counted AS (
    SELECT unpriced_reason_label AS reason_label, count(*) AS calls
      FROM call
     WHERE unpriced_reason_label IS NOT NULL AND call_id >= :from_id AND call_id < :to_id
     GROUP BY reason_label
)
SELECT label.text, calls
  FROM counted JOIN label ON label.label_id = reason_label
 ORDER BY calls DESC, label.text
 LIMIT 20
