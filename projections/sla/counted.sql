-- The verdicts that are asked for, each with its period and its values of the asked dimensions; they belong to the period of the handoff.
-- Reads `described` (`verdict` with given: a value for each dimension), `calendar`, `period_of_day` and the variables since, until, width,
-- cut, lead, handoff; needs local_days.sql and fitting.sql. A plain date stays on its day; "some time" falls into no period.
-- A view, so that no column is carried that nobody asks for.
CREATE TEMP VIEW counted AS
WITH placed AS (
    SELECT described.*,
           CASE WHEN precision < 2 THEN local_day(occurred, day, daytime) END AS local_day,
           CASE WHEN precision < 2 THEN coalesce(plain.begins, occurred) END AS placed_at
    FROM described
    LEFT JOIN daytime ON daytime.utc = occurred // 86400000000
    LEFT JOIN (SELECT number AS plain_day, begins FROM calendar) AS plain ON plain_day = day
)
SELECT placed.*, period_of_day.period, given[1:getvariable('width')] AS key
FROM placed LEFT JOIN period_of_day ON period_of_day.number = local_day
WHERE (getvariable('since') IS NULL OR placed_at >= getvariable('since'))
  AND (getvariable('until') IS NULL OR placed_at < getvariable('until'))
  AND (local_day IS NOT NULL OR NOT getvariable('cut'))
  AND (getvariable('lead') IS NULL OR story = getvariable('lead'))
  AND (getvariable('handoff') IS NULL OR getvariable('handoff') IN (handoff, source || '/' || handoff))
  AND fits(given);
