-- The counted rows that are asked for: within the limits and let through by the filters, with their period and what they are cut by.
-- Reads `counted`, `given`, `condition`, `calendar`, `period_of_day` and the variables since, until, cut (whether by a time grain), width.
CREATE TEMP TABLE selected AS
WITH dated AS (
    SELECT counted.*, given.given,
           coalesce(counted.day, daytime.number) AS local_day,
           CASE WHEN counted.precision < 2 THEN coalesce(midnight.begins, counted.occurred) END AS placed_at
    FROM counted
    JOIN given USING (row)
    ASOF LEFT JOIN (SELECT number, begins FROM calendar WHERE begins < ends) AS daytime ON counted.occurred >= daytime.begins
    LEFT JOIN calendar AS midnight ON midnight.number = counted.day
)
SELECT dated.* EXCLUDE (given), CASE WHEN getvariable('width') = 0 THEN []::VARCHAR[] ELSE given[1:getvariable('width')] END AS key,
       period_of_day.period
FROM dated
LEFT JOIN period_of_day ON period_of_day.number = dated.local_day AND dated.precision < 2
WHERE coalesce(placed_at >= getvariable('since'), getvariable('since') IS NULL)
  AND coalesce(placed_at < getvariable('until'), getvariable('until') IS NULL)
  AND (placed_at IS NOT NULL OR NOT getvariable('cut'))
  AND NOT EXISTS (
      SELECT 1 FROM condition
      WHERE NOT CASE WHEN given[condition.number] IS NULL THEN condition.unknown
                     ELSE list_contains(condition.wanted, given[condition.number]) END
  );
