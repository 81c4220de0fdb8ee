-- The way of each journey from its capture to the first response, as far as it follows from the story alone: not from the asked instant and not
-- from an agreement. Reads `history`, `deciding` (type: the names of all decisions) and the macro in_order (ordering.py). Numbers are sorted and
-- joined; what else an event says is looked up by its position.

-- What marks out the ways, with the journey that it is of.
CREATE TEMP TABLE mark AS
SELECT story, position, occurred,
       CASE type WHEN 'LeadCaptured' THEN 'captured' WHEN 'MarketingQualified' THEN 'qualified' WHEN 'LeadHandedOff' THEN 'handed'
                 WHEN 'LeadRecycled' THEN 'recycled' ELSE 'dropped' END AS what,
       row_number() OVER along AS place,
       1 + count(*) FILTER (type = 'LeadRecycled') OVER (along ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS journey
FROM history
WHERE type IN ('LeadCaptured', 'MarketingQualified', 'LeadHandedOff', 'LeadDisqualified', 'LeadRecycled')
WINDOW along AS (PARTITION BY story ORDER BY in_order(occurred, sequence, position));

-- The first decision of each story that has no capture, or none that is later.
CREATE TEMP TABLE undertaken AS
WITH captured AS (
    SELECT story, min(occurred) AS occurred FROM mark WHERE what = 'captured' GROUP BY story
),
early AS (
    SELECT history.story, min(history.occurred) AS occurred
    FROM history
    SEMI JOIN deciding USING (type)
    LEFT JOIN captured ON captured.story = history.story
    WHERE captured.story IS NULL OR history.occurred <= captured.occurred
    GROUP BY history.story
)
SELECT story, occurred, position
FROM history JOIN early USING (story, occurred) SEMI JOIN deciding USING (type)
QUALIFY row_number() OVER (PARTITION BY story ORDER BY sequence NULLS FIRST, position) = 1;

-- A row a journey: instants and positions of what marks it out. begun: by its capture, a later one by the recycling before it; undertaken: the
-- first decision, with which the first journey begins where no capture is known by the asked instant. The others are the first of each,
-- wherever it stands in the journey.
CREATE TEMP TABLE met AS
WITH first AS (
    SELECT story, journey,
           min(occurred) FILTER (what = 'captured') AS captured_at, arg_min(position, place) FILTER (what = 'captured') AS captured,
           min(occurred) FILTER (what = 'qualified') AS qualified_at, arg_min(position, place) FILTER (what = 'qualified') AS qualified,
           min(occurred) FILTER (what = 'handed') AS handed_at, arg_min(position, place) FILTER (what = 'handed') AS handed,
           min(occurred) FILTER (what IN ('recycled', 'dropped')) AS closed_at,
           arg_min(position, place) FILTER (what IN ('recycled', 'dropped')) AS closed
    FROM mark
    GROUP BY story, journey
),
begun AS (
    SELECT story, 1 AS journey, captured_at AS begun_at, captured AS begun FROM first WHERE journey = 1
    UNION ALL
    SELECT story, 1, NULL, NULL FROM undertaken ANTI JOIN mark USING (story)
    UNION ALL
    SELECT story, journey + 1, occurred, position FROM mark WHERE what = 'recycled'
),
told AS (
    SELECT position, actor, to_team FROM history WHERE type IN ('MarketingQualified', 'LeadHandedOff')
)
SELECT begun.story, begun.journey::INTEGER AS journey, begun_at, begun, undertaken.occurred AS undertaken_at, undertaken.position AS undertaken,
       qualified_at, qualified, q.actor AS qualified_by, handed_at, handed, h.actor AS handed_by, h.to_team, closed_at, closed
FROM begun
LEFT JOIN undertaken ON undertaken.story = begun.story AND begun.journey = 1
LEFT JOIN first ON first.story = begun.story AND first.journey = begun.journey
LEFT JOIN told AS q ON q.position = qualified
LEFT JOIN told AS h ON h.position = handed;

-- What of all this is known only by its day.
CREATE TEMP TABLE dated AS
SELECT story, position, occurred_until AS until, day
FROM history
WHERE day IS NOT NULL AND (type IN (FROM deciding) OR type = 'LeadCaptured' OR type = 'InteractionLogged' AND direction = 'outbound');

-- The first contact of each kind from the handoff to the journey's end, a plain date being a whole day: whichever kinds are asked for, and up to
-- when, the first is among these. `place` is their order; system: the one that made the contact, though it did not say that it was automatic.
CREATE TEMP TABLE contact AS
WITH said AS (
    SELECT story, kind, occurred, occurred_until, sequence, position,
           CASE WHEN starts_with(actor, 'system:') OR starts_with(actor, 'leadlog:') THEN actor END AS system
    FROM history
    WHERE type = 'InteractionLogged' AND direction = 'outbound' AND automatic IS NOT true
),
given AS (
    SELECT met.story, journey, handed_at, coalesce(dated.until, closed_at, 9223372036854775807) AS closed_until
    FROM met LEFT JOIN dated ON dated.position = closed
    WHERE handed IS NOT NULL
),
ordered AS (
    SELECT given.story, given.journey, said.kind, said.occurred, said.position, said.system,
           row_number() OVER (PARTITION BY given.story, given.journey ORDER BY in_order(said.occurred, said.sequence, said.position)) AS place
    FROM said JOIN given ON given.story = said.story AND said.occurred_until >= given.handed_at AND said.occurred <= given.closed_until
)
SELECT story, journey, kind, min(place) AS place, min(occurred) AS occurred, arg_min(position, place) AS position,
       arg_min_null(system, place) AS system
FROM ordered
GROUP BY story, journey, kind;

-- Whose owners are asked for.
CREATE TEMP TABLE handed AS SELECT DISTINCT story FROM mark WHERE what = 'handed';

DROP TABLE mark;
DROP TABLE undertaken;
