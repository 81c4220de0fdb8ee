-- With whom each lead that was handed off lay from when on; a row for each instant at which that was told. Reads `history`, `handed` and the
-- macro in_order (ordering.py).
-- A handoff that names no new owner takes the lead from the one who gives it away.
CREATE TEMP TABLE owning AS
WITH told AS (
    SELECT story, occurred, coalesce(sequence, -9223372036854775808) AS sequence, position,
           CASE WHEN type IN ('LeadCaptured', 'LeadDetailsChanged', 'LeadAssigned', 'HandoffAccepted') THEN owner
                WHEN type = 'LeadHandedOff' THEN to_owner END AS owner,
           CASE WHEN type = 'LeadHandedOff' AND to_owner IS NULL THEN from_owner END AS giver,
           coalesce(list_contains(cleared, 'owner'), false) AS cleared
    FROM history SEMI JOIN handed USING (story)
    WHERE type IN ('LeadCaptured', 'LeadDetailsChanged', 'LeadAssigned', 'HandoffAccepted', 'LeadHandedOff')
),
before AS (
    SELECT *, last_value(CASE WHEN giver IS NULL THEN coalesce(owner, '') END IGNORE NULLS) OVER (
        PARTITION BY story ORDER BY in_order(occurred, sequence, position) ROWS UNBOUNDED PRECEDING) AS so_far
    FROM told
    WHERE owner IS NOT NULL OR giver IS NOT NULL OR cleared
)
SELECT story, occurred AS since, arg_max_null(owner, in_order(occurred, sequence, position)) AS owner
FROM before
WHERE giver IS NULL OR giver = so_far
GROUP BY story, occurred;
