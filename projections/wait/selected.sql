-- The journeys that are asked for, each with its period and its values of the asked dimensions; they belong to the period of their start.
-- Reads `way`, `given` (row, given), `calendar`, `period_of_day`, `condition` and the variables since, until, width, cut, lead.
CREATE TEMP TABLE selected AS
WITH placed AS (
    SELECT way.*, given.given AS told, coalesce(start.day, daytime.number) AS local_day, coalesce(plain.begins, occurred) AS placed_at
    FROM way
    JOIN given USING (row)
    ASOF LEFT JOIN (SELECT number, begins FROM calendar WHERE begins < ends) AS daytime ON way.occurred >= daytime.begins
    LEFT JOIN (SELECT number, begins FROM calendar) AS plain ON plain.number = way.start.day
)
SELECT placed.*, period_of_day.period, told[1:getvariable('width')] AS key
FROM placed LEFT JOIN period_of_day ON period_of_day.number = local_day
WHERE coalesce(placed_at >= getvariable('since'), getvariable('since') IS NULL)
  AND coalesce(placed_at < getvariable('until'), getvariable('until') IS NULL)
  AND coalesce(story = getvariable('lead'), getvariable('lead') IS NULL)
  AND NOT EXISTS (
      SELECT 1 FROM condition
      WHERE NOT CASE WHEN told[condition.number] IS NULL THEN condition.unknown
                     ELSE list_contains(condition.wanted, told[condition.number]) END
  );
