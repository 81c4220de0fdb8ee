-- Journeys: every event that the funnel depends on, in the order of its story, with the number of the journey it belongs to.
-- Reads `relevant`: the history, narrowed to those events, with `stages` (the numbers of the stages that it enters under the
-- model asked for), `told` and `emptied` (for each asked dimension the value that the event tells, and whether it clears it).
-- A recycling belongs to the journey that it ends.
CREATE TEMP TABLE fact AS
SELECT story, position, type, occurred, occurred_until, day, precision, opportunity, reason, stages, told, emptied,
       row_number() OVER in_order AS place,
       1 + count(*) FILTER (type = 'LeadRecycled')
           OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS journey
FROM relevant
WINDOW in_order AS (PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position);

-- Every event that enters a stage; a recycling enters the first stage of the journey that it opens.
CREATE TEMP VIEW entering AS
SELECT story, journey, unnest(stages) AS stage, place, position, occurred, occurred_until, day, precision
FROM fact
WHERE len(stages) > 0
UNION ALL
SELECT story, journey + 1, 1, place, position, occurred, occurred_until, day, precision
FROM fact
WHERE type = 'LeadRecycled';

-- The first event of each stage in each journey.
CREATE TEMP TABLE reached AS
SELECT story, journey, stage,
       min(place) AS place,
       arg_min(position, place) AS position,
       arg_min(occurred, place) AS occurred,
       arg_min(occurred_until, place) AS occurred_until,
       arg_min_null(day, place) AS day,
       arg_min(precision, place) AS precision
FROM entering
GROUP BY story, journey, stage;

-- How each journey stands: recycled, lost, or still going; the place in its story of the event that lost or recycled it.
-- An opportunity belongs to the journey in which it is first mentioned; a win keeps a journey going until it is recycled.
CREATE TEMP TABLE outcome AS
WITH deal AS (
    SELECT story, opportunity, min(journey) AS journey, min(place) FILTER (type = 'DealLost') AS lost
    FROM fact
    WHERE opportunity IS NOT NULL OR type = 'DealLost'
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
    GROUP BY story, journey
)
SELECT journeys.story, journeys.journey,
       CASE WHEN recycled IS NOT NULL THEN 'recycled'
            WHEN won THEN 'in_stage'
            WHEN disqualified IS NOT NULL OR lost IS NOT NULL THEN 'lost'
            ELSE 'in_stage' END AS outcome,
       CASE WHEN recycled IS NOT NULL THEN recycled WHEN NOT won THEN least(disqualified, lost) END AS place
FROM (SELECT DISTINCT story, journey FROM reached) AS journeys
LEFT JOIN ends USING (story, journey)
LEFT JOIN all_deals USING (story, journey);
