-- Exposures: the first variant of each experiment that a lead saw, and whether it saw another one too. Reads `history`.
CREATE TEMP TABLE exposure AS
WITH told AS (
    SELECT story, position, type, occurred, occurred_until, day, precision, experiment, variant,
           row_number() OVER in_order AS place,
           1 + (count(*) FILTER (type = 'LeadRecycled') OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))::INTEGER AS journey
    FROM history
    WHERE type = 'LeadRecycled' OR (type = 'InteractionLogged' AND experiment IS NOT NULL AND variant IS NOT NULL)
    WINDOW in_order AS (PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position)
)
SELECT * EXCLUDE (type, place), min(variant) OVER seen <> max(variant) OVER seen AS mixed
FROM told
WHERE type = 'InteractionLogged'
WINDOW seen AS (PARTITION BY story, experiment)
QUALIFY row_number() OVER (PARTITION BY story, experiment ORDER BY place) = 1;
