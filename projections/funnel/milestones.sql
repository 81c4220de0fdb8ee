-- The per-lead step's tables. Reads `entry`, `began` (with the stages counted), `ended`, `dated`, `deal_event`, `valued`; knows nothing of what is asked.

-- A row for each journey and each stage that it entered. An instant that no duration may be counted from is left empty: of a stage
-- that has no event of its own, and of what is only known to have happened some time. The next stage is the lowest bit of those
-- that are later: to find it by its number costs less than a window over all.
CREATE TEMP VIEW milestone AS
WITH passing AS (
    SELECT began.*, outcome, reason, ended_at, ended_day FROM began LEFT JOIN ended USING (story, journey)
),
later AS (
    SELECT entry.*, passing.* EXCLUDE (story, journey, stages), stages & 2 > 0 AS from_first, stages >> (stage + 1) AS later
    FROM entry JOIN passing USING (story, journey)
),
step AS (
    SELECT *, CASE WHEN later > 0 THEN (stage + 1 + bit_count((later & -later) - 1))::INTEGER END AS next_stage FROM later
)
SELECT step.story, step.journey, step.stage, next_stage, from_first, step.position, step.timed,
       coalesce(own.precision, 0) AS precision, step.timed AND own.precision IS DISTINCT FROM 2 AS dateable,
       step.occurred, own.day,
       CASE WHEN following.timed AND next.precision IS DISTINCT FROM 2 THEN following.occurred END AS next_at,
       CASE WHEN following.timed AND next.precision = 1 THEN next.day END AS next_day,
       began_at, began_day,
       CASE WHEN next_stage IS NOT NULL THEN 'passed' ELSE coalesce(outcome, 'in_stage') END AS outcome, reason,
       CASE WHEN next_stage IS NULL THEN ended_at END AS ended_at, CASE WHEN next_stage IS NULL THEN ended_day END AS ended_day,
       valued.given, at_first.given AS first_given
FROM step
LEFT JOIN entry AS following
       ON following.story = step.story AND following.journey = step.journey AND following.stage = step.next_stage
LEFT JOIN dated AS own ON own.position = step.position
LEFT JOIN dated AS next ON next.position = following.position
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
