-- attempts: the ids of all attempts of one call of the application; the index call_again serves the later ones.
-- in:  1 logical_call_id, 2 how many at most
-- out: call_id, in the order of time
SELECT call_id FROM call WHERE call_id = ?1 AND logical_call_id = ?1
UNION ALL
SELECT call_id FROM call WHERE logical_call_id = ?1 AND logical_call_id <> call_id
 ORDER BY call_id LIMIT ?2
