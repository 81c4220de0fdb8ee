-- The value of each asked dimension at each entry. Reads `dimension` (number, known), `relevant` (with `told` and `emptied`: for each
-- of them the value that the event tells, and whether it clears it), `fact`, `dated`, `entry`, `began`, `ended`.
-- A clearing is told as well: from then on the value is unknown, but the first known one is not touched.
CREATE TEMP TABLE telling AS
SELECT fact.story, journey, place, fact.occurred, number, known, told[number] AS value
FROM fact JOIN relevant USING (position), dimension
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
    SELECT began.story, began.journey, number,
           CASE known WHEN 'first' THEN arg_max(value, learned.journey) ELSE arg_max_null(value, learned.journey) END AS value
    FROM began
    JOIN learned ON learned.story = began.story AND learned.journey <= began.journey
    GROUP BY began.story, began.journey, number, known
),
at_the_instant AS (                    -- a plain date is a whole day
    SELECT entry.story, entry.journey, entry.stage, telling.number, arg_max_null(telling.value, telling.place) AS value
    FROM (SELECT entry.*, coalesce(occurred_until, occurred) AS occurred_until FROM entry LEFT JOIN dated USING (position)) AS entry
    JOIN telling
      ON telling.story = entry.story AND telling.journey <= entry.journey AND telling.occurred <= entry.occurred_until
    WHERE telling.known = 'stage'
    GROUP BY entry.story, entry.journey, entry.stage, telling.number
),
each AS (
    SELECT entry.story, entry.journey, entry.stage, dimension.number,
           CASE dimension.known WHEN 'journey' THEN entry.journey::VARCHAR
                             WHEN 'reason' THEN ended.reason
                             WHEN 'stage' THEN at_the_instant.value
                             ELSE taken_over.value END AS value
    FROM entry
    CROSS JOIN dimension
    LEFT JOIN ended ON ended.story = entry.story AND ended.journey = entry.journey
    LEFT JOIN taken_over
           ON taken_over.story = entry.story AND taken_over.journey = entry.journey AND taken_over.number = dimension.number
    LEFT JOIN at_the_instant
           ON at_the_instant.story = entry.story AND at_the_instant.journey = entry.journey
          AND at_the_instant.stage = entry.stage AND at_the_instant.number = dimension.number
)
SELECT story, journey, stage, list(value ORDER BY number) AS given
FROM each
GROUP BY story, journey, stage;
