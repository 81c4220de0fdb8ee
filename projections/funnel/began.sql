-- When each journey (or lead) began, and the stages that it has reached: a bit for each. Reads `reached`, `dated`.
CREATE TEMP TABLE began AS
WITH first AS (
    SELECT story, journey, min(occurred) AS occurred, arg_min(position, place) AS position, bit_or(1::BIGINT << stage) AS stages
    FROM reached
    GROUP BY story, journey
)
SELECT story, journey, stages, CASE WHEN precision IS DISTINCT FROM 2 THEN occurred END AS began_at,
       CASE WHEN precision IS DISTINCT FROM 2 THEN day END AS began_day
FROM first LEFT JOIN dated USING (position);
