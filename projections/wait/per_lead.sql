-- The way of each journey from its capture to the first response, as far as it follows from the story alone: not from the asked instant and not
-- from an agreement. Reads `history`, `handed` (sla/handed.sql).
CREATE TEMP TABLE met AS
WITH told AS (
    SELECT story, type, occurred, occurred_until, day, actor, position, to_team,
           row_number() OVER in_order AS place,
           1 + count(*) FILTER (type = 'LeadRecycled') OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS journey
    FROM history
    WHERE type IN ('LeadCaptured', 'MarketingQualified', 'LeadHandedOff', 'LeadDisqualified', 'LeadRecycled')
    WINDOW in_order AS (PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position)
),
begun AS (                                      -- a journey begins with the capture, a later one with the recycling before it
    SELECT story, 1 AS journey, min(place) AS place FROM told WHERE type = 'LeadCaptured' AND journey = 1 GROUP BY story
    UNION ALL
    SELECT story, journey + 1, place FROM told WHERE type = 'LeadRecycled'
),
first AS (                                      -- where in the story each of them stands
    SELECT begun.story, begun.journey, any_value(begun.place) AS started,
           min(told.place) FILTER (type = 'MarketingQualified') AS qualified,
           min(told.place) FILTER (type = 'LeadHandedOff') AS handed,
           min(told.place) FILTER (type IN ('LeadDisqualified', 'LeadRecycled')) AS ended
    FROM begun
    LEFT JOIN told ON told.story = begun.story AND told.journey = begun.journey AND told.place > begun.place
    GROUP BY begun.story, begun.journey
)
SELECT first.story, first.journey,
       {'at': s.occurred, 'day': s.day} AS start,
       CASE WHEN qualified IS NOT NULL THEN {'at': m.occurred, 'day': m.day, 'actor': m.actor, 'place': qualified} END AS mql,
       CASE WHEN handed IS NOT NULL
            THEN {'at': g.occurred, 'day': g.day, 'actor': g.actor, 'place': handed, 'until': g.occurred_until, 'team': g.to_team} END AS given,
       CASE WHEN ended IS NOT NULL THEN {'at': c.occurred, 'day': c.day} END AS closed
FROM first
JOIN told AS s ON s.story = first.story AND s.place = started
LEFT JOIN told AS m ON m.story = first.story AND m.place = qualified
LEFT JOIN told AS g ON g.story = first.story AND g.place = handed
LEFT JOIN told AS c ON c.story = first.story AND c.place = ended;

-- The first contact of each kind after the handoff: whichever kinds are asked for, and up to when, the first is among these.
CREATE TEMP TABLE contact AS
WITH said AS MATERIALIZED (
    SELECT story, kind, occurred, day, actor, position
    FROM history
    WHERE type = 'InteractionLogged' AND direction = 'outbound' AND automatic IS NOT true
),
first AS (
    SELECT met.story, met.journey, said.position
    FROM met JOIN said ON said.story = met.story AND said.occurred >= met.given.at
    QUALIFY row_number() OVER (PARTITION BY met.story, met.journey, said.kind ORDER BY said.occurred, said.position) = 1
)
SELECT first.story, journey, kind, occurred, day, actor, position FROM first JOIN said USING (position);
