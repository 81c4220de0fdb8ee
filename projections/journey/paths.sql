-- Paths: a row for each journey with a step in it: its steps in their order, when it began and last moved, and how it stands.
-- Reads `walked`, and the funnel's `fact`, `ended` (outcome.sql); nothing of what is asked.
CREATE TEMP TABLE path AS
WITH taken AS (
    SELECT story, journey, list(activity::UTINYINT ORDER BY turn, activity) AS steps,
           min(occurred) AS occurred, max(occurred) AS last_occurred,
           arg_min(position, (turn, activity)) AS position, arg_max(position, (turn, activity)) AS last_position
    FROM walked
    GROUP BY story, journey
),
day_known AS (
    SELECT position, occurred_until, day, precision FROM history WHERE precision > 0
),
won AS (
    SELECT DISTINCT story, journey FROM fact WHERE type = 'DealWon'
)
SELECT taken.*, coalesce(own.occurred_until, taken.occurred) AS occurred_until, own.day, coalesce(own.precision, 0) AS precision,
       latest.day AS last_day, coalesce(latest.precision, 0) AS last_precision,
       won.story IS NOT NULL AS won, coalesce(ended.outcome, 'in_stage') AS outcome, ended.reason
FROM taken
LEFT JOIN day_known AS own ON own.position = taken.position
LEFT JOIN day_known AS latest ON latest.position = taken.last_position
LEFT JOIN won ON won.story = taken.story AND won.journey = taken.journey
LEFT JOIN ended ON ended.story = taken.story AND ended.journey = taken.journey;
