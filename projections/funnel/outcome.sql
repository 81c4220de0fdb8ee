-- How each journey stands: since when it goes on; recycled, lost, or still going; and the event that recycled or lost it.
-- An opportunity belongs to the journey in which it is first mentioned; a win keeps a journey going until it is recycled.
-- Reads `fact`, `dated`, `reached`, `relevant`.
CREATE TEMP TABLE deal_event AS
SELECT story, journey, place, type, told.opportunity
FROM fact JOIN (SELECT position, opportunity FROM relevant WHERE opportunity IS NOT NULL OR type = 'DealLost') AS told USING (position);

CREATE TEMP TABLE outcome AS
WITH deal AS (
    SELECT story, opportunity, min(journey) AS journey, min(place) FILTER (type = 'DealLost') AS lost
    FROM deal_event
    GROUP BY story, opportunity
),
all_deals AS (
    SELECT story, journey, CASE WHEN bool_and(lost IS NOT NULL) THEN max(lost) END AS lost
    FROM deal
    GROUP BY story, journey
),
ends AS (
    SELECT story, journey,
           min(place) FILTER (type = 'LeadRecycled') AS recycled,
           min(place) FILTER (type = 'LeadDisqualified') AS disqualified,
           bool_or(type = 'DealWon') AS won
    FROM fact
    WHERE type IN ('LeadRecycled', 'LeadDisqualified', 'DealWon')
    GROUP BY story, journey
)
SELECT story, journey,
       CASE WHEN recycled IS NOT NULL THEN 'recycled' ELSE 'lost' END AS outcome,
       CASE WHEN recycled IS NOT NULL THEN recycled ELSE least(disqualified, lost) END AS place
FROM ends FULL JOIN all_deals USING (story, journey)
WHERE recycled IS NOT NULL OR (won IS NOT TRUE AND (disqualified IS NOT NULL OR lost IS NOT NULL));

CREATE TEMP TABLE ended AS
SELECT outcome.story, outcome.journey, outcome, relevant.reason,
       CASE WHEN precision IS DISTINCT FROM 2 THEN fact.occurred END AS ended_at,
       CASE WHEN precision IS DISTINCT FROM 2 THEN day END AS ended_day
FROM outcome
JOIN (SELECT * FROM fact WHERE type IN ('LeadRecycled', 'LeadDisqualified', 'DealLost')) AS fact USING (story, place)
JOIN (SELECT position, reason FROM relevant WHERE type IN ('LeadRecycled', 'LeadDisqualified', 'DealLost')) AS relevant USING (position)
LEFT JOIN dated USING (position);
