-- Variants: the journeys that took the same path; how many they are, how they ended, how long they took from the first to the last step.
-- Reads `selected` (of `path`). A duration with a plain date at either end is counted in whole calendar days.
CREATE TEMP VIEW timed AS
SELECT selected.*,
       CASE WHEN precision < 2 AND last_precision < 2 AND span >= 0 THEN span END AS time_us
FROM (
    SELECT selected.*,
           CASE WHEN selected.day IS NULL AND last_day IS NULL THEN last_occurred - occurred
                ELSE (local_day(last_occurred, last_day, ending) - local_day)::BIGINT * 86400000000 END AS span
    FROM selected
    LEFT JOIN daytime AS ending ON ending.utc = utc_day(selected.last_occurred)
) AS selected;

CREATE TEMP VIEW variant AS
SELECT period, key, steps,
       count(*) AS journeys,
       count(*) FILTER (won) AS won,
       count(*) FILTER (outcome = 'lost') AS lost,
       count(*) FILTER (outcome = 'recycled') AS recycled,
       quantile_cont(time_us, 0.5) / 1e6 AS time_p50_s,
       quantile_cont(time_us, 0.9) / 1e6 AS time_p90_s
FROM timed
GROUP BY ALL;
