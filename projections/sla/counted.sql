-- The verdicts that are asked for, each with its period and its values of the asked dimensions; they belong to the period of the handoff.
-- Reads `verdict`, `described` (handed, promise, given: a value for each dimension), `calendar`, `period_of_day`, `condition` and the
-- variables since, until, width, cut, lead, handoff. A plain date stays on its day; "some time" falls into no period.
CREATE TEMP TABLE counted AS
WITH placed AS (
    SELECT verdict.*, given,
           CASE WHEN precision < 2 THEN coalesce(verdict.day, daytime.number) END AS local_day,
           CASE WHEN precision < 2 THEN coalesce(plain.begins, verdict.occurred) END AS placed_at
    FROM verdict
    JOIN described USING (handed, promise)
    ASOF LEFT JOIN (SELECT number, begins FROM calendar WHERE begins < ends) AS daytime ON verdict.occurred >= daytime.begins
    LEFT JOIN (SELECT number, begins FROM calendar) AS plain ON plain.number = verdict.day
)
SELECT placed.*, period_of_day.period, given[1:getvariable('width')] AS key
FROM placed LEFT JOIN period_of_day ON period_of_day.number = local_day
WHERE coalesce(placed_at >= getvariable('since'), getvariable('since') IS NULL)
  AND coalesce(placed_at < getvariable('until'), getvariable('until') IS NULL)
  AND (local_day IS NOT NULL OR NOT getvariable('cut'))
  AND coalesce(story = getvariable('lead'), getvariable('lead') IS NULL)
  AND coalesce(getvariable('handoff') IN (handoff, source || '/' || handoff), true)
  AND NOT EXISTS (
      SELECT 1 FROM condition
      WHERE NOT CASE WHEN given[condition.number] IS NULL THEN condition.unknown
                     ELSE list_contains(condition.wanted, given[condition.number]) END
  );
