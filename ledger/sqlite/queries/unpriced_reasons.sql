-- unpriced_reasons: why calls of a period have no cost.
-- in:  :from_id inclusive, :to_id exclusive (call ids sort by time)
-- out: reason, calls
SELECT label.text, count(*) AS calls
  FROM call JOIN label ON label.label_id = call.unpriced_reason_label
 WHERE call.call_id >= :from_id AND call.call_id < :to_id
 GROUP BY label.text
 ORDER BY calls DESC, label.text
 LIMIT 20
