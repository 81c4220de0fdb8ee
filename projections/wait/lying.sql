-- With whom each lead that was handed off lay, from when to when; NULL: with nobody. Reads `owning` (sla/owning.sql).
CREATE TEMP TABLE lay AS
WITH turn AS (
    SELECT story, since, nullif(owner, '') AS owner, lag(nullif(owner, '')) OVER (PARTITION BY story ORDER BY since) AS before FROM owning
),
changed AS (
    SELECT story, since, owner FROM turn WHERE owner IS DISTINCT FROM before
)
SELECT story, since, coalesce(lead(since) OVER (PARTITION BY story ORDER BY since), 9223372036854775807) AS until, owner FROM changed
UNION ALL
SELECT story, -9223372036854775808, min(since), NULL FROM changed GROUP BY story;
