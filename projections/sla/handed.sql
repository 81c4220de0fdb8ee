-- Handoffs, and the events about them, in one pass. Reads `history`, one row a known event of a lead.
-- A handoff is named by the position of its event. told: which words of the events are carried. also: which of those of the handoffs, beside
-- the ones named here.
CREATE TEMP TABLE act AS
SELECT story, handoff, type, position, occurred, occurred_until, day, precision, coalesce(sequence, -9223372036854775808) AS sequence,
       {told}
FROM history
WHERE handoff IS NOT NULL
  AND type IN ('LeadHandedOff', 'HandoffAccepted', 'HandoffRejected', 'HandoffWithdrawn', 'HandoffExpired', 'HandoffPaused', 'HandoffResumed');

CREATE TEMP TABLE handed AS                    -- an id is one within a story
SELECT story, position AS handed, handoff, occurred, occurred_until, day, precision, sequence, source, to_team AS team, tier AS own_tier{also}
FROM act
WHERE type = 'LeadHandedOff'
QUALIFY row_number() OVER (PARTITION BY story, handoff ORDER BY occurred, sequence, position) = 1;
