-- Marketing's side of the agreement: each handoff to another team with its period, whether it delivers a lead, and what became of it.
-- Reads `handed_over` (delivered.sql), the table `term_of` (number, begins, ends, first_day, end_day, minimum_score: a row a period) and the
-- variable asked. A journey counts when it is handed over for the first time.
CREATE OR REPLACE TEMP VIEW delivery AS
SELECT term_of.number, told.* EXCLUDE (is_first, ended_by, ended_at, answered_at, precision),
       is_first AND (minimum_score IS NULL OR score >= minimum_score) AS delivers,
       coalesce(answered_at <= getvariable('asked') AND ended_by IS DISTINCT FROM 'HandoffRejected', false) AS accepted,
       coalesce(ended_at <= getvariable('asked') AND ended_by IN ('HandoffRejected', 'HandoffExpired'), false) AS returned
FROM handed_over AS told JOIN term_of
  ON CASE WHEN told.day IS NULL THEN told.occurred >= begins AND told.occurred < ends
          ELSE told.day >= first_day AND told.day < end_day END
WHERE precision < 2 AND told.occurred <= getvariable('asked');
