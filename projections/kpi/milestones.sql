-- Milestones: when each journey began, was first in touch, qualified, handed off, recycled.
-- Reads `history`. Every table has the column `story`; nothing here depends on who asks or when.

-- The first event of each type in each journey. A recycling belongs to the journey that it ends.
CREATE TEMP TABLE milestone AS
WITH told AS (
    SELECT story, position, type, occurred, occurred_until, day, precision, reason,
           row_number() OVER in_order AS place,
           1 + count(*) FILTER (type = 'LeadRecycled') OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS journey
    FROM history
    WHERE type IN ('LeadCaptured', 'MarketingQualified', 'LeadAssigned', 'LeadHandedOff', 'HandoffAccepted', 'BantAssessed', 'SalesQualified',
                   'OpportunityOpened', 'OfferMade', 'DealWon', 'LeadDisqualified', 'LeadRecycled')
    WINDOW in_order AS (PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position)
)
SELECT *
FROM told
QUALIFY row_number() OVER (PARTITION BY story, journey, type ORDER BY place) = 1;

-- The first touch of each story, whoever made it. Only where several have its instant does their order say which one it is.
CREATE TEMP TABLE touch AS
WITH earliest AS (
    SELECT story, min(occurred) AS occurred FROM history WHERE type = 'InteractionLogged' AND precision < 2 GROUP BY story
)
SELECT story, occurred,
       arg_min_null(day, (coalesce(sequence, -9223372036854775808), position)) AS day,
       arg_min(precision, (coalesce(sequence, -9223372036854775808), position)) AS precision
FROM history JOIN earliest USING (story, occurred)
WHERE type = 'InteractionLogged' AND precision < 2
GROUP BY story, occurred;

-- A journey begins with the capture or the first decision, a later one with the recycling before it; first in touch is what came first.
CREATE TEMP TABLE journey AS
WITH begun AS (
    SELECT story, journey, arg_min(occurred, place) AS occurred, arg_min(occurred_until, place) AS occurred_until,
           arg_min_null(day, place) AS day, arg_min(precision, place) AS precision
    FROM milestone
    WHERE journey = 1
    GROUP BY story, journey
    UNION ALL
    SELECT story, journey + 1, occurred, occurred_until, day, precision FROM milestone WHERE type = 'LeadRecycled'
)
SELECT begun.*,
       CASE WHEN begun.journey = 1 AND touch.occurred < begun.occurred THEN touch.occurred ELSE begun.occurred END AS contact,
       CASE WHEN begun.journey = 1 AND touch.occurred < begun.occurred THEN touch.day ELSE begun.day END AS contact_day,
       CASE WHEN begun.journey = 1 AND touch.occurred < begun.occurred THEN touch.precision ELSE begun.precision END AS contact_precision
FROM begun LEFT JOIN touch USING (story);
