-- The milestones with their durations up to the asked instant.
-- Reads `milestone`, `calendar` and the variables asked, asked_day, dated (whether there are plain dates). Needs local_days.sql.

-- µs from one instant to another, and whole calendar days from one day to another; nothing where time runs backwards.
CREATE TEMP MACRO span(start, finish) AS CASE WHEN finish >= start THEN finish - start END;
CREATE TEMP MACRO days_between(start, finish) AS CASE WHEN finish >= start THEN (finish - start)::BIGINT * 86400000000 END;

-- Durations with a plain date at either end are counted in whole calendar days.
CREATE TEMP VIEW spanned AS
WITH dated AS (
    SELECT milestone.*,
           local_day(occurred, day, own) AS local_day, local_day(next_at, next_day, next) AS next_local_day,
           local_day(ended_at, ended_day, ending) AS ended_local_day
    FROM milestone
    LEFT JOIN daytime AS own ON own.utc = occurred // 86400000000
    LEFT JOIN daytime AS next ON next.utc = next_at // 86400000000
    LEFT JOIN daytime AS ending ON ending.utc = ended_at // 86400000000
    WHERE getvariable('dated') AND (day IS NOT NULL OR next_day IS NOT NULL OR ended_day IS NOT NULL)
)
SELECT *,
       span(occurred, next_at) AS to_next,
       span(occurred, getvariable('asked')) AS to_asked,
       span(occurred, ended_at) AS to_end
FROM milestone
WHERE NOT getvariable('dated') OR (day IS NULL AND next_day IS NULL AND ended_day IS NULL)
UNION ALL BY NAME
SELECT * EXCLUDE (local_day, next_local_day, ended_local_day),
       CASE WHEN day IS NULL AND next_day IS NULL THEN span(occurred, next_at) ELSE days_between(local_day, next_local_day) END AS to_next,
       CASE WHEN day IS NULL THEN span(occurred, getvariable('asked')) ELSE days_between(local_day, getvariable('asked_day')) END AS to_asked,
       CASE WHEN day IS NULL AND ended_day IS NULL THEN span(occurred, ended_at) ELSE days_between(local_day, ended_local_day) END AS to_end
FROM dated;
