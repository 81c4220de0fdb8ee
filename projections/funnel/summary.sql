-- The funnel: a row for each stage, period and combination of dimensions. Reads `per_lead`, `stage`, `period`, `skipping`,
-- `compared_key` (combinations that have a row though nothing is counted) and the variables basis, width, valued (whether anything is
-- cut or filtered by dimensions). A stage's share is of those in the last stage before it that is not optional (`previous`).
-- A rate's group is that of the stage before (or of the first stage): whoever changes his value between two stages is counted where
-- he came from; where no dimension is asked for, that is the group itself.
WITH counted AS MATERIALIZED (
    SELECT period, key, stage,
           count(*) AS entered,
           count(*) FILTER (outcome = 'passed') AS passed,
           count(*) FILTER (outcome = 'in_stage') AS in_stage,
           count(*) FILTER (outcome = 'lost') AS lost,
           count(*) FILTER (outcome = 'recycled') AS recycled,
           count(*) FILTER (next_stage = stage + 1) AS moved_on,
           count(*) FILTER (came_from_first) AS came,
           quantile_cont(time_us, [0.5, 0.9]) AS times,
           quantile_cont(age_us, 0.5) AS age_p50,
           max(age_us) AS age_max,
           quantile_cont(lost_us, 0.5) AS lost_p50
    FROM per_lead
    WHERE selected
    GROUP BY period, key, stage
),
came_from_first AS (
    SELECT period, first_key AS key, stage, count(*) AS came
    FROM per_lead
    WHERE came_from_first AND getvariable('valued')
    GROUP BY period, first_key, stage
),
combination AS (
    SELECT DISTINCT key FROM counted
    UNION
    SELECT key FROM compared_key
    UNION
    SELECT []::VARCHAR[] WHERE getvariable('width') = 0
),
frame AS (
    SELECT period.period, key, stage.number AS stage, stage.name, optional, previous
    FROM combination CROSS JOIN period CROSS JOIN stage
),
filled AS MATERIALIZED (
    SELECT frame.*, counted.* EXCLUDE (period, key, stage, came),
           coalesce(counted.entered, 0) AS here,
           CASE WHEN getvariable('valued') THEN came_from_first.came ELSE counted.came END AS came
    FROM frame
    LEFT JOIN counted
           ON counted.period IS NOT DISTINCT FROM frame.period AND counted.key = frame.key AND counted.stage = frame.stage
    LEFT JOIN came_from_first
           ON came_from_first.period IS NOT DISTINCT FROM frame.period AND came_from_first.key = frame.key
          AND came_from_first.stage = frame.stage
),
rated AS (
    SELECT here.*,
           CASE WHEN getvariable('basis') = 'period' THEN here.here
                WHEN here.previous < here.stage - 1 THEN coalesce(skipping.arrived, 0)
                ELSE coalesce(before.moved_on, 0) END / nullif(before.here, 0) AS from_previous,
           CASE WHEN here.stage = 1 OR getvariable('basis') = 'period' THEN here.here ELSE coalesce(here.came, 0) END
               / nullif(base.here, 0) AS from_first
    FROM filled AS here
    LEFT JOIN filled AS before
           ON before.period IS NOT DISTINCT FROM here.period AND before.key = here.key AND before.stage = here.previous
    JOIN filled AS base ON base.period IS NOT DISTINCT FROM here.period AND base.key = here.key AND base.stage = 1
    LEFT JOIN skipping
           ON skipping.period IS NOT DISTINCT FROM here.period AND skipping.key = here.key AND skipping.stage = here.stage
)
SELECT period, key, name AS stage,
       here AS entered,
       coalesce(passed, 0) AS passed,
       coalesce(in_stage, 0) AS in_stage,
       coalesce(lost, 0) AS lost,
       coalesce(recycled, 0) AS recycled,
       from_previous AS rate_from_previous,
       from_first AS rate_from_first,
       times[1] / 1e6 AS time_p50_s,
       times[2] / 1e6 AS time_p90_s,
       age_p50 / 1e6 AS age_p50_s,
       age_max / 1e6 AS age_max_s,
       lost_p50 / 1e6 AS lost_p50_s,
       from_previous IS NOT NULL
       AND row_number() OVER (PARTITION BY period, key ORDER BY optional, from_previous NULLS LAST, rated.stage) = 1 AS bottleneck
FROM rated
ORDER BY period, key, rated.stage
