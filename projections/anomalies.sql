-- Spans that run backwards: events that enter a stage before the lead entered the one before it, a plain date being a whole day.
-- Reads `reached` (the first event of each stage in each journey), `dated`, `stage` and `history`. "Some time" is before nothing.
WITH step AS (
    SELECT position, coalesce(occurred_until, occurred) AS occurred_until, stage,
           lag(stage) OVER along AS stage_before, lag(occurred) OVER along AS occurred_before, lag(day) OVER along AS day_before
    FROM reached LEFT JOIN dated USING (position)
    WHERE precision IS DISTINCT FROM 2
    WINDOW along AS (PARTITION BY story, journey ORDER BY stage)
),
backwards AS (
    SELECT *
    FROM step
    WHERE occurred_before > occurred_until
    QUALIFY row_number() OVER (PARTITION BY position ORDER BY stage) = 1
)
SELECT history.lead, history.type, position, history.occurred, history.day,
       later.name AS stage, earlier.name AS stage_before, occurred_before, day_before
FROM backwards
JOIN history USING (position)
JOIN stage AS later ON later.number = backwards.stage
JOIN stage AS earlier ON earlier.number = backwards.stage_before
ORDER BY position
