-- The milestones under what is asked: their durations, their period, and whether they are counted.
-- Reads `milestone`, `calendar`, `period_of_day` and the variables asked, asked_day, since, until, basis, width (how many dimensions
-- rows are cut by), cut (whether by a time grain too), dated (whether there are plain dates). Needs local_days.sql and fitting.sql.

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

CREATE TEMP MACRO cut_by(given) AS CASE WHEN getvariable('width') = 0 THEN []::VARCHAR[] ELSE given[1:getvariable('width')] END;

-- "Some time" falls into no period; a plain date begins with its day in the reporting zone.
CREATE TEMP VIEW per_lead AS
WITH counting AS (
    SELECT *,
           CASE WHEN getvariable('basis') = 'cohort' THEN began_at WHEN precision < 2 THEN occurred END AS counted_at,
           CASE WHEN getvariable('basis') = 'cohort' THEN began_day WHEN precision < 2 THEN day END AS counted_on
    FROM spanned
),
placed AS (
    SELECT counting.*,
           local_day(counting.counted_at, counting.counted_on, daytime) AS counted_day,
           coalesce(plain.begins, counting.counted_at) AS placed_at
    FROM counting
    LEFT JOIN daytime ON getvariable('cut') AND daytime.utc = counting.counted_at // 86400000000
    LEFT JOIN calendar AS plain ON getvariable('dated') AND plain.number = counting.counted_on
)
SELECT story, journey, stage, next_stage, outcome, reason, position, timed,
       CASE WHEN timed THEN occurred END AS entered_at, CASE WHEN timed THEN day END AS entered_day,
       period_of_day.period, cut_by(given) AS key, cut_by(first_given) AS first_key,
       CASE WHEN dateable THEN to_next END AS time_us,
       CASE WHEN dateable AND outcome = 'in_stage' THEN to_asked END AS age_us,
       CASE WHEN dateable AND outcome = 'lost' THEN to_end END AS lost_us,
       counted_day, counted_at IS NULL AS undated,
       coalesce(placed_at >= getvariable('since'), getvariable('since') IS NULL)
       AND coalesce(placed_at < getvariable('until'), getvariable('until') IS NULL)
       AND (counted_at IS NOT NULL OR NOT getvariable('cut')) AS within,
       within AND fits(given) AS selected,
       within AND from_first AND fits(first_given) AS came_from_first
FROM placed LEFT JOIN period_of_day ON getvariable('cut') AND period_of_day.number = counted_day;
