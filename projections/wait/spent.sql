-- How much of each way that is asked for is charged to each party, nothing too. Reads `piece` (piece.sql).
CREATE TEMP MACRO of_party(amount, party, charged) AS coalesce(sum(amount) FILTER (charged = party), 0)::BIGINT;

CREATE TEMP TABLE spent AS
WITH split AS (
    SELECT row, any_value(calendar) IS NOT NULL AS is_known,
           [{'charged': 'system', 'wall_us': of_party(wall_us, 'system', charged), 'business_us': of_party(business_us, 'system', charged)},
            {'charged': 'marketing', 'wall_us': of_party(wall_us, 'marketing', charged), 'business_us': of_party(business_us, 'marketing', charged)},
            {'charged': 'queue', 'wall_us': of_party(wall_us, 'queue', charged), 'business_us': of_party(business_us, 'queue', charged)},
            {'charged': 'person', 'wall_us': of_party(wall_us, 'person', charged), 'business_us': of_party(business_us, 'person', charged)}] AS parties
    FROM piece
    GROUP BY row
),
share AS (
    SELECT row, is_known, unnest(parties) AS party FROM split
)
SELECT row, party.charged, party.wall_us, CASE WHEN is_known THEN party.business_us END AS business_us FROM share;
