-- Interactions that no one of us made to reach a lead: what leads did, and what machines sent. Beside `activity` (kpi/contacts.sql).
-- Reads `history`.
CREATE TEMP TABLE other_contact AS
WITH told AS (
    SELECT story, type, position, occurred, occurred_until, day, precision, kind, minutes, coalesce(automatic, false) AS automatic,
           1 + count(*) FILTER (type = 'LeadRecycled') OVER (
               PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS journey
    FROM history
    WHERE type = 'LeadRecycled' OR type = 'InteractionLogged' AND (coalesce(automatic, false) OR direction IS DISTINCT FROM 'outbound')
)
SELECT * EXCLUDE (type) FROM told WHERE type = 'InteractionLogged';
