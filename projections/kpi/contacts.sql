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

-- Outbound, and not a machine's. The journey is not told: what cuts these looks at the instant.
CREATE TEMP TABLE activity AS
SELECT story, 9223372036854775807 AS journey, position, occurred, occurred_until, day, precision, kind, minutes, outcome
FROM history
WHERE type = 'InteractionLogged' AND direction = 'outbound' AND NOT coalesce(automatic, false);

-- Recommendations, and the scores that customers give.
CREATE TEMP TABLE voice AS
SELECT story, 9223372036854775807 AS journey, position, occurred, occurred_until, day, precision,
       CASE type WHEN 'ReferralMade' THEN 'referral' ELSE kind END AS kind, score
FROM history
WHERE type IN ('ReferralMade', 'FeedbackGiven');

-- Handoffs that were answered or let expire, at the instant of the handoff.
CREATE TEMP TABLE answered AS
WITH handed AS (
    SELECT story, handoff, position, occurred, occurred_until, day, precision
    FROM history
    WHERE type = 'LeadHandedOff' AND handoff IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY story, handoff ORDER BY occurred, sequence NULLS FIRST, position) = 1
),
ended AS (
    SELECT story, handoff, type AS answer, reason
    FROM history
    WHERE type IN ('HandoffAccepted', 'HandoffRejected', 'HandoffWithdrawn', 'HandoffExpired')
    QUALIFY row_number() OVER (PARTITION BY story, handoff ORDER BY occurred, sequence NULLS FIRST, position) = 1
)
SELECT handed.* EXCLUDE (handoff), 9223372036854775807 AS journey, answer, reason
FROM handed JOIN ended USING (story, handoff)
WHERE answer <> 'HandoffWithdrawn';
