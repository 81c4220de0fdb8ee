-- How an opportunity stands from each point on, and how it stood before. Reads `counted`, `given` (its dimensions), `fits` (fitting.sql),
-- `expected_as_asked` (a macro) and the variable width (how many dimensions rows are cut by).
-- is_open, and inside: open, and within what is asked for. closes: it is won or lost here, and was open until then (a closing that is
-- told first has opened it too). pushes: how often its expected closing was moved to a later day so far.
CREATE TEMP TABLE stand AS
WITH filled AS (
    SELECT counted.* REPLACE (
               last_value(amount IGNORE NULLS) OVER so_far AS amount,
               last_value(currency IGNORE NULLS) OVER so_far AS currency,
               last_value(next_step_due IGNORE NULLS) OVER so_far AS next_step_due,
               last_value(expected_close IGNORE NULLS) OVER so_far AS expected_close
           ),
           last_value(open IGNORE NULLS) OVER so_far AS is_open,
           CASE WHEN last_value(negotiated IGNORE NULLS) OVER so_far THEN 'negotiation'
                WHEN last_value(offered IGNORE NULLS) OVER so_far THEN 'offer' ELSE 'opportunity' END AS stage,
           coalesce(effect, '') AS closed,
           given[1:getvariable('width')] AS key, given AS values,
           fits(given) AS wanted
    FROM counted JOIN given USING (row)
    WINDOW so_far AS (PARTITION BY story, opportunity ORDER BY placed_at, turn, place ROWS UNBOUNDED PRECEDING)
),
dated AS (
    SELECT *, try_cast(left(expected_close, 10) AS DATE) - DATE '1970-01-01' AS expected_day FROM filled
),
compared AS (
    SELECT *, wanted AND expected_as_asked(expected_day) AS here,
           lag(row) OVER along IS NULL AS first,
           coalesce(lag(is_open) OVER along, false) AS was_open,
           coalesce(expected_day > lag(expected_day) OVER along, false) AS pushed
    FROM dated
    WINDOW along AS (PARTITION BY story, opportunity ORDER BY placed_at, turn, place)
),
scoped AS (
    SELECT *, here AND is_open AS inside, closed IN ('won', 'lost') AND (was_open OR first) AS closes FROM compared
)
SELECT row, story, opportunity, journey, position, placed_at, turn, undated, key, values, stage, amount, currency, expected_close, expected_day,
       next_step_due, closed, taken, taken_in, here, first, is_open, inside, closes,
       count(*) FILTER (pushed) OVER (along ROWS UNBOUNDED PRECEDING) AS pushes,
       coalesce(lag(inside) OVER along, false) AS was_inside,
       lag(key) OVER along AS was_key, lag(amount) OVER along AS was_amount, lag(currency) OVER along AS was_in,
       lead(placed_at) OVER along AS to_at
FROM scoped
WINDOW along AS (PARTITION BY story, opportunity ORDER BY placed_at, turn, place);
