-- costs: what each value of a dimension cost.
-- in:  :dimension, :from_hour inclusive, :to_hour exclusive
-- out: label_id, list_cost_nusd, calls
SELECT label_id, sum(list_cost_nusd), sum(calls)
  FROM rollup_hour
 WHERE dimension = :dimension AND hour >= :from_hour AND hour < :to_hour
 GROUP BY label_id
