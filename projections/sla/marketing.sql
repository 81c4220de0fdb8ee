-- Marketing's side of the agreement: each handoff to another team with its period, whether it delivers a lead, and what became of it.
-- Reads `handed`, `course` (handed.sql), `history`, the table `term_of` (number, begins, ends, first_day, end_day, minimum_score: a row a
-- period) and the variable asked. A journey counts when it is handed over for the first time.
CREATE TEMP VIEW delivery AS
WITH recycled AS (
    SELECT story, occurred, coalesce(sequence, -9223372036854775808) AS sequence, position FROM history WHERE type = 'LeadRecycled'
),
given AS (
    SELECT handed.story, handed.handed, handed.occurred, handed.occurred_until, handed.day, handed.precision, handed.sequence,
           count(recycled.position) AS recyclings
    FROM handed
    LEFT JOIN recycled ON recycled.story = handed.story
          AND (recycled.occurred, recycled.sequence, recycled.position) < (handed.occurred, handed.sequence, handed.handed)
    WHERE handed.team IS DISTINCT FROM 'marketing' AND handed.occurred <= getvariable('asked')
    GROUP BY ALL
),
scored AS (
    SELECT given.handed, arg_max(told.score, (told.occurred, coalesce(told.sequence, -9223372036854775808), told.position)) AS score
    FROM given JOIN history AS told ON told.story = given.story AND told.occurred <= given.occurred_until
    WHERE told.type IN ('LeadScored', 'MarketingQualified') AND told.score IS NOT NULL
    GROUP BY given.handed
),
told AS (
    SELECT given.*, scored.score,
           row_number() OVER (PARTITION BY given.story, recyclings ORDER BY given.occurred, given.sequence, given.handed) = 1 AS is_first,
           course.ending.type AS ended_by, course.ending.occurred <= getvariable('asked') AS is_ended,
           course.answer.occurred <= getvariable('asked') AS is_answered
    FROM given LEFT JOIN scored USING (handed) LEFT JOIN course USING (handed)
)
SELECT term_of.number, told.story, told.handed, told.occurred, told.day, told.score,
       is_first AND (minimum_score IS NULL OR score >= minimum_score) AS delivers,
       coalesce(is_answered AND ended_by IS DISTINCT FROM 'HandoffRejected', false) AS accepted,
       coalesce(is_ended AND ended_by IN ('HandoffRejected', 'HandoffExpired'), false) AS returned
FROM told JOIN term_of
  ON CASE WHEN told.day IS NULL THEN told.occurred >= begins AND told.occurred < ends
          ELSE told.day >= first_day AND told.day < end_day END
WHERE precision < 2;
