-- unpriced_reasons: why calls of a period have no cost, of the latest of them.
-- in:  :from_id inclusive, :to_id exclusive (call ids sort by time)
--      :latest how many are looked at; -1: all
-- out: reason, calls
WITH latest AS (
    SELECT unpriced_reason_label AS reason_label
      FROM call
     WHERE unpriced_reason_label IS NOT NULL AND call_id >= :from_id AND call_id < :to_id
     ORDER BY call_id DESC
     LIMIT :latest
), counted AS (
    SELECT reason_label, count(*) AS calls FROM latest GROUP BY reason_label
)
SELECT label.text, calls
  FROM counted JOIN label ON label.label_id = reason_label
 ORDER BY calls DESC, label.text
 LIMIT 20
