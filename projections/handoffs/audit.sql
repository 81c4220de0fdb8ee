-- Handoffs: who gave which lead to whom, what was known then, and how it ended. One row a handoff: an id is one within a story.
-- Reads `history`, `handed`, `act`, `course` (sla/handed.sql), `known_at_handoff` and `agreed_at_handoff` (audit.py). A handoff is
-- named by the position of its event.

-- The first answer or end, of whatever kind; a withdrawal after the acceptance is no other answer. A plain date is a whole day.
CREATE TEMP TABLE answered AS
SELECT handed.handed,
       arg_min({'type': act.type, 'occurred': act.occurred, 'day': act.day, 'precision': act.precision, 'actor': act.actor, 'reason': act.reason},
               (act.occurred, act.sequence, act.position)) AS answer
FROM handed JOIN act USING (story, handoff)
WHERE act.type IN ('HandoffAccepted', 'HandoffRejected', 'HandoffWithdrawn', 'HandoffExpired') AND act.occurred_until >= handed.occurred
GROUP BY handed.handed;

CREATE TEMP TABLE given_away AS
SELECT position AS handed, from_team, from_owner, to_owner, actor,
       coalesce(starts_with(actor, 'system:') OR starts_with(actor, 'leadlog:'), false) AS automatic
FROM history WHERE type = 'LeadHandedOff' AND handoff IS NOT NULL;

-- Why this owner: the last assignment that gave the lead to the one who is named; where only a team is named, the first one afterwards.
CREATE TEMP TABLE assigned AS
SELECT handed.handed,
       arg_max({'rule': told.rule, 'rule_version': told.rule_version, 'candidates': told.candidates, 'owner': told.owner},
               CASE WHEN given_away.to_owner IS NULL THEN (-told.occurred, -told.position) ELSE (told.occurred, told.position) END) AS assignment
FROM handed
JOIN given_away USING (handed)
LEFT JOIN course USING (handed)
JOIN (SELECT story, occurred, occurred_until, position, owner, rule, rule_version, candidates
      FROM history WHERE type = 'LeadAssigned') AS told ON told.story = handed.story
WHERE CASE WHEN given_away.to_owner IS NULL
           THEN told.occurred_until >= handed.occurred AND (course.ending IS NULL OR told.occurred <= course.ending.until)
           ELSE told.owner = given_away.to_owner AND told.occurred <= handed.occurred_until END
GROUP BY handed.handed;

CREATE TEMP TABLE audited AS
SELECT handed.handed AS row, handed.story, handed.handoff, handed.source, handed.occurred, handed.occurred_until, handed.day, handed.precision,
       handed.team AS to_team, given_away.* EXCLUDE (handed), agreed_at_handoff.* EXCLUDE (handed), known_at_handoff.* EXCLUDE (handed),
       CASE answer.type WHEN 'HandoffAccepted'  THEN 'accepted'  WHEN 'HandoffRejected' THEN 'rejected'
                        WHEN 'HandoffWithdrawn' THEN 'withdrawn' WHEN 'HandoffExpired'  THEN 'expired' ELSE 'open' END AS status,
       answer, answer.reason AS reason, assignment, coalesce(from_owner = to_owner, false) AS is_self,
       to_owner AS own_owner, handed.team AS own_team, NULL::VARCHAR AS own_channel, NULL::VARCHAR AS own_campaign
FROM handed
JOIN given_away USING (handed)
JOIN known_at_handoff USING (handed)
LEFT JOIN agreed_at_handoff USING (handed)
LEFT JOIN answered USING (handed)
LEFT JOIN assigned USING (handed);
