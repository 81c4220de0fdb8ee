-- A lead counts once, whatever number of journeys it has made: a stage is entered by its first event in any of them. A lead that won
-- stays there; else it stands where its last journey does. Reads and rewrites what journeys.sql and outcome.sql made.
CREATE OR REPLACE TEMP TABLE ended AS
WITH last AS (
    SELECT story, max(journey) AS journey FROM reached GROUP BY story
)
SELECT story, 1 AS journey, outcome, reason, ended_at, ended_day
FROM ended
SEMI JOIN last USING (story, journey)
WHERE story NOT IN (SELECT story FROM fact WHERE type = 'DealWon');

UPDATE fact SET journey = 1;
UPDATE deal_event SET journey = 1;

CREATE OR REPLACE TEMP VIEW entering AS
SELECT story, journey, stage.number AS stage, place, position, occurred
FROM fact JOIN stage ON stages & (1::UBIGINT << (stage.number - 1)) > 0
UNION ALL
SELECT story, journey, 1, place, position, occurred FROM fact WHERE type = 'LeadRecycled';

CREATE OR REPLACE TEMP TABLE reached AS
SELECT story, journey, stage, min(place) AS place, arg_min(position, place) AS position, min(occurred) AS occurred
FROM entering
GROUP BY story, journey, stage;
