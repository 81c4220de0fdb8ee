-- Steps of paths: every event that enters a stage, again and backwards too. Reads `entering` and `dated` (funnel/journeys.sql).
CREATE TEMP VIEW walked AS
SELECT story, journey, place AS turn, stage AS activity, position, occurred FROM entering;
