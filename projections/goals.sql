-- Goals: every event that enters the stage of the goal, with the journey in which it does. Reads `entering`, `dated` and `goal_stage`.
CREATE TEMP TABLE goal AS
SELECT entering.story, entering.journey, entering.position, entering.occurred, coalesce(dated.occurred_until, entering.occurred) AS occurred_until,
       dated.day, coalesce(dated.precision, 0) AS precision
FROM entering JOIN goal_stage ON goal_stage.number = entering.stage
LEFT JOIN dated ON dated.position = entering.position;
