-- It or a later one was reached. A stage without an event of its own has no time; it stands at the first event that proves it.
-- A later one proves no optional stage: it may have been skipped.
CREATE TEMP TABLE entry AS
WITH proof AS (
    SELECT proven.story, proven.journey, stage.number AS stage, proven.stage = stage.number AS own, proven.place, proven.position,
           proven.occurred, CASE WHEN own THEN 0 ELSE proven.place END AS rank
    FROM stage JOIN reached AS proven ON proven.stage >= stage.number AND (NOT stage.optional OR proven.stage = stage.number)
)
SELECT story, journey, stage,
       arg_min(place, rank) AS place,
       arg_min(position, rank) AS position,
       arg_min(occurred, rank) AS occurred,
       bool_or(own) AS timed
FROM proof
GROUP BY story, journey, stage;
