-- Where the time of the summed journeys went: a row for each period, combination of dimensions and party; parties that nothing is charged to too.
-- Reads `selected`, `spent` (spent.sql).
SELECT period, key, charged, count(*) AS journeys,
       sum(business_us) AS business_us, sum(wall_us) AS wall_us,
       sum(business_us) / nullif(sum(sum(business_us)) OVER (PARTITION BY period, key), 0) AS business_share,
       sum(wall_us) / nullif(sum(sum(wall_us)) OVER (PARTITION BY period, key), 0) AS wall_share,
       quantile_cont(business_us, 0.5) / 1e6 AS business_p50_s, quantile_cont(wall_us, 0.5) / 1e6 AS wall_p50_s
FROM spent JOIN selected USING (row)
GROUP BY period, key, charged
