-- The pipeline by stage. Reads `open_deal` and `day_expected` (day, period: when deals are expected to close). A row for each stage, each
-- combination of dimensions and each period of expected closing in which a deal is open.
SELECT key, stage, period, count(*) AS count, sum(value)::VARCHAR AS value, bool_or(value IS NULL AND NOT unpriced) AS unknown,
       count(*) FILTER (unpriced) AS unpriced,
       count(*) FILTER (pushes > 0) AS pushed, sum(pushes) AS pushes,
       count(*) FILTER (next_step_overdue) AS next_step_overdue, count(*) FILTER (close_overdue) AS close_overdue,
       quantile_cont(age, 0.5) AS age_p50, max(age) AS age_max
FROM open_deal LEFT JOIN day_expected ON day = expected_day
GROUP BY ALL
