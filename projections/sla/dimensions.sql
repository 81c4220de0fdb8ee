-- What each asked dimension said of the lead of each handoff. Reads `telling` (story, place, occurred, and for each dimension the value told
-- and whether it is cleared; recyclings and the handoffs themselves among them) and `dimension` (number, known).
-- The rules are the funnel's: the first one known in the journey, the latest one known, or the one at the handoff.
CREATE TEMP TABLE valued AS
WITH fact AS (
    SELECT *,
           1 + count(*) FILTER (type = 'LeadRecycled') OVER (
               PARTITION BY story ORDER BY occurred, sequence, position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS journey,
           row_number() OVER (PARTITION BY story ORDER BY occurred, sequence, position) AS place
    FROM telling
),
told AS (
    SELECT fact.story, journey, place, occurred, number, known, told[number] AS value
    FROM fact, dimension
    WHERE known IN ('first', 'last', 'stage') AND (told[number] IS NOT NULL OR emptied[number])
),
handoff AS (
    SELECT handed.handed, handed.story, handed.occurred_until, fact.journey
    FROM handed JOIN fact ON fact.position = handed.handed
),
learned AS (
    SELECT story, journey, number, arg_min(value, place) AS value
    FROM told
    WHERE known = 'first' AND value IS NOT NULL
    GROUP BY story, journey, number
),
each AS (
    SELECT handed, number, arg_max(value, learned.journey) AS value
    FROM handoff JOIN learned ON learned.story = handoff.story AND learned.journey <= handoff.journey
    GROUP BY handed, number
    UNION ALL
    SELECT handed, number, arg_max_null(value, place)
    FROM handoff JOIN told
      ON told.story = handoff.story AND told.journey <= handoff.journey
     AND (known = 'last' OR known = 'stage' AND told.occurred <= handoff.occurred_until)
    GROUP BY handed, number
    UNION ALL
    SELECT handed, number, journey::VARCHAR FROM handoff, dimension WHERE known = 'journey'
)
SELECT handoff.handed, list(each.value ORDER BY dimension.number) AS given
FROM handoff
CROSS JOIN dimension
LEFT JOIN each ON each.handed = handoff.handed AND each.number = dimension.number
GROUP BY handoff.handed;
