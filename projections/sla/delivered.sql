-- Each handoff to another team: its score, whether it is the first of its journey, and what became of it. Reads `handed`, `course` (course.sql),
-- `history` and the macro in_order (ordering.py). Hangs on the story alone: neither on an agreement
-- nor on the asked instant.
CREATE TEMP TABLE handed_over AS
WITH recycled AS (
    SELECT story, occurred, coalesce(sequence, -9223372036854775808) AS sequence, position FROM history WHERE type = 'LeadRecycled'
),
given AS (
    SELECT handed.story, handed.handed, handed.handoff, handed.team, handed.occurred, handed.occurred_until, handed.day, handed.precision,
           handed.sequence, count(recycled.position) AS recyclings
    FROM handed
    LEFT JOIN recycled ON recycled.story = handed.story
          AND in_order(recycled.occurred, recycled.sequence, recycled.position) < in_order(handed.occurred, handed.sequence, handed.handed)
    WHERE handed.team IS DISTINCT FROM 'marketing'
    GROUP BY ALL
),
scored AS (
    SELECT given.handed, arg_max(told.score, in_order(told.occurred, told.sequence, told.position)) AS score
    FROM given JOIN history AS told ON told.story = given.story AND told.occurred <= given.occurred_until
    WHERE told.type IN ('LeadScored', 'MarketingQualified') AND told.score IS NOT NULL
    GROUP BY given.handed
)
SELECT given.* EXCLUDE (occurred_until, sequence, recyclings), scored.score,
       row_number() OVER (PARTITION BY given.story, recyclings ORDER BY given.occurred, given.sequence, given.handed) = 1 AS is_first,
       course.ending.type AS ended_by, course.ending.occurred AS ended_at, course.answer.occurred AS answered_at
FROM given LEFT JOIN scored USING (handed) LEFT JOIN course USING (handed);

DROP TABLE act;
DROP TABLE handed;
DROP TABLE course;
DROP TABLE pause;
