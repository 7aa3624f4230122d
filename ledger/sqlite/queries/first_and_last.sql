-- first_and_last: the ids of the first and of the last call of a period; open ones too.
-- in:  :from_id inclusive, :to_id exclusive (call ids sort by time)
-- out: first, last; both NULL where there is no call
SELECT (SELECT call_id FROM call WHERE call_id >= :from_id AND call_id < :to_id ORDER BY call_id LIMIT 1),
       (SELECT call_id FROM call WHERE call_id >= :from_id AND call_id < :to_id ORDER BY call_id DESC LIMIT 1)
