-- What is to be expected of each stretch of time: a row for each deal won or taken back in it so far, and for each that is open and
-- expected to close in it. Reads `stand`, `stretch` (first_day, last_day), `weight` and the variable until (µs, the end of what counts).
CREATE TEMP TABLE expectation AS
WITH valued AS (
    SELECT stand.*,
           CASE WHEN coalesce(amount, 0) = 0 THEN 0 ELSE amount * now.weight END AS value,
           CASE WHEN coalesce(taken, 0) = 0 THEN 0 ELSE taken * back.weight END AS taken_value
    FROM stand
    LEFT JOIN weight AS now ON now.currency = stand.currency
    LEFT JOIN weight AS back ON back.currency = stand.taken_in
),
closed AS (
    SELECT stretch.number AS stretch, valued.*
    FROM valued JOIN stretch ON placed_at >= stretch.begins AND placed_at < least(stretch.ends, getvariable('until'))
    WHERE here AND closed IN ('won', 'reversed', 'taken_back')
)
SELECT stretch, key, 'won' AS kind, stage, story, opportunity, position, placed_at, expected_close, amount IS NULL AS unpriced, value
FROM closed WHERE closed = 'won'
UNION ALL BY NAME
SELECT stretch, key, 'reversed' AS kind, stage, story, opportunity, position, placed_at, expected_close, false AS unpriced, -taken_value AS value
FROM closed WHERE closed <> 'won'
UNION ALL BY NAME
SELECT stretch.number AS stretch, key, 'open' AS kind, stage, story, opportunity, position, placed_at, expected_close, amount IS NULL AS unpriced, value
FROM valued JOIN stretch ON expected_day BETWEEN stretch.first_day AND stretch.last_day
WHERE inside AND placed_at < getvariable('until') AND (to_at IS NULL OR to_at >= getvariable('until')) AND stretch.ends >= getvariable('until');

-- Measured conversion: of the deals that were open in a stage and are decided, how many were won. Of all deals, whatever is filtered.
CREATE TEMP TABLE conversion AS
WITH decided AS (
    SELECT story, opportunity, bool_or(closed = 'won') AS won
    FROM stand WHERE placed_at < getvariable('until') AND closed IN ('won', 'lost')
    GROUP BY ALL
),
stood AS (
    SELECT DISTINCT story, opportunity, stage FROM stand WHERE is_open AND placed_at < getvariable('until')
)
SELECT stage, count(*) FILTER (won) AS won, count(*) AS decided FROM stood JOIN decided USING (story, opportunity) GROUP BY stage;

-- What was submitted for each stretch: the latest of each representative, or the first.
CREATE TEMP TABLE submission AS
SELECT stretch.number AS stretch, rep, told.position, told.occurred, told.amount, told.currency, told.category, amount * weight AS value
FROM (
    SELECT *, row_number() OVER (PARTITION BY rep, period ORDER BY occurred DESC, position DESC) AS latest,
           row_number() OVER (PARTITION BY rep, period ORDER BY occurred, position) AS earliest
    FROM business WHERE type = 'ForecastSubmitted' AND occurred < getvariable('until')
) AS told
JOIN stretch ON stretch.label = told.period
LEFT JOIN weight USING (currency)
WHERE CASE WHEN getvariable('first_submitted') THEN earliest ELSE latest END = 1;
