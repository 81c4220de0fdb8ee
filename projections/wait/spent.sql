-- How much of each way that is asked for is charged to each party, nothing too. Reads `wanted`, `piece` (piece.sql).
CREATE TEMP TABLE spent AS
WITH part AS (
    SELECT row, charged, wall_us, business_us FROM piece
    UNION ALL
    SELECT row, unnest(['system', 'marketing', 'queue', 'person']), 0, CASE WHEN calendar IS NOT NULL THEN 0 END FROM wanted WHERE NOT dated
)
SELECT row, charged, sum(wall_us)::BIGINT AS wall_us, sum(business_us)::BIGINT AS business_us FROM part GROUP BY row, charged;
