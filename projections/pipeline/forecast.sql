-- What is to be expected of each stretch of time: a row for each deal won or taken back in it so far, and for each that is open and
-- expected to close in it. Reads `stand`, the deals' tables, `calendar`, `stretch` (first_day, last_day), `weight` and the variable
-- until (µs, the end of what counts).
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

-- Measured conversion: of the deals that were open in a stage and are decided, how many were won. Of all deals, whatever is filtered: so
-- it is read from the deals' tables, and no deal is put in order again.
CREATE TEMP TABLE conversion AS
WITH told AS (
    SELECT story, opportunity, place,
           CASE WHEN negotiated THEN 'negotiation' WHEN offered THEN 'offer' ELSE 'opportunity' END AS stage,
           coalesce(midnight.begins, occurred) AS placed_at
    FROM deal_state LEFT JOIN (SELECT number, begins FROM calendar) AS midnight ON midnight.number = deal_state.day
),
late AS (                              -- from there on in the story of the deal nothing counts yet
    SELECT story, opportunity, min(place) AS place FROM told WHERE placed_at >= getvariable('until') GROUP BY ALL
),
decided AS (
    SELECT closing.story, closing.opportunity, min(closing.place) AS place, bool_or(effect = 'won') AS won
    FROM closing LEFT JOIN late USING (story, opportunity)
    WHERE effect IN ('won', 'lost') AND (late.place IS NULL OR closing.place < late.place)
    GROUP BY ALL
),
stood AS (
    SELECT DISTINCT told.story, told.opportunity, stage, won
    FROM told JOIN decided ON decided.story = told.story AND decided.opportunity = told.opportunity AND told.place < decided.place
)
SELECT stage, count(*) FILTER (won) AS won, count(*) AS decided FROM stood GROUP BY stage;

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
