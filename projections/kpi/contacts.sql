-- Contacts: offers, what people did to reach leads, and what customers say of us. Reads `history`; every table has the column `story`.

-- Offers: made once whatever their revisions, accepted once; `accepted`: whether it was in the end.
CREATE TEMP TABLE offers AS
WITH numbered AS (
    SELECT story, position, occurred, occurred_until, day, precision, offer AS thing, type,
           1 + count(*) FILTER (type = 'LeadRecycled') OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS journey,
           row_number() OVER in_order AS place
    FROM history
    WHERE type IN ('OfferMade', 'OfferAccepted', 'LeadRecycled')
    WINDOW in_order AS (PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position)
)
SELECT *, bool_or(type = 'OfferAccepted') OVER (PARTITION BY story, thing) AS accepted
FROM numbered
WHERE type <> 'LeadRecycled'
QUALIFY row_number() OVER (PARTITION BY story, thing, type ORDER BY place) = 1;

-- What recycled leads come back to. Few do: only theirs are looked up.
CREATE TEMP TABLE comeback AS
SELECT story, occurred AS ended_at, coalesce(sequence, -9223372036854775808) AS ended_sequence, position AS ended_position
FROM history
WHERE type = 'LeadRecycled';

-- What is told of leads outside of decisions, with the journey in which it lies: what people did (outbound, and not a machine's),
-- recommendations, the scores that customers give.
CREATE TEMP TABLE contact_told AS
WITH told AS (
    SELECT story, type, position, occurred, occurred_until, day, precision, sequence, kind, minutes, outcome, score
    FROM history
    WHERE type = 'InteractionLogged' AND direction = 'outbound' AND NOT coalesce(automatic, false)
       OR type IN ('ReferralMade', 'FeedbackGiven')
),
later AS (
    SELECT told.position, 1 + count(*) AS journey
    FROM told JOIN comeback USING (story)
    WHERE (ended_at, ended_sequence, ended_position) < (occurred, coalesce(sequence, -9223372036854775808), position)
    GROUP BY told.position
)
SELECT told.*, coalesce(later.journey, 1) AS journey FROM told LEFT JOIN later USING (position);
CREATE TEMP TABLE activity AS
SELECT story, journey, position, occurred, occurred_until, day, precision, kind, minutes, outcome
FROM contact_told WHERE type = 'InteractionLogged';
CREATE TEMP TABLE voice AS
SELECT story, journey, position, occurred, occurred_until, day, precision,
       CASE type WHEN 'ReferralMade' THEN 'referral' ELSE kind END AS kind, score
FROM contact_told WHERE type <> 'InteractionLogged';
DROP TABLE contact_told;

-- Handoffs, each with its answer or its end, if it has one, and the owner to whom it went: who is named, else who accepted it.
CREATE TEMP TABLE handover AS
WITH handed AS (
    SELECT story, handoff, to_owner, to_team AS team, position, occurred, occurred_until, day, precision, coalesce(sequence, -9223372036854775808) AS sequence,
           (SELECT 1 + count(*) FROM comeback
            WHERE comeback.story = history.story
              AND (ended_at, ended_sequence, ended_position) < (occurred, coalesce(sequence, -9223372036854775808), position)) AS journey
    FROM history
    WHERE type = 'LeadHandedOff' AND handoff IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY story, handoff ORDER BY occurred, sequence NULLS FIRST, position) = 1
),
ended AS (
    SELECT story, handoff, type AS answer, owner AS accepted_by, reason
    FROM history
    WHERE type IN ('HandoffAccepted', 'HandoffRejected', 'HandoffWithdrawn', 'HandoffExpired')
    QUALIFY row_number() OVER (PARTITION BY story, handoff ORDER BY occurred, sequence NULLS FIRST, position) = 1
)
SELECT handed.* EXCLUDE (sequence, to_owner), answer, reason, coalesce(to_owner, accepted_by) AS owner
FROM handed LEFT JOIN ended USING (story, handoff);
