-- The per-lead step's tables. Reads `entry`, `began`, `ended`, `dated`, `deal_event`, `valued`; knows nothing of what is asked.

-- A row for each journey and each stage that it entered. An instant that no duration may be counted from is left empty: of a stage
-- that has no event of its own, and of what is only known to have happened some time.
CREATE TEMP TABLE milestone AS
WITH step AS (
    SELECT story, journey, stage, position, occurred, timed,
           lead(stage) OVER later AS next_stage,
           lead(position) OVER later AS next_position,
           lead(CASE WHEN timed THEN occurred END) OVER later AS next_occurred,
           first_value(stage) OVER later = 1 AS from_first
    FROM entry
    WINDOW later AS (PARTITION BY story, journey ORDER BY stage)
)
SELECT step.story, step.journey, step.stage, next_stage, from_first, step.position, timed,
       coalesce(own.precision, 0) AS precision, timed AND own.precision IS DISTINCT FROM 2 AS dateable, occurred, own.day,
       CASE WHEN next.precision IS DISTINCT FROM 2 THEN next_occurred END AS next_at,
       CASE WHEN next.precision = 1 AND next_occurred IS NOT NULL THEN next.day END AS next_day,
       began_at, began_day,
       CASE WHEN next_stage IS NOT NULL THEN 'passed' ELSE coalesce(ended.outcome, 'in_stage') END AS outcome, ended.reason,
       CASE WHEN next_stage IS NULL THEN ended_at END AS ended_at, CASE WHEN next_stage IS NULL THEN ended_day END AS ended_day,
       valued.given, at_first.given AS first_given
FROM step
LEFT JOIN dated AS own ON own.position = step.position
LEFT JOIN dated AS next ON next.position = step.next_position
JOIN began ON began.story = step.story AND began.journey = step.journey
LEFT JOIN ended ON ended.story = step.story AND ended.journey = step.journey
LEFT JOIN valued ON valued.story = step.story AND valued.journey = step.journey AND valued.stage = step.stage
LEFT JOIN valued AS at_first ON at_first.story = step.story AND at_first.journey = step.journey AND at_first.stage = 1;

-- The deals that were closed, in the journeys in which that was.
CREATE TEMP TABLE closing AS
SELECT DISTINCT story, journey, opportunity, type = 'DealWon' AS won
FROM (
    SELECT story, journey, opportunity, type FROM deal_event WHERE type IN ('DealWon', 'DealLost')
    UNION ALL
    SELECT story, journey, NULL, type FROM fact ANTI JOIN deal_event USING (story, place) WHERE type = 'DealWon'
)
SEMI JOIN entry USING (story, journey);
