-- Until when each step may go on, where business days or hours count. A plain date is a whole day.
-- Reads `spanned`, `term` (stage, days, hours: µs), `own_day` (number, begins, ends: of each day in the calendar's zone),
-- `working_day` (number, day, ends: the calendar's working days, numbered from 1) and `opening` (business_time.sql).
CREATE TEMP TABLE due AS
WITH entry AS (
    SELECT spanned.story, journey, stage, occurred, days, hours, spanned.day,
           coalesce(spanned.day, own.number) AS own_number, coalesce(plain.ends - 1, occurred) AS from_at,
           coalesce(next.begins, next_at) AS next_at, coalesce(ending.begins, ended_at) AS ended_at
    FROM (SELECT * FROM spanned WHERE dateable) AS spanned
    JOIN (SELECT * FROM term WHERE wall IS NULL) AS term USING (stage)
    ASOF LEFT JOIN own_day AS own ON spanned.occurred >= own.begins
    LEFT JOIN own_day AS plain ON plain.number = spanned.day
    LEFT JOIN own_day AS next ON next.number = spanned.next_day
    LEFT JOIN own_day AS ending ON ending.number = spanned.ended_day
),
by_days AS (
    SELECT entry.*, working_day.ends - 1 AS due_at
    FROM (SELECT * FROM entry WHERE days IS NOT NULL) AS entry
    ASOF LEFT JOIN working_day AS begun ON entry.own_number >= begun.day
    JOIN working_day ON working_day.number = coalesce(begun.number, 0) + entry.days
),
by_hours AS (
    SELECT entry.*, due(worked + hours, closing.opens, closing.before) AS due_at
    FROM (
        SELECT entry.*, worked(from_at, opening.opens, opening.closes, opening.before) AS worked, 0 AS calendar
        FROM entry ASOF LEFT JOIN opening ON entry.from_at >= opening.opens
        WHERE hours IS NOT NULL
    ) AS entry
    ASOF LEFT JOIN opening AS closing ON entry.worked + entry.hours > closing.before
)
SELECT story, journey, stage, due_at, next_at > due_at AS next_late, ended_at > due_at AS end_late,
       CASE WHEN ended.day IS NULL THEN due_at - occurred ELSE (last_day.number - ended.day)::BIGINT * 86400000000 END AS ran_out
FROM (
    FROM by_days UNION ALL BY NAME SELECT * EXCLUDE (worked, calendar) FROM by_hours
) AS ended
ASOF LEFT JOIN own_day AS last_day ON ended.due_at >= last_day.begins;
