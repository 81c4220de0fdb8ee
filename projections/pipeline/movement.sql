-- The movement of the pipeline between two instants: what came in, what changed, what went out. A row for each move.
-- start + new + raised + moved_in − lowered − moved_out − lost − won = end; each move counts although it was taken back.
-- Reads `point`: every instant at which an open opportunity or what is asked of it may have changed, in order, with `given` (its
-- dimensions), `closing`, `condition`, and the variables since and until (µs, since ≤ t < until).

-- Whether an opportunity belongs to what is asked for, from each point on. A closing that is told first has opened it too.
CREATE TEMP TABLE stand AS
WITH filled AS (
    SELECT counted.*,
           last_value(open IGNORE NULLS) OVER so_far AS is_open,
           last_value(amount IGNORE NULLS) OVER so_far AS stands_at,
           last_value(currency IGNORE NULLS) OVER so_far AS stands_in,
           last_value(expected_close IGNORE NULLS) OVER so_far AS expected,
           NOT EXISTS (
               SELECT 1 FROM condition
               WHERE NOT CASE WHEN given[condition.number] IS NULL THEN condition.unknown
                              ELSE list_contains(condition.wanted, given[condition.number]) END
           ) AS wanted
    FROM counted JOIN given USING (row)
    WINDOW so_far AS (PARTITION BY story, opportunity ORDER BY placed_at, turn, place ROWS UNBOUNDED PRECEDING)
),
scoped AS (
    SELECT *, wanted AND (getvariable('expected_first') IS NULL
           OR try_cast(left(expected, 10) AS DATE) - DATE '1970-01-01' BETWEEN getvariable('expected_first') AND getvariable('expected_last')) AS here
    FROM filled
)
SELECT row, story, opportunity, journey, position, placed_at, effect, taken, is_open,
       here AND is_open AS inside, here,
       coalesce(stands_at, 0)::HUGEINT AS amount, stands_in AS currency,
       coalesce(lag(here AND is_open) OVER along, false) AS was_inside,
       coalesce(lag(stands_at) OVER along, 0)::HUGEINT AS was,
       lag(row) OVER along IS NULL AS first,
       lead(placed_at) OVER along AS to_at
FROM scoped
WINDOW along AS (PARTITION BY story, opportunity ORDER BY placed_at, turn, place);

CREATE TEMP TABLE move AS
WITH within AS (
    SELECT *, effect = 'won' AS won, effect IN ('lost', 'taken_back') AND (was_inside OR first) AS lost
    FROM stand
    WHERE placed_at >= getvariable('since') AND placed_at < getvariable('until')
)
SELECT 'start' AS bucket, story, opportunity, journey, position, placed_at, amount, currency FROM stand
WHERE inside AND placed_at < getvariable('since') AND (to_at IS NULL OR to_at >= getvariable('since'))
UNION ALL
SELECT 'new', story, opportunity, journey, position, placed_at, amount, currency FROM within
WHERE first AND here AND (is_open OR won OR lost)
UNION ALL
SELECT CASE WHEN amount > was THEN 'raised' ELSE 'lowered' END, story, opportunity, journey, position, placed_at, abs(amount - was), currency
FROM within
WHERE was_inside AND (inside OR won) AND amount <> was
UNION ALL
SELECT 'moved_in', story, opportunity, journey, position, placed_at, amount, currency FROM within
WHERE NOT first AND NOT was_inside AND inside
UNION ALL
SELECT 'moved_out', story, opportunity, journey, position, placed_at, was, currency FROM within
WHERE was_inside AND NOT inside AND NOT coalesce(won, false) AND NOT coalesce(lost, false)
UNION ALL
SELECT 'won', story, opportunity, journey, position, placed_at, amount, currency FROM within
WHERE won AND (was_inside OR first AND here)
UNION ALL
SELECT 'lost', story, opportunity, journey, position, placed_at, CASE WHEN first THEN amount ELSE was END, currency FROM within
WHERE lost AND (was_inside OR first AND here)
UNION ALL
SELECT 'reversed', story, opportunity, journey, position, placed_at, taken, currency FROM within
WHERE effect IN ('reversed', 'taken_back') AND here
UNION ALL
SELECT 'end', story, opportunity, journey, position, placed_at, amount, currency FROM stand
WHERE inside AND placed_at < getvariable('until') AND (to_at IS NULL OR to_at >= getvariable('until'));
