-- Handoffs: who gave which lead to whom, what was known then, and how it ended. One row a handoff: an id is one within a story.
-- Reads `history`, `handed`, `act` (sla/handed.sql), `course` (sla/course.sql), `known_at_handoff` and `agreed_at_handoff` (audit.py).
-- A handoff is named by the position of its event. Its answer is the first one or the end, of whatever kind; a
-- withdrawal after the acceptance is no other.

-- Why this owner: the last assignment that gave the lead to the one who is named; where only a team is named, the first one afterwards.
CREATE TEMP TABLE assigned AS
WITH told AS MATERIALIZED (
    SELECT story, occurred, occurred_until, position, owner, rule, rule_version, candidates
    FROM history SEMI JOIN handed USING (story)
    WHERE type = 'LeadAssigned'
),
chosen AS (
    SELECT handed.handed,
           arg_max(told.position, CASE WHEN handed.to_owner IS NULL THEN (-told.occurred, -told.position) ELSE (told.occurred, told.position) END) AS position
    FROM told
    JOIN handed USING (story)
    LEFT JOIN course USING (handed)
    WHERE CASE WHEN handed.to_owner IS NULL
               THEN told.occurred_until >= handed.occurred AND (course.ending IS NULL OR told.occurred <= course.ending.until)
               ELSE told.owner = handed.to_owner AND told.occurred <= handed.occurred_until END
    GROUP BY handed.handed
)
SELECT handed, {'rule': rule, 'rule_version': rule_version, 'candidates': candidates, 'owner': owner} AS assignment
FROM chosen JOIN told USING (position);

CREATE TEMP VIEW audited AS
SELECT handed.handed AS row, handed.story, handed.handoff, handed.source, handed.occurred, handed.occurred_until, handed.day, handed.precision,
       handed.team AS to_team, handed.from_team, handed.from_owner, handed.to_owner, handed.actor,
       coalesce(starts_with(handed.actor, 'system:') OR starts_with(handed.actor, 'leadlog:'), false) AS automatic,
       agreed_at_handoff.* EXCLUDE (handed),
       CASE reply.type WHEN 'HandoffAccepted'  THEN 'accepted'  WHEN 'HandoffRejected' THEN 'rejected'
                       WHEN 'HandoffWithdrawn' THEN 'withdrawn' WHEN 'HandoffExpired'  THEN 'expired' ELSE 'open' END AS status,
       CASE WHEN reply.position IS NOT NULL
            THEN {'occurred': reply.occurred, 'day': reply.day, 'precision': reply.precision, 'actor': reply.actor} END AS answer,
       reply.reason, assignment, coalesce(handed.from_owner = handed.to_owner, false) AS is_self
FROM handed
JOIN agreed_at_handoff USING (handed)
LEFT JOIN course USING (handed)
LEFT JOIN act AS reply ON reply.position = course.first
LEFT JOIN assigned USING (handed);
