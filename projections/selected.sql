-- The counted rows that are asked for: within the limits and let through by the filters, with their period and what they are cut by.
-- Reads `counted`, `given`, `calendar`, `period_of_day` and the variables since, until, cut (whether by a time grain), width. Needs
-- local_days.sql and fitting.sql. What lies far beyond the limits is left out first: by two days, since plain dates are where their zone
-- has them.
CREATE TEMP TABLE selected AS
WITH near AS (
    SELECT * FROM counted
    WHERE precision = 2 OR occurred BETWEEN coalesce(getvariable('since') - 172800000000, -9223372036854775808)
                                        AND coalesce(getvariable('until') + 172800000000, 9223372036854775807)
),
dated AS (
    SELECT near.*, given.given,
           local_day(near.occurred, near.day, daytime) AS local_day,
           CASE WHEN near.precision < 2 THEN coalesce(midnight.begins, near.occurred) END AS placed_at
    FROM near
    JOIN given USING (row)
    LEFT JOIN daytime ON daytime.utc = utc_day(near.occurred)
    LEFT JOIN calendar AS midnight ON midnight.number = near.day
)
SELECT dated.* EXCLUDE (given), CASE WHEN getvariable('width') = 0 THEN []::VARCHAR[] ELSE given[1:getvariable('width')] END AS key,
       period_of_day.period
FROM dated
LEFT JOIN period_of_day ON period_of_day.number = dated.local_day AND dated.precision < 2
WHERE coalesce(placed_at >= getvariable('since'), getvariable('since') IS NULL)
  AND coalesce(placed_at < getvariable('until'), getvariable('until') IS NULL)
  AND (placed_at IS NOT NULL OR NOT getvariable('cut'))
  AND fits(given);
