-- The way of each journey from its capture to the first response, as far as it follows from the story alone: not from the asked instant and not
-- from an agreement. Reads `history`, `owning` (sla/owning.sql) and `deciding` (type: the names of all decisions).

-- What marks out the ways, with the journey that it is of. Numbers are sorted; who did it is looked up at the end.
CREATE TEMP TABLE mark AS
SELECT story, position, occurred, occurred_until, day,
       CASE type WHEN 'LeadCaptured' THEN 'captured' WHEN 'MarketingQualified' THEN 'qualified' WHEN 'LeadHandedOff' THEN 'handed'
                 WHEN 'LeadRecycled' THEN 'recycled' ELSE 'dropped' END AS what,
       row_number() OVER in_order AS place,
       1 + count(*) FILTER (type = 'LeadRecycled') OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS journey
FROM history
WHERE type IN ('LeadCaptured', 'MarketingQualified', 'LeadHandedOff', 'LeadDisqualified', 'LeadRecycled')
WINDOW in_order AS (PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position);

-- The first decision of each story that has no capture, or none that is later.
CREATE TEMP TABLE undertaken AS
WITH captured AS (
    SELECT story, min(occurred) AS occurred FROM mark WHERE what = 'captured' GROUP BY story
)
SELECT history.story, history.occurred, history.occurred_until, history.day
FROM history
SEMI JOIN deciding USING (type)
LEFT JOIN captured ON captured.story = history.story
WHERE captured.story IS NULL OR history.occurred <= captured.occurred
QUALIFY row_number() OVER (PARTITION BY history.story ORDER BY history.occurred, sequence NULLS FIRST, position) = 1;

-- A row a journey. begun: by its capture, a later one by the recycling before it; undertaken: the first decision, with which the first journey
-- begins where no capture is known by the asked instant. mql, given, closed: the first of each, wherever it stands in the journey.
CREATE TEMP TABLE met AS
WITH first AS (
    SELECT story, journey,
           arg_min(occurred, place) FILTER (what = 'captured') AS captured_at,
           arg_min(occurred_until, place) FILTER (what = 'captured') AS captured_until,
           arg_min_null(day, place) FILTER (what = 'captured') AS captured_day,
           arg_min(occurred, place) FILTER (what = 'qualified') AS qualified_at,
           arg_min_null(day, place) FILTER (what = 'qualified') AS qualified_day,
           arg_min(position, place) FILTER (what = 'qualified') AS qualified,
           arg_min(occurred, place) FILTER (what = 'handed') AS handed_at,
           arg_min(occurred_until, place) FILTER (what = 'handed') AS handed_until,
           arg_min_null(day, place) FILTER (what = 'handed') AS handed_day,
           arg_min(position, place) FILTER (what = 'handed') AS handed,
           arg_min(occurred, place) FILTER (what IN ('recycled', 'dropped')) AS closed_at,
           arg_min(occurred_until, place) FILTER (what IN ('recycled', 'dropped')) AS closed_until,
           arg_min_null(day, place) FILTER (what IN ('recycled', 'dropped')) AS closed_day
    FROM mark
    GROUP BY story, journey
),
begun AS (
    SELECT coalesce(first.story, undertaken.story) AS story, 1 AS journey,
           CASE WHEN captured_at IS NOT NULL THEN {'at': captured_at, 'until': captured_until, 'day': captured_day} END AS begun,
           CASE WHEN undertaken.story IS NOT NULL
                THEN {'at': undertaken.occurred, 'until': undertaken.occurred_until, 'day': undertaken.day} END AS undertaken
    FROM (SELECT * FROM first WHERE journey = 1) AS first
    FULL JOIN undertaken ON undertaken.story = first.story
    UNION ALL
    SELECT story, journey + 1, {'at': occurred, 'until': occurred_until, 'day': day}, NULL FROM mark WHERE what = 'recycled'
),
told AS (
    SELECT position, actor, to_team FROM history WHERE type IN ('MarketingQualified', 'LeadHandedOff')
)
SELECT begun.story, begun.journey::INTEGER AS journey, begun.begun, begun.undertaken,
       CASE WHEN qualified IS NOT NULL THEN {'at': qualified_at, 'day': qualified_day, 'actor': q.actor} END AS mql,
       CASE WHEN handed IS NOT NULL
            THEN {'at': handed_at, 'until': handed_until, 'day': handed_day, 'actor': h.actor, 'team': h.to_team} END AS given,
       CASE WHEN closed_at IS NOT NULL THEN {'at': closed_at, 'until': closed_until, 'day': closed_day} END AS closed
FROM begun
LEFT JOIN first ON first.story = begun.story AND first.journey = begun.journey
LEFT JOIN told AS q ON q.position = qualified
LEFT JOIN told AS h ON h.position = handed;

-- The first contact of each kind after the handoff, a plain date being a whole day: whichever kinds are asked for, and up to when, the first is
-- among these. `place` is their order; system: the one that made the contact, though it did not say that it was automatic.
CREATE TEMP TABLE contact AS
WITH said AS (
    SELECT story, kind, occurred, occurred_until, day, sequence, position,
           CASE WHEN starts_with(actor, 'system:') OR starts_with(actor, 'leadlog:') THEN actor END AS system
    FROM history
    WHERE type = 'InteractionLogged' AND direction = 'outbound' AND automatic IS NOT true
),
ordered AS (
    SELECT met.story, met.journey, said.kind, said.occurred, said.day, said.system,
           row_number() OVER (PARTITION BY met.story, met.journey ORDER BY said.occurred, said.sequence NULLS FIRST, said.position) AS place
    FROM said JOIN met ON met.story = said.story AND said.occurred_until >= met.given.at
)
SELECT story, journey, kind, min(place) AS place, arg_min(occurred, place) AS occurred, arg_min_null(day, place) AS day,
       arg_min_null(system, place) AS system
FROM ordered
GROUP BY story, journey, kind;

-- With whom each lead that was handed off lay, from when to when; NULL: with nobody.
CREATE TEMP TABLE lay AS
WITH turn AS (
    SELECT story, since, nullif(owner, '') AS owner, lag(nullif(owner, '')) OVER (PARTITION BY story ORDER BY since) AS before FROM owning
),
changed AS (
    SELECT story, since, owner FROM turn WHERE owner IS DISTINCT FROM before
)
SELECT story, since, coalesce(lead(since) OVER (PARTITION BY story ORDER BY since), 9223372036854775807) AS until, owner FROM changed
UNION ALL
SELECT story, -9223372036854775808, min(since), NULL FROM changed GROUP BY story;

DROP TABLE mark;
DROP TABLE undertaken;
