-- The journeys that are asked for, each with its period and its values of the asked dimensions; they belong to the period of their start.
-- Reads `way`, `given` (row, given), `calendar`, `period_of_day` and the variables since, until, width, lead. Needs local_days.sql and fitting.sql.
CREATE TEMP TABLE selected AS
WITH placed AS (
    SELECT way.row, way.story, way.journey, way.status, way.dated, way.uncaptured, way.occurred, given.given AS told,
           local_day(way.occurred, way.start_day, daytime) AS local_day, coalesce(plain.begins, way.occurred) AS placed_at
    FROM way
    JOIN given USING (row)
    LEFT JOIN daytime ON daytime.utc = utc_day(way.occurred)
    LEFT JOIN calendar AS plain ON plain.number = way.start_day
)
SELECT placed.* EXCLUDE (told), period_of_day.period, told[1:getvariable('width')] AS key
FROM placed LEFT JOIN period_of_day ON period_of_day.number = local_day
WHERE coalesce(placed_at >= getvariable('since'), getvariable('since') IS NULL)
  AND coalesce(placed_at < getvariable('until'), getvariable('until') IS NULL)
  AND coalesce(story = getvariable('lead'), getvariable('lead') IS NULL)
  AND fits(told);
