-- The value of each asked dimension at each entry. Reads `dimension` (number, known), `fact`, `entry`, `outcome`.
-- A clearing is told as well: from then on the value is unknown, but the first known one is not touched.
CREATE TEMP TABLE telling AS
SELECT story, journey, place, occurred, number, known, told[number] AS value
FROM fact, dimension
WHERE known IN ('first', 'last', 'stage') AND (told[number] IS NOT NULL OR emptied[number]);

CREATE TEMP TABLE valued AS
WITH learned AS (                      -- in the journey itself
    SELECT story, journey, number, known,
           CASE known WHEN 'first' THEN arg_min(value, place) ELSE arg_max_null(value, place) END AS value
    FROM telling
    WHERE known IN ('first', 'last')
    GROUP BY story, journey, number, known
),
taken_over AS (                        -- or from the journey before
    SELECT ending.story, ending.journey, number,
           CASE known WHEN 'first' THEN arg_max(value, learned.journey) ELSE arg_max_null(value, learned.journey) END AS value
    FROM outcome AS ending
    JOIN learned ON learned.story = ending.story AND learned.journey <= ending.journey
    GROUP BY ending.story, ending.journey, number, known
),
at_the_instant AS (                    -- a plain date is a whole day
    SELECT entry.story, entry.journey, entry.stage, telling.number, arg_max_null(telling.value, telling.place) AS value
    FROM entry
    JOIN telling
      ON telling.story = entry.story AND telling.journey <= entry.journey AND telling.occurred <= entry.occurred_until
    WHERE telling.known = 'stage'
    GROUP BY entry.story, entry.journey, entry.stage, telling.number
),
each AS (
    SELECT entry.story, entry.journey, entry.stage, dimension.number,
           CASE dimension.known WHEN 'journey' THEN entry.journey::VARCHAR
                             WHEN 'reason' THEN why.reason
                             WHEN 'stage' THEN at_the_instant.value
                             ELSE taken_over.value END AS value
    FROM entry
    CROSS JOIN dimension
    LEFT JOIN outcome ON outcome.story = entry.story AND outcome.journey = entry.journey
    LEFT JOIN fact AS why ON why.story = outcome.story AND why.place = outcome.place
    LEFT JOIN taken_over
           ON taken_over.story = entry.story AND taken_over.journey = entry.journey AND taken_over.number = dimension.number
    LEFT JOIN at_the_instant
           ON at_the_instant.story = entry.story AND at_the_instant.journey = entry.journey
          AND at_the_instant.stage = entry.stage AND at_the_instant.number = dimension.number
)
SELECT story, journey, stage, list(value ORDER BY number) AS given
FROM each
GROUP BY story, journey, stage;
