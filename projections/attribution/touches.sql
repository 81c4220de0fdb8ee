-- Touches, and the capture where the rules count it: a row each, in the journey in which it is. Of leads that were won at some time: no
-- other touch is ever credited. Reads `history` and `touch_kind` (attribution.py).
CREATE TEMP TABLE contact_made AS
WITH won AS (
    SELECT DISTINCT story FROM history WHERE type = 'DealWon'
),
comeback AS (
    SELECT story, occurred AS ended_at, coalesce(sequence, -9223372036854775808) AS ended_sequence, position AS ended_position
    FROM history SEMI JOIN won USING (story)
    WHERE type = 'LeadRecycled'
),
told AS (
    SELECT contact.story, contact.position, contact.occurred, contact.sequence, kind, direction, contact.campaign, contact.content
    FROM (
        SELECT * REPLACE (CASE WHEN type = 'LeadCaptured' THEN 'captured' ELSE kind END AS kind,
                          CASE WHEN type = 'LeadCaptured' THEN 'inbound' ELSE direction END AS direction)
        FROM history SEMI JOIN won USING (story)
        WHERE type IN ('InteractionLogged', 'LeadCaptured') AND precision < 2
    ) AS contact
    JOIN touch_kind USING (kind, direction)
    WHERE touch_kind.automatic OR NOT coalesce(contact.automatic, false)
),
later AS (
    SELECT told.position, 1 + count(*) AS journey
    FROM told JOIN comeback USING (story)
    WHERE (ended_at, ended_sequence, ended_position) < (occurred, coalesce(sequence, -9223372036854775808), position)
    GROUP BY told.position
)
SELECT told.*, coalesce(later.journey, 1)::INTEGER AS journey FROM told LEFT JOIN later USING (position);
