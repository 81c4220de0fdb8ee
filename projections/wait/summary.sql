-- Where the time of answered journeys went: a row for each period, combination of dimensions and party; parties that nothing is charged to too.
-- Reads `selected`, `piece`.
WITH charged_to AS (
    SELECT selected.period, selected.key, selected.row, party.charged,
           coalesce(sum(piece.wall_us), 0)::BIGINT AS wall_us,
           CASE WHEN any_value(selected.calendar) IS NOT NULL THEN coalesce(sum(piece.business_us), 0)::BIGINT END AS business_us
    FROM selected
    CROSS JOIN (SELECT unnest(['system', 'marketing', 'queue', 'person']) AS charged) AS party
    LEFT JOIN piece ON piece.row = selected.row AND piece.charged = party.charged
    WHERE status = 'answered' AND NOT dated
    GROUP BY ALL
)
SELECT period, key, charged, count(*) AS journeys,
       sum(business_us) AS business_us, sum(wall_us) AS wall_us,
       sum(business_us) / nullif(sum(sum(business_us)) OVER (PARTITION BY period, key), 0) AS business_share,
       sum(wall_us) / nullif(sum(sum(wall_us)) OVER (PARTITION BY period, key), 0) AS wall_share,
       quantile_cont(business_us, 0.5) / 1e6 AS business_p50_s, quantile_cont(wall_us, 0.5) / 1e6 AS wall_p50_s
FROM charged_to
GROUP BY period, key, charged
