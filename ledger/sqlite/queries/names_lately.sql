-- names_lately: values of one dimension, the latest first, as its latest rows have them.
-- in:  :dimension, :from_hour inclusive, :rows (of rollup_hour; so many are read of a ledger of any size)
-- out: text
WITH latest AS (
    SELECT label_id, hour
      FROM rollup_hour
     WHERE dimension = :dimension AND hour >= :from_hour
     ORDER BY hour DESC
     LIMIT :rows
)
SELECT text
  FROM latest
  JOIN label USING (label_id)
 WHERE label_id > 0
 GROUP BY label_id
 ORDER BY max(hour) DESC, label_id DESC
