-- Handoffs: who gave which lead to whom, what was known then, and how it ended. One row a handoff: an id is one within a story.
-- Reads `history`, `handed`, `act`, `course` (sla/handed.sql), `known_at_handoff` and `agreed_at_handoff` (audit.py). A handoff is
-- named by the position of its event. Its answer is the first one or the end, of whatever kind; a withdrawal after the acceptance is no other.

-- Why this owner: the last assignment that gave the lead to the one who is named; where only a team is named, the first one afterwards.
CREATE TEMP TABLE assigned AS
SELECT handed.handed,
       arg_max({'rule': told.rule, 'rule_version': told.rule_version, 'candidates': told.candidates, 'owner': told.owner},
               CASE WHEN given_away.to_owner IS NULL THEN (-told.occurred, -told.position) ELSE (told.occurred, told.position) END) AS assignment
FROM handed
JOIN act AS given_away ON given_away.position = handed.handed
LEFT JOIN course USING (handed)
JOIN (SELECT story, occurred, occurred_until, position, owner, rule, rule_version, candidates
      FROM history WHERE type = 'LeadAssigned') AS told ON told.story = handed.story
WHERE CASE WHEN given_away.to_owner IS NULL
           THEN told.occurred_until >= handed.occurred AND (course.ending IS NULL OR told.occurred <= course.ending.until)
           ELSE told.owner = given_away.to_owner AND told.occurred <= handed.occurred_until END
GROUP BY handed.handed;

CREATE TEMP TABLE audited AS
SELECT handed.handed AS row, handed.story, handed.handoff, handed.source, handed.occurred, handed.occurred_until, handed.day, handed.precision,
       given_away.to_team, given_away.from_team, given_away.from_owner, given_away.to_owner, given_away.actor,
       coalesce(starts_with(given_away.actor, 'system:') OR starts_with(given_away.actor, 'leadlog:'), false) AS automatic,
       agreed_at_handoff.* EXCLUDE (handed), known_at_handoff.* EXCLUDE (handed),
       CASE reply.type WHEN 'HandoffAccepted'  THEN 'accepted'  WHEN 'HandoffRejected' THEN 'rejected'
                       WHEN 'HandoffWithdrawn' THEN 'withdrawn' WHEN 'HandoffExpired'  THEN 'expired' ELSE 'open' END AS status,
       CASE WHEN reply.position IS NOT NULL
            THEN {'occurred': reply.occurred, 'day': reply.day, 'precision': reply.precision, 'actor': reply.actor} END AS answer,
       reply.reason, assignment, coalesce(given_away.from_owner = given_away.to_owner, false) AS is_self
FROM handed
JOIN act AS given_away ON given_away.position = handed.handed
JOIN known_at_handoff USING (handed)
LEFT JOIN agreed_at_handoff USING (handed)
LEFT JOIN course USING (handed)
LEFT JOIN act AS reply ON reply.position = course.first
LEFT JOIN assigned USING (handed);

-- What nobody reads any more makes room.
DROP TABLE act;
DROP TABLE course;
DROP TABLE known_at_handoff;
DROP TABLE agreed_at_handoff;
DROP TABLE assigned;
