-- The milestones under what is asked: when they count, and in which group.
-- Reads `stepped` (spans.sql, or windows.sql over it), `calendar` and the variables basis, width (how many dimensions rows are
-- cut by), cut (whether by a time grain too), dated. Needs local_days.sql.

CREATE TEMP MACRO cut_by(given) AS CASE WHEN getvariable('width') = 0 THEN []::VARCHAR[] ELSE given[1:getvariable('width')] END;

-- "Some time" falls into no period; a plain date begins with its day in the reporting zone.
CREATE TEMP VIEW placed_lead AS
WITH counting AS (
    SELECT *,
           CASE WHEN getvariable('basis') = 'cohort' THEN began_at WHEN precision < 2 THEN occurred END AS counted_at,
           CASE WHEN getvariable('basis') = 'cohort' THEN began_day WHEN precision < 2 THEN day END AS counted_on
    FROM stepped
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
       given, first_given, from_first, cut_by(given) AS key, cut_by(first_given) AS first_key,
       CASE WHEN dateable THEN to_next END AS time_us,
       CASE WHEN dateable AND outcome = 'in_stage' THEN to_asked END AS age_us,
       CASE WHEN dateable AND outcome = 'lost' THEN to_end END AS lost_us,
       running, counted_day, placed_at, counted_at IS NULL AS undated
FROM placed;
