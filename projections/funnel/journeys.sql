-- Journeys: every event that the funnel depends on, in the order of its story, with the number of the journey it belongs to.
-- Reads `relevant`: the history, narrowed to those events, with `stages` (a bit for each stage that it enters under the model
-- asked for), `history` and `stage`. What few of them say (a plain date, an opportunity, a reason) is looked up by position where needed.
-- A recycling belongs to the journey that it ends.
CREATE TEMP TABLE fact AS
SELECT story, position, type, occurred, stages,
       (row_number() OVER in_order)::INTEGER AS place,
       1 + (count(*) FILTER (type = 'LeadRecycled')
            OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))::INTEGER AS journey
FROM relevant
WINDOW in_order AS (PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position);

-- What is known by its day (1) or only to have happened some time (2). There are few or none: from the history itself, whose segments
-- say so beforehand, it costs less than as columns of all events.
CREATE TEMP TABLE dated AS
SELECT position, occurred_until, day, precision
FROM history
WHERE precision > 0;

-- Every event that enters a stage; a recycling enters the first stage of the journey that it opens.
CREATE TEMP VIEW entering AS
SELECT story, journey, stage.number AS stage, place, position, occurred
FROM fact JOIN stage ON stages & (1::UBIGINT << (stage.number - 1)) > 0
UNION ALL
SELECT story, journey + 1, 1, place, position, occurred
FROM fact
WHERE type = 'LeadRecycled';

-- The first event of each stage in each journey; who is first by place is so by time.
CREATE TEMP TABLE reached AS
SELECT story, journey, stage, min(place) AS place, arg_min(position, place) AS position, min(occurred) AS occurred
FROM entering
GROUP BY story, journey, stage;
