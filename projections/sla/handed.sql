-- Handoffs, and what was done with each: one pass over their events. Reads `history`, one row a known event of a lead.
-- A handoff is named by the position of its event.
CREATE TEMP TABLE act AS
SELECT story, handoff, type, position, occurred, occurred_until, day, precision, coalesce(sequence, -9223372036854775808) AS sequence,
       actor, source, reason, to_team, tier
FROM history
WHERE handoff IS NOT NULL
  AND type IN ('LeadHandedOff', 'HandoffAccepted', 'HandoffRejected', 'HandoffWithdrawn', 'HandoffExpired', 'HandoffPaused', 'HandoffResumed');

CREATE TEMP TABLE handed AS                    -- an id is one within a story
SELECT story, position AS handed, handoff, occurred, occurred_until, day, precision, sequence, source, to_team AS team, tier AS own_tier
FROM act
WHERE type = 'LeadHandedOff'
QUALIFY row_number() OVER (PARTITION BY story, handoff ORDER BY occurred, sequence, position) = 1;

-- How each was answered, and how it ended. An acceptance is no end; after a rejection or an expiry nothing is; a plain date is a whole day.
CREATE TEMP TABLE course AS
WITH step AS (
    SELECT handed.story, handed.handed, act.* EXCLUDE (story, handoff),
           row_number() OVER (PARTITION BY handed.handed ORDER BY act.occurred, act.sequence, act.position) AS place
    FROM handed JOIN act USING (story, handoff)
    WHERE act.type IN ('HandoffAccepted', 'HandoffRejected', 'HandoffWithdrawn', 'HandoffExpired')
      AND act.occurred_until >= handed.occurred
),
marked AS (
    SELECT *,
           place = 1 AND type IN ('HandoffAccepted', 'HandoffRejected') AS answers,
           type = 'HandoffWithdrawn' OR place = 1 AND type <> 'HandoffAccepted' AS ends
    FROM step
)
SELECT story, handed,
       any_value({'occurred': occurred, 'day': day, 'precision': precision, 'actor': actor}) FILTER (answers) AS answer,
       arg_min({'occurred': occurred, 'until': occurred_until, 'day': day, 'precision': precision, 'type': type}, place) FILTER (ends) AS ending
FROM marked
GROUP BY story, handed;

-- A resume ends every open pause: a stretch begins with the first pause and ends with the next resume.
CREATE TEMP TABLE pause AS
WITH turn AS (
    SELECT handed.story, handed.handed, act.type, act.reason, greatest(act.occurred, handed.occurred) AS turned,
           row_number() OVER along AS place, lag(act.type) OVER along AS before
    FROM handed JOIN act USING (story, handoff)
    WHERE act.type IN ('HandoffPaused', 'HandoffResumed') AND act.occurred_until >= handed.occurred
    WINDOW along AS (PARTITION BY handed.handed ORDER BY act.occurred, act.sequence, act.position)
),
stretch AS (
    SELECT *, lead(turned) OVER (PARTITION BY handed ORDER BY place) AS ends
    FROM turn
    WHERE (type = 'HandoffPaused') <> coalesce(before = 'HandoffPaused', false)
)
SELECT story, handed, place, turned AS begins, ends, reason FROM stretch WHERE type = 'HandoffPaused';
