-- unpriced_since: where the latest calls of a period that have no cost begin.
-- in:  :from_id inclusive, :to_id exclusive (call ids sort by time)
--      :earlier how many of the latest are passed over
-- out: call_id
SELECT call_id
  FROM call
 WHERE unpriced_reason_label IS NOT NULL AND call_id >= :from_id AND call_id < :to_id
 ORDER BY call_id DESC
 LIMIT 1 OFFSET :earlier
