-- Where the time of answered journeys went: a row for each period, combination of dimensions and party; parties that nothing is charged to too.
-- Reads `selected`, `wanted` (of `selected` the ways that are summed), `piece`.
WITH spent AS (
    SELECT row, charged, wall_us, business_us FROM piece
    UNION ALL
    SELECT row, unnest(['system', 'marketing', 'queue', 'person']), 0, CASE WHEN calendar IS NOT NULL THEN 0 END FROM wanted WHERE NOT dated
),
charged_to AS (
    SELECT row, charged, sum(wall_us)::BIGINT AS wall_us, sum(business_us)::BIGINT AS business_us FROM spent GROUP BY row, charged
)
SELECT period, key, charged, count(*) AS journeys,
       sum(business_us) AS business_us, sum(wall_us) AS wall_us,
       sum(business_us) / nullif(sum(sum(business_us)) OVER (PARTITION BY period, key), 0) AS business_share,
       sum(wall_us) / nullif(sum(sum(wall_us)) OVER (PARTITION BY period, key), 0) AS wall_share,
       quantile_cont(business_us, 0.5) / 1e6 AS business_p50_s, quantile_cont(wall_us, 0.5) / 1e6 AS wall_p50_s
FROM charged_to JOIN selected USING (row)
GROUP BY period, key, charged
