-- How much of a list cost rests on estimated tokens: a count of calls does not say whether that is little or most.

ALTER TABLE rollup_hour ADD COLUMN estimated_list_cost_nusd INTEGER NOT NULL DEFAULT 0;  -- part of list_cost_nusd

-- What was estimated before this. Sums by label are those that payback check compares with.
WITH estimate AS (
    SELECT started_us / 3600000000 AS hour, list_cost_nusd AS cost,
           coalesce(nullif(request_model_label, 0), response_model_label, 0) AS model,
           coalesce(workload_label, 0) AS workload, coalesce(project_label, 0) AS project,
           coalesce(user_label, 0) AS user, coalesce(key_label, 0) AS key, upstream_label AS upstream
      FROM call
     WHERE state > 0 AND usage_basis IN ('estimated', 'partial') AND list_cost_nusd IS NOT NULL
), found (dimension, hour, label_id, cost) AS (
    SELECT 'total', hour, 0, sum(cost) FROM estimate GROUP BY hour
    UNION ALL SELECT 'model', hour, model, sum(cost) FROM estimate GROUP BY hour, model
    UNION ALL SELECT 'workload', hour, workload, sum(cost) FROM estimate GROUP BY hour, workload
    UNION ALL SELECT 'project', hour, project, sum(cost) FROM estimate GROUP BY hour, project
    UNION ALL SELECT 'user', hour, user, sum(cost) FROM estimate GROUP BY hour, user
    UNION ALL SELECT 'key', hour, key, sum(cost) FROM estimate GROUP BY hour, key
    UNION ALL SELECT 'upstream', hour, upstream, sum(cost) FROM estimate GROUP BY hour, upstream
)
UPDATE rollup_hour SET estimated_list_cost_nusd = found.cost
  FROM found
 WHERE rollup_hour.dimension = found.dimension AND rollup_hour.hour = found.hour
   AND rollup_hour.label_id = found.label_id;
