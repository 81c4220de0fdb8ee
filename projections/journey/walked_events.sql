-- Steps of paths: the events that are an activity of their own, by type or by kind and direction of the touch. A recycling belongs to the journey that it ends.
-- Reads `history` and `activity` (paths.py).
CREATE TEMP VIEW walked AS
SELECT told.story, told.journey, told.turn, activity.number AS activity, told.position, told.occurred
FROM (
    SELECT story, position, type, occurred, kind, direction, coalesce(automatic, false) AS automatic,
           row_number() OVER in_order AS turn,
           1 + (count(*) FILTER (type = 'LeadRecycled') OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))::INTEGER AS journey
    FROM history
    WHERE type = 'LeadRecycled' OR type IN (SELECT type FROM activity)
    WINDOW in_order AS (PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position)
) AS told
JOIN activity
  ON activity.type = told.type
 AND (activity.kind IS NULL OR (activity.kind = told.kind AND activity.direction = told.direction AND (activity.automatic OR NOT told.automatic)));
