-- How many promises were given and kept, a row for each promise, period and combination of dimensions.
-- Reads `counted`, `period` (period), `promising` (promise) and the variable width.
WITH summed AS (
    SELECT period, key, promise,
           count(*) AS promised,
           count(*) FILTER (verdict = 'met') AS met,
           count(*) FILTER (verdict = 'breached') AS breached,
           count(*) FILTER (verdict = 'running') AS running,
           count(*) FILTER (verdict = 'excluded') AS excluded,
           quantile_cont(business_us, [0.5, 0.9]) FILTER (done IS NOT NULL) AS times,
           quantile_cont(wall_us, 0.5) FILTER (done IS NOT NULL) AS wall
    FROM counted
    GROUP BY period, key, promise
),
combination AS (
    SELECT DISTINCT key, promise FROM summed
    UNION
    SELECT []::VARCHAR[], promise FROM promising WHERE getvariable('width') = 0
)
SELECT period.period, combination.key, combination.promise,
       coalesce(promised, 0) AS promised,
       coalesce(met, 0) AS met,
       coalesce(breached, 0) AS breached,
       coalesce(running, 0) AS running,
       coalesce(excluded, 0) AS excluded,
       met / nullif(met + breached, 0) AS compliance,
       times[1] / 1e6 AS response_p50_s,
       times[2] / 1e6 AS response_p90_s,
       wall / 1e6 AS wall_p50_s
FROM combination
CROSS JOIN period
LEFT JOIN summed
       ON summed.period IS NOT DISTINCT FROM period.period AND summed.key = combination.key AND summed.promise = combination.promise;
