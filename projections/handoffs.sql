-- Handoffs: who gave which lead to whom, and how it ended. One row a handoff: an id is one within a story.
-- Reads `history`: one row a known event of a lead.
WITH handed AS (
    SELECT *
    FROM history
    WHERE type = 'LeadHandedOff' AND handoff IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY story, handoff ORDER BY occurred, sequence NULLS FIRST, position) = 1
),
ends AS (
    SELECT story, handoff, type, occurred, day, reason
    FROM history
    WHERE type IN ('HandoffAccepted', 'HandoffRejected', 'HandoffWithdrawn', 'HandoffExpired')
    QUALIFY row_number() OVER (PARTITION BY story, handoff ORDER BY occurred, sequence NULLS FIRST, position) = 1
),
seen AS (                                        -- the score that the giver saw; a plain date is a whole day
    SELECT handed.position, arg_max(scored.score, (scored.occurred, scored.position)) AS score
    FROM handed JOIN history AS scored USING (story)
    WHERE scored.type = 'LeadScored' AND scored.occurred <= handed.occurred_until
    GROUP BY handed.position
)
SELECT handoff, story AS lead, from_team, from_owner, to_team, to_owner,
       CASE ends.type WHEN 'HandoffAccepted'  THEN 'accepted'  WHEN 'HandoffRejected' THEN 'rejected'
                      WHEN 'HandoffWithdrawn' THEN 'withdrawn' WHEN 'HandoffExpired'  THEN 'expired' ELSE 'open' END AS status,
       handed.occurred, handed.day, handed.precision, ends.occurred AS ended, ends.day AS ended_day, ends.reason, seen.score, position
FROM handed
LEFT JOIN ends USING (story, handoff)
LEFT JOIN seen USING (position)
ORDER BY handed.occurred, position
